"""One attempt with all that belongs to it: its slot, its record, and what is learnt of it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol

from wrp_proxy.accounting.base import Recorder
from wrp_proxy.attempt import Attempt, TimeLimits
from wrp_proxy.errors import UpstreamError, WrpError
from wrp_proxy.pool.base import Lease
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.upstream import Upstream
from wrp_proxy.trace import Trace
from wrp_proxy.types import Finish, Model, Outcome, Workload


class Learner(Protocol):
    """Learns from how attempts went, such as the classifier and the boundaries of pools."""

    def learn(self, outcome: Outcome) -> None:
        """Take note of an attempt; sync, never raises, never blocks."""
        ...


_FAILED: tuple[Finish, str | None] = ("failed", "internal_error")
"""What an attempt comes to when a fault of our own ends it."""


class Attempts:
    """Provider, record: asks the endpoint of a lease."""

    def __init__(
        self,
        *,
        providers: Mapping[str, Provider],
        upstream: Upstream,
        recorder: Recorder,
        learners: Sequence[Learner],
        limits: TimeLimits,
    ) -> None:
        """`learners`, like the route's router, learn from every attempt."""
        self._providers = providers
        self._upstream = upstream
        self._recorder = recorder
        self._learners = learners
        self._limits = limits

    async def answer(
        self, trace: Trace, workload: Workload, model: Model, lease: Lease
    ) -> AsyncGenerator[bytes, None]:
        """Yield the answer's bytes, and free the slot in the end; raise WrpError."""
        with lease:
            trace.model = model
            trace.ask(lease.endpoint)
            provider = self._providers[lease.endpoint.provider]
            attempt = Attempt(trace, workload, provider, lease.endpoint)
            failure: UpstreamError | None = None
            finish, error = _FAILED
            try:
                async with aclosing(attempt.chunks(self._upstream, self._limits)) as chunks:
                    async for chunk in chunks:
                        if not trace.is_committed:
                            lease.begin(is_stream=trace.request.stream)
                            trace.is_committed = True
                        yield chunk.data
                finish, error = "complete", None
            except WrpError as fault:
                error = fault.code or fault.type
                failure = fault if isinstance(fault, UpstreamError) else None
                raise
            except (asyncio.CancelledError, GeneratorExit):
                finish, error = "cancelled", None
                raise
            finally:
                outcome = attempt.outcome(finish, error)
                lease.settle(outcome, failure)
                self._learn(trace, outcome)

    def record(self, outcome: Outcome) -> None:
        """Keep how a request went that was never asked of any endpoint."""
        self._recorder.record(outcome)

    def _learn(self, trace: Trace, outcome: Outcome) -> None:
        trace.answered = outcome
        self._recorder.record(outcome)
        for learner in self._learners:
            learner.learn(outcome)
        if trace.route is not None:
            trace.route.router.learn(outcome)
