"""Identical requests at the same time: one answer is made, all get it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from wrp_proxy.accounting.base import Recorder
from wrp_proxy.cache.single_flight import Flight, Flights, MakeAnswer
from wrp_proxy.errors import UpstreamError, WrpError
from wrp_proxy.trace import Trace
from wrp_proxy.types import Finish


class Together:
    """Leads or follows; who follows pays nothing, and has a record of its own."""

    def __init__(self, flights: Flights[Trace], recorder: Recorder) -> None:
        self._flights = flights
        self._recorder = recorder

    async def answer(
        self, trace: Trace, name: bytes, make: MakeAnswer
    ) -> AsyncGenerator[bytes, None]:
        """Answer along with whoever asked the same first; the first of all has the answer made.

        If that fails before anything was said, one of those who wait tries again, once.
        """
        lookup = trace.lookup
        for may_try_again in (True, False):
            flight = self._flights.join(name, trace, make)
            is_leader = flight.leader is trace
            pieces = flight.pieces() if is_leader else self._follow(trace, flight)
            try:
                async with aclosing(pieces):
                    async for piece in pieces:
                        yield piece
            except WrpError as error:
                if not is_leader and may_try_again and _may_be_mended(error, flight.leader):
                    trace.begin_again(lookup)
                    continue
                if not is_leader:
                    self._record(trace, flight.leader, "failed", error.code or error.type)
                raise
            return

    async def _follow(self, trace: Trace, flight: Flight[Trace]) -> AsyncGenerator[bytes, None]:
        """Yield what the leader gets; record it, but for a failure, which may still be mended."""
        try:
            async with aclosing(flight.pieces()) as pieces:
                async for piece in pieces:
                    if trace.workload is None:
                        trace.follow(flight.leader)
                    yield piece
        except (asyncio.CancelledError, GeneratorExit):
            self._record(trace, flight.leader, "cancelled", None)
            raise
        self._record(trace, flight.leader, "complete", None)

    def _record(self, trace: Trace, leader: Trace, finish: Finish, error: str | None) -> None:
        """Record what a follower got; of a failure before it was known what is asked, nothing."""
        if leader.workload is None:
            return
        trace.follow(leader)
        made = leader.answered
        saved_usd = made.cost_usd if made and finish == "complete" else None
        outcome = trace.outcome(
            leader.workload,
            model=leader.answered_by or "",
            finish=finish,
            error=error,
            cost_usd=0.0,
            saved_usd=saved_usd,
        )
        self._recorder.record(outcome)


def _may_be_mended(error: WrpError, leader: Trace) -> bool:
    return isinstance(error, UpstreamError) and error.retryable and not leader.is_committed
