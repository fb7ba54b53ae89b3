"""Answers that are held until they are accepted: model after model, each verified."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from wrp_proxy.errors import WrpError
from wrp_proxy.fail_over import FailOver
from wrp_proxy.held_answer import (
    Graded,
    HeldAnswer,
    begin,
    give,
    grade,
    has_time,
    hurried,
    may_be_mended,
    tell,
)
from wrp_proxy.parameters import with_parameters
from wrp_proxy.signals import Check
from wrp_proxy.trace import Trace
from wrp_proxy.types import ChatRequest, Decision, Outcome, Workload
from wrp_proxy.verifiers.panel import Panel
from wrp_proxy.voting import Voting

MAX_HELD_BYTES = 4 * 1024 * 1024
_MAX_FAILED = 3
"""Models that may fail before no more are asked."""


def forget(outcome: Outcome) -> None:
    """Keep no scores."""


class Holding:
    """Obeys the `check` and the `parameters` of decisions; without them it is only in between.

    A refused answer is kept, until a later one is accepted. Where none is, the one that most
    verifiers passed is given, the last of several; it is `is_doubtful`. An answer that grows too
    long to be held is let through. Every call is recorded by `fail_over` as any attempt, and what
    was found of it goes to the router and to `graded`.
    """

    def __init__(
        self,
        *,
        fail_over: FailOver,
        panel: Panel,
        graded: Graded = forget,
        max_bytes: int = MAX_HELD_BYTES,
    ) -> None:
        """`max_bytes`: of each answer."""
        self._fail_over = fail_over
        self._panel = panel
        self._graded = graded
        self._max_bytes = max_bytes
        self._voting = Voting(fail_over, panel, graded, max_bytes)

    def answer(
        self, trace: Trace, workload: Workload, decision: Decision
    ) -> AsyncGenerator[bytes, None]:
        """Yield the answer's bytes; raise WrpError, and nothing else, when there is none."""
        check = decision.check
        if check is not None and check.how == "agree":
            return self._voting.answer(trace, workload, decision, check)
        if decision.parameters:
            trace.request = with_parameters(trace.request, decision.parameters)
        if check is not None:
            return self._verified(trace, workload, decision, check)
        return self._fail_over.answer(trace, workload, decision)

    async def _verified(
        self, trace: Trace, workload: Workload, decision: Decision, check: Check
    ) -> AsyncGenerator[bytes, None]:
        hold = _Hold(trace, decision, check)
        for model in decision.ranking:
            if not hold.may_ask_another():
                break
            is_last = model is decision.ranking[-1]
            held = begin(self._fail_over, trace, workload, model, hold.request(), waits=is_last)
            async with aclosing(held.source) as source:
                await held.collect(self._max_bytes)
                if held.is_too_long:
                    hold.let_through(held)
                    yield b"".join(held.pieces)
                    async for piece in source:
                        yield piece
                    trace.adopt(held.trace)
                    return
            if held.failure is not None:
                hold.failed(held, held.failure)
                continue
            await self._examine(workload, held, check)
            if hold.found(held):
                break
        for piece in hold.chosen().pieces:
            yield piece

    async def _examine(self, workload: Workload, held: HeldAnswer, check: Check) -> None:
        held.ruling = ruling = await self._panel.examine(
            held.trace.request, workload.category, held.pieces, check
        )
        if ruling.source:
            value = 1.0 if ruling.accepts else 0.0
            grade(held, value, ruling.weight, ruling.source, self._graded)


@dataclass(slots=True)
class _Hold:
    """What was asked for one request, and what came of it."""

    trace: Trace
    decision: Decision
    check: Check
    refused: list[HeldAnswer] = field(default_factory=list)
    accepted: HeldAnswer | None = None
    story: list[str] = field(default_factory=list)
    failure: WrpError | None = None
    failures: int = 0
    is_over: bool = False
    """The next model must not be asked, whatever is left."""

    def may_ask_another(self) -> bool:
        if self.is_over or self.failures >= _MAX_FAILED:
            return False
        if len(self.refused) > self.check.escalations:
            return False
        if not self.refused or has_time(self.trace):
            return True
        self.story.append("no time is left for another")
        return False

    def request(self) -> ChatRequest:
        return hurried(self.trace.request) if self.refused else self.trace.request

    def failed(self, held: HeldAnswer, error: WrpError) -> None:
        """Note a failure; raise it where no other model may mend it and nothing is held."""
        self.story.append(f"{held.model.name} failed: {held.fault}")
        self.failures += 1
        self.failure = error
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


def _in_words(held: HeldAnswer) -> str:
    said = []
    for name, verdict in held.ruling.verdicts.items():
        word = {True: "passed", False: "refused", None: "nothing to say"}[verdict.passes]
        word = "failed" if name in held.ruling.failed else word
        score = "" if verdict.score is None else f" {verdict.score:.2f}"
        why = f" ({verdict.why})" if verdict.why else ""
        said.append(f"{name} {word}{score}{why}")
    return ", ".join(said) or "unread"
