"""The second half of a request's life: endpoint after endpoint, until one has answered."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from math import inf
from time import perf_counter

from wrp_proxy.attempt import too_late
from wrp_proxy.attempting import Attempts
from wrp_proxy.errors import (
    DeadlineError,
    NoEndpointError,
    PoolFullError,
    QueueTimeoutError,
    UpstreamContextError,
    UpstreamError,
    WrpError,
)
from wrp_proxy.hedging import Hedger
from wrp_proxy.pool.base import Demand, Lease, Pool
from wrp_proxy.pool.budget import TrafficBudget
from wrp_proxy.trace import Trace
from wrp_proxy.types import Decision, Finish, Model, Workload


class FailOver:
    """Pool: tries the models of a decision in their order; in line where all of them are full."""

    def __init__(
        self,
        *,
        pool: Pool,
        attempts: Attempts,
        retries: TrafficBudget,
        max_attempts: int,
        max_wait_s: float,
    ) -> None:
        """`retries`: the share of the traffic that may be tried again; `max_wait_s`: in line."""
        self._pool = pool
        self._attempts = attempts
        self._hedger = Hedger(pool, attempts)
        self._retries = retries
        self._max_attempts = max_attempts
        self._max_wait_s = max_wait_s

    async def answer(
        self, trace: Trace, workload: Workload, decision: Decision, *, waits: bool = True
    ) -> AsyncGenerator[bytes, None]:
        """Try endpoint after endpoint, then model after model, until one has begun to answer.

        `waits` False: not in line, for somebody else may answer.
        """
        failure: WrpError | None = None
        demand = Demand(workload, trace.failed)
        self._retries.count()
        turns = _Turns(decision.ranking, waits=waits)
        for model, in_line in turns:
            while len(trace.tried) < self._max_attempts:
                try:
                    lease = await self._lease(trace, demand, model, in_line=in_line)
                    pieces = self._hedger.answer(trace, demand, model, lease)
                    async with aclosing(pieces):
                        async for piece in pieces:
                            yield piece
                except NoEndpointError as error:
                    turns.note(model, error)
                    failure = _to_tell(failure, error, in_line=in_line)
                    break
                except UpstreamError as error:
                    if not self._may_try_again(trace, error):
                        raise
                    failure = error
                    trace.queued_s = 0.0
                    _note_failure(demand, trace, error)
                else:
                    return
        raise self._refusal(trace, demand, turns, failure)

    async def _lease(self, trace: Trace, demand: Demand, model: Model, *, in_line: bool) -> Lease:
        """Take a slot; who is not there any longer when one comes free is on record."""
        if not in_line:
            return await self._pool.lease(model, demand)
        try:
            return await self._wait(trace, demand, model)
        except asyncio.CancelledError:
            self._give_up(trace)
            self._record(trace, demand, model, "cancelled", None)
            raise
        except DeadlineError as error:
            self._give_up(trace)
            self._record(trace, demand, model, "failed", error.code)
            raise

    async def _wait(self, trace: Trace, demand: Demand, model: Model) -> Lease:
        """Take a slot, in line if need be: no longer than all waits of a request may take together,
        and never past the caller's own deadline.
        """
        left_s, waited_s = _left_s(trace), demand.waited_s
        wait_s = min(max(self._max_wait_s - waited_s, 0.0), left_s)
        try:
            return await self._pool.lease(model, demand, wait_s)
        except QueueTimeoutError as error:
            if wait_s < left_s:
                raise
            raise too_late() from error
        finally:
            trace.queued_s += demand.waited_s - waited_s

    def _may_try_again(self, trace: Trace, error: UpstreamError) -> bool:
        if trace.is_committed or not error.retryable:
            return False
        return self._retries.take()

    def _refusal(
        self, trace: Trace, demand: Demand, turns: "_Turns", failure: WrpError | None
    ) -> WrpError:
        """Return the error of a request that no endpoint answered.

        It is recorded where nothing was tried, or where it was in line after what was.
        """
        failure = failure or NoEndpointError("No model is able to answer.")
        self._give_up(trace)
        if trace.queued_s or not trace.tried:
            last = turns.error if turns.error is not None and trace.tried else failure
            model = turns.awaited if trace.queued_s else None
            self._record(trace, demand, model or turns.ranking[0], "failed", last.code)
        return failure

    def _give_up(self, trace: Trace) -> None:
        """It is not tried again after all."""
        if trace.tried:
            self._retries.give_back()

    def _record(
        self, trace: Trace, demand: Demand, model: Model, finish: Finish, code: str | None
    ) -> None:
        outcome = trace.outcome(demand.workload, model=model.name, finish=finish, error=code)
        self._attempts.record(outcome)


class _Turns:
    """Yields the models in their order, then those that were full, to wait for.

    That is for the first of them, but where its line is full, too, or it goes out of service.
    """

    def __init__(self, ranking: Sequence[Model], *, waits: bool) -> None:
        self.ranking = ranking
        self.error: NoEndpointError | None = None
        """Why the last model was not asked."""
        self._waits = waits
        self._full: list[Model] = []

    @property
    def awaited(self) -> Model | None:
        """The first model that was full."""
        return self._full[0] if self._full else None

    def __iter__(self) -> Iterator[tuple[Model, bool]]:
        for model in self.ranking:
            yield model, False
        for model in tuple(self._full) if self._waits else ():
            yield model, True

    def note(self, model: Model, error: NoEndpointError) -> None:
        self.error = error
        if isinstance(error, PoolFullError) and model not in self._full:
            self._full.append(model)


def _left_s(trace: Trace) -> float:
    """Return how long the caller will wait; raise DeadlineError if that is over."""
    if trace.request.timeout_s is None:
        return inf
    left_s = trace.request.timeout_s - (perf_counter() - trace.started)
    if left_s <= 0:
        raise too_late()
    return left_s


def _to_tell(before: WrpError | None, error: NoEndpointError, *, in_line: bool) -> WrpError:
    """Choose what the client is told: what an upstream said goes before what there was not, and
    that it has waited in vain before what was so before and after.
    """
    if before is None:
        return error
    is_news = in_line and not isinstance(before, QueueTimeoutError)
    return error if is_news and isinstance(before, NoEndpointError) else before


def _note_failure(demand: Demand, trace: Trace, error: UpstreamError) -> None:
    demand.tried = (*trace.failed, *trace.tried)
    window = trace.tried[-1].context_window
    if isinstance(error, UpstreamContextError) and window is not None:
        demand.above_tokens = max(demand.above_tokens, window)
