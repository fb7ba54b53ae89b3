"""One model's answer that is held back, until it is known whether the client is to get it."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from math import inf
from time import perf_counter

from wrp_proxy.errors import NoEndpointError, UpstreamError, WrpError
from wrp_proxy.fail_over import FailOver
from wrp_proxy.signals import Score
from wrp_proxy.trace import Trace
from wrp_proxy.types import ChatRequest, Decision, Model, Outcome, Workload
from wrp_proxy.verifiers.panel import Ruling

_RESERVE = 0.1
"""Share of the client's time that is kept for giving a held answer, while another is asked for."""
Graded = Callable[[Outcome], None]
"""Keeps an outcome's score; sync, never raises, never blocks."""


@dataclass(slots=True, eq=False)
class HeldAnswer:
    """The pieces, as they came; `source` yields more of them, and must be closed."""

    model: Model
    trace: Trace
    """Of this answer alone."""
    source: AsyncGenerator[bytes, None]
    pieces: list[bytes] = field(default_factory=list)
    first_at: float | None = None
    """When the client could have had its first piece, on the clock of `perf_counter`."""
    is_too_long: bool = False
    """More follows than is held."""
    failure: WrpError | None = None
    ruling: Ruling = field(default_factory=Ruling)

    @property
    def is_whole(self) -> bool:
        return self.failure is None and not self.is_too_long

    @property
    def fault(self) -> str:
        """Name the failure."""
        return (self.failure.code or self.failure.type) if self.failure else ""

    async def collect(self, max_bytes: int) -> None:
        """Take pieces up to a bound; what goes wrong is kept as the `failure`."""
        size = 0
        try:
            async for piece in self.source:
                self.first_at = self.first_at or perf_counter()
                self.pieces.append(piece)
                size += len(piece)
                if size > max_bytes:
                    self.is_too_long = True
                    return
        except WrpError as error:
            self.failure = error

    async def collect_whole(self, max_bytes: int) -> None:
        """Take the whole answer, or break it off where it is too long."""
        async with aclosing(self.source):
            await self.collect(max_bytes)


def begin(
    fail_over: FailOver,
    trace: Trace,
    workload: Workload,
    model: Model,
    request: ChatRequest | None = None,
    *,
    waits: bool = True,
) -> HeldAnswer:
    """Ask a model, all of its endpoints if need be, and no other; `request` None: the trace's.

    `waits` False: not if it must wait in line.
    """
    apart = trace.apart(request or trace.request)
    assert trace.decision is not None  # noqa: S101 - the pipeline has set it, for mypy
    decision = replace(trace.decision, ranking=(model,), check=None)
    return HeldAnswer(model, apart, fail_over.answer(apart, workload, decision, waits=waits))


def may_be_mended(error: WrpError) -> bool:
    """Tell whether another model may do better."""
    return (
        error.retryable if isinstance(error, UpstreamError) else isinstance(error, NoEndpointError)
    )


def hurried(request: ChatRequest, most_s: float | None = None) -> ChatRequest:
    """Return what to ask while an answer is held: there must be time left to give it.

    `most_s`: after the request began, if somebody minds how long the client waits.
    """
    limits_s = [most_s] if most_s is not None else []
    if request.timeout_s is not None:
        limits_s.append(request.timeout_s * (1 - _RESERVE))
    return replace(request, timeout_s=min(limits_s)) if limits_s else request


def left_s(trace: Trace, most_s: float | None = None) -> float:
    """Return how long the client will wait for another answer, too; infinity: nobody minds."""
    timeout_s = hurried(trace.request, most_s).timeout_s
    return inf if timeout_s is None else timeout_s - (perf_counter() - trace.started)


def has_time(trace: Trace) -> bool:
    """Tell whether the client will wait for another answer, too."""
    return left_s(trace) > 0


def give(trace: Trace, given: HeldAnswer, all_held: Iterable[HeldAnswer]) -> None:
    """Let an answer be that of the request, after all that was held for it."""
    trace.adopt(given.trace)
    arrived = [held.first_at for held in all_held if held.first_at is not None]
    trace.held_s = perf_counter() - min(arrived) if arrived else 0.0
    trace.is_committed = True


def tell(trace: Trace, decision: Decision, story: Sequence[str]) -> None:
    """Let the reason say how the answer was found, before why it was looked for that way."""
    trace.decision = replace(decision, reason=f"{'; '.join(story)} ({decision.reason})")


def grade(held: HeldAnswer, value: float, weight: float, source: str, graded: Graded) -> None:
    """Tell the route's router, and whoever keeps it, how good a held answer was."""
    trace = held.trace
    if trace.answered is None or trace.route is None:
        return
    score = Score(value=value, weight=weight, source=f"verifier:{source}")
    outcome = replace(trace.answered, score=score)
    trace.route.router.learn(outcome)
    graded(outcome)
