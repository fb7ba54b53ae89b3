"""The second half of a request's life: endpoint after endpoint, until one has answered."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from wrp_proxy.accounting.base import Recorder
from wrp_proxy.attempt import Attempt, TimeLimits
from wrp_proxy.errors import NoEndpointError, UpstreamError, WrpError
from wrp_proxy.pool.base import Pool
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.upstream import Upstream
from wrp_proxy.trace import Trace
from wrp_proxy.types import Decision, Finish, Model, Outcome, Workload
from wrp_proxy.workload.base import Classifier

_FAILED: tuple[Finish, str | None] = ("failed", "internal_error")
"""What an attempt comes to when a fault of our own ends it."""


class FailOver:
    """Pool, Provider, record: tries the models of a decision in their order."""

    def __init__(  # noqa: PLR0913 - keywords only, filled by the composition root
        self,
        *,
        pool: Pool,
        providers: Mapping[str, Provider],
        upstream: Upstream,
        recorder: Recorder,
        classifier: Classifier,
        limits: TimeLimits,
        max_attempts: int,
    ) -> None:
        """`classifier`, like the route's router, learns from every attempt."""
        self._pool = pool
        self._providers = providers
        self._upstream = upstream
        self._recorder = recorder
        self._classifier = classifier
        self._limits = limits
        self._max_attempts = max_attempts

    async def answer(
        self, trace: Trace, workload: Workload, decision: Decision
    ) -> AsyncGenerator[bytes, None]:
        """Try endpoint after endpoint, then model after model, until one has begun to answer."""
        failure: WrpError | None = None
        for model in decision.ranking:
            while len(trace.tried) < self._max_attempts:
                try:
                    async with aclosing(self._attempt(trace, workload, model)) as pieces:
                        async for piece in pieces:
                            yield piece
                except NoEndpointError as error:
                    failure = failure or error
                    break
                except UpstreamError as error:
                    if trace.is_committed or not error.retryable:
                        raise
                    failure = error
                else:
                    return
        raise self._refusal(trace, workload, decision, failure)

    async def _attempt(
        self, trace: Trace, workload: Workload, model: Model
    ) -> AsyncGenerator[bytes, None]:
        with self._pool.lease(model, workload, trace.tried) as lease:
            trace.model = model
            trace.ask(lease.endpoint)
            provider = self._providers[lease.endpoint.provider]
            attempt = Attempt(trace, workload, provider, lease.endpoint)
            finish, error = _FAILED
            try:
                async with aclosing(attempt.chunks(self._upstream, self._limits)) as chunks:
                    async for chunk in chunks:
                        trace.is_committed = True
                        yield chunk.data
                finish, error = "complete", None
                lease.settle(None)
            except WrpError as failure:
                error = failure.code or failure.type
                if isinstance(failure, UpstreamError):
                    lease.settle(failure)
                raise
            except (asyncio.CancelledError, GeneratorExit):
                finish, error = "cancelled", None
                raise
            finally:
                self._learn(trace, attempt.outcome(finish, error))

    def _learn(self, trace: Trace, outcome: Outcome) -> None:
        trace.answered = outcome
        self._recorder.record(outcome)
        self._classifier.learn(outcome)
        if trace.route is not None:
            trace.route.router.learn(outcome)

    def _refusal(
        self, trace: Trace, workload: Workload, decision: Decision, failure: WrpError | None
    ) -> WrpError:
        """Return the error of a request that no endpoint answered; recorded if none was tried."""
        failure = failure or NoEndpointError("No model is able to answer.")
        if not trace.tried:
            name = decision.ranking[0].name
            outcome = trace.outcome(workload, model=name, finish="failed", error=failure.code)
            self._recorder.record(outcome)
        return failure
