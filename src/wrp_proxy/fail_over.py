"""The second half of a request's life: endpoint after endpoint, until one has answered."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from time import perf_counter

from wrp_proxy.attempt import too_late
from wrp_proxy.attempting import Attempts
from wrp_proxy.errors import (
    NoEndpointError,
    PoolFullError,
    QueueTimeoutError,
    UpstreamContextError,
    UpstreamError,
    WrpError,
)
from wrp_proxy.pool.base import Demand, Lease, Pool
from wrp_proxy.pool.budget import TrafficBudget
from wrp_proxy.trace import Trace
from wrp_proxy.types import Decision, Endpoint, Model, Workload


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
        demand = Demand(workload, trace.tried)
        self._retries.count()
        turns = _Turns(decision.ranking, waits=waits)
        for model, in_line in turns:
            while len(trace.tried) < self._max_attempts:
                try:
                    lease = await self._lease(trace, demand, model, in_line=in_line)
                    pieces = self._attempts.answer(trace, workload, model, lease)
                    async with aclosing(pieces):
                        async for piece in pieces:
                            yield piece
                except NoEndpointError as error:
                    turns.note(model, error)
                    failure = _to_tell(failure, error)
                    break
                except UpstreamError as error:
                    if not self._may_try_again(trace, error):
                        raise
                    failure = error
                    _note_window(demand, trace.tried[-1], error)
                else:
                    return
        raise self._refusal(trace, workload, decision, failure)

    async def _lease(self, trace: Trace, demand: Demand, model: Model, *, in_line: bool) -> Lease:
        """Take a slot; what comes of the wait is told by the trace, also when the client leaves."""
        if not in_line:
            return await self._pool.lease(model, demand)
        began = perf_counter()
        try:
            return await self._pool.lease(model, demand, self._patience_s(trace))
        except asyncio.CancelledError:
            trace.queued_s = perf_counter() - began
            outcome = trace.outcome(demand.workload, model=model.name, finish="cancelled")
            self._attempts.record(outcome)
            raise
        finally:
            trace.queued_s = perf_counter() - began

    def _patience_s(self, trace: Trace) -> float:
        """Return how long to wait in line: never past the caller's own deadline."""
        if trace.request.timeout_s is None:
            return self._max_wait_s
        left_s = trace.request.timeout_s - (perf_counter() - trace.started)
        if left_s <= 0:
            raise too_late()
        return min(self._max_wait_s, left_s)

    def _may_try_again(self, trace: Trace, error: UpstreamError) -> bool:
        if trace.is_committed or not error.retryable:
            return False
        return self._retries.take()

    def _refusal(
        self, trace: Trace, workload: Workload, decision: Decision, failure: WrpError | None
    ) -> WrpError:
        """Return the error of a request that no endpoint answered; recorded if none was tried."""
        failure = failure or NoEndpointError("No model is able to answer.")
        if not trace.tried:
            name = decision.ranking[0].name
            outcome = trace.outcome(workload, model=name, finish="failed", error=failure.code)
            self._attempts.record(outcome)
        return failure


class _Turns:
    """Yields the models in their order, then the first of those that were full, to wait for."""

    def __init__(self, ranking: Sequence[Model], *, waits: bool) -> None:
        self._ranking = ranking
        self._waits = waits
        self._full: Model | None = None

    def __iter__(self) -> Iterator[tuple[Model, bool]]:
        for model in self._ranking:
            yield model, False
        if self._full is not None and self._waits:
            yield self._full, True

    def note(self, model: Model, error: NoEndpointError) -> None:
        if isinstance(error, PoolFullError) and self._full is None:
            self._full = model


def _to_tell(before: WrpError | None, error: NoEndpointError) -> WrpError:
    """Choose what the client is told: what an upstream said goes before what there was not."""
    was_in_line = isinstance(error, QueueTimeoutError) and isinstance(before, NoEndpointError)
    return error if before is None or was_in_line else before


def _note_window(demand: Demand, endpoint: Endpoint, error: UpstreamError) -> None:
    if isinstance(error, UpstreamContextError) and endpoint.context_window is not None:
        demand.above_tokens = max(demand.above_tokens, endpoint.context_window)
