"""Which model is asked next while an answer is held, and which answer is given in the end."""

from dataclasses import dataclass, field
from math import inf

from wrp_proxy.errors import NoEndpointError, WrpError
from wrp_proxy.held_answer import HeldAnswer, give, hurried, left_s, may_be_mended, tell
from wrp_proxy.pool_view import Expectation, PoolView
from wrp_proxy.signals import Check
from wrp_proxy.trace import Trace
from wrp_proxy.types import ChatRequest, Decision, Model, Workload

_MAX_FAILED = 3
"""Models that may fail before no more are asked; one that has no endpoint free costs nothing."""


@dataclass(slots=True)
class Hold:
    """What was asked for one request, and what came of it."""

    trace: Trace
    decision: Decision
    check: Check
    left: list[Model]
    """Not asked yet, best first."""
    refused: list[HeldAnswer] = field(default_factory=list)
    accepted: HeldAnswer | None = None
    story: list[str] = field(default_factory=list)
    failure: WrpError | None = None
    failures: int = 0
    is_over: bool = False
    """The next model must not be asked, whatever is left."""

    def next(self, pool: PoolView, workload: Workload) -> Model | None:
        """Take the model to be asked now; None: no other one may be.

        While an answer is held it is one that is expected to answer in time, or nobody knows.
        """
        if self.is_over or self.failures >= _MAX_FAILED or not self.left:
            return None
        if not self.refused:
            return self.left.pop(0)
        if len(self.refused) > self.check.escalations:
            return None
        time_s = left_s(self.trace, self.check.max_ttft_s)
        if time_s <= 0:
            self.story.append("no time is left for another")
            return None
        return self._quick_enough(time_s, pool, workload)

    def request(self) -> ChatRequest:
        request = self.trace.request
        return hurried(request, self.check.max_ttft_s) if self.refused else request

    def _quick_enough(self, time_s: float, pool: PoolView, workload: Workload) -> Model | None:
        """Take the first model whose answer, which is held, is expected to be whole in time."""
        skipped = False
        while self.left:
            model = self.left.pop(0)
            expected_s = 0.0 if time_s == inf else _expected_s(pool.expect(model, workload))
            if expected_s <= time_s:
                if skipped:
                    self.story.append(f"{model.name} asked instead")
                return model
            skipped = True
            self.story.append(
                f"no time is left for {model.name} "
                f"({expected_s:.1f} s expected, {time_s:.1f} s left)"
            )
        return None

    def failed(self, held: HeldAnswer, error: WrpError) -> None:
        """Note a failure; where no other model may mend it, none is asked."""
        self.story.append(f"{held.model.name} failed: {held.fault}")
        self.failures += not isinstance(error, NoEndpointError)
        self.failure = error
        self.trace.failed += tuple(held.trace.tried)
        self.is_over = not may_be_mended(error)
        if not self.refused:
            self.trace.adopt(held.trace)

    def found(self, held: HeldAnswer) -> bool:
        """Note what was found of an answer; tell whether it is accepted."""
        ruling, name = held.ruling, held.model.name
        self.trace.verdicts = (*self.trace.verdicts, f"{name}: {_in_words(held)}")
        if ruling.accepts:
            erred = f" ({', '.join(ruling.failed)} could not tell)" if ruling.failed else ""
            self.story.append(f"{name} accepted{erred}")
            self.accepted = held
            return True
        self.story.append(f"{name} refused: {', '.join(ruling.refusals)}")
        self.refused.append(held)
        return False

    def let_through(self, held: HeldAnswer) -> None:
        self.story.append(f"{held.model.name} too long to be held, given unverified")
        self._give(held)

    def chosen(self) -> HeldAnswer:
        """Return the answer to give; raise WrpError where there is none."""
        held = self.accepted
        if held is None:
            held = max(reversed(self.refused), key=lambda one: one.ruling.passed, default=None)
            if held is None:
                tell(self.trace, self.decision, self.story)
                assert self.failure is not None  # noqa: S101 - nothing came, for mypy
                raise self.failure
            self.story.append(f"{held.model.name} given, for none was accepted")
            self.trace.is_doubtful = True
        self._give(held)
        return held

    def _give(self, held: HeldAnswer) -> None:
        give(self.trace, held, [*self.refused, held])
        tell(self.trace, self.decision, self.story)


def _expected_s(seen: Expectation) -> float:
    """Return seconds to the end of an answer; of what nobody knows, the wait for it at least."""
    return seen.wait_s if seen.answer_s is None else seen.answer_s


def _in_words(held: HeldAnswer) -> str:
    said = []
    for name, verdict in held.ruling.verdicts.items():
        word = {True: "passed", False: "refused", None: "nothing to say"}[verdict.passes]
        word = "failed" if name in held.ruling.failed else word
        score = "" if verdict.score is None else f" {verdict.score:.2f}"
        why = f" ({verdict.why})" if verdict.why else ""
        said.append(f"{name} {word}{score}{why}")
    return ", ".join(said) or "unread"
