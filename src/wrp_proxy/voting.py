"""Answers of several samples and models, of which the one is given that most agree on."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

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
from wrp_proxy.types import ChatRequest, Decision, Model, Workload
from wrp_proxy.verifiers.agreement import Agreement, grouped
from wrp_proxy.verifiers.panel import Panel

_TEMPERATURE = "temperature"


class Voting:
    """Takes samples of the first model at once; asks others where it does not agree with itself.

    Most agree: a second model is asked; none do: two more. Then all vote, and between equals the
    better model's word counts. (ACAR, arXiv 2602.21231.) The decision's `temperature` is for the
    samples only, and only where the caller has set none; if he has set 0, one sample is taken.
    """

    def __init__(self, fail_over: FailOver, panel: Panel, graded: Graded, max_bytes: int) -> None:
        self._fail_over = fail_over
        self._panel = panel
        self._graded = graded
        self._max_bytes = max_bytes

    async def answer(
        self, trace: Trace, workload: Workload, decision: Decision, check: Check
    ) -> AsyncGenerator[bytes, None]:
        samples = _sampled(trace, decision, check)
        first, *others = decision.ranking
        ballot = _Ballot(decision)
        await self._ask(trace, workload, [first] * len(samples), samples, ballot)
        if not ballot.votes:
            pieces = self._given_up(trace, workload, decision, ballot)
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece
            return
        ballot.count(f"{len(samples)} of {first.name}")
        more = others[: min(ballot.lacking(), check.escalations)]
        if more and has_time(trace):
            await self._ask(trace, workload, more, [hurried(trace.request)] * len(more), ballot)
            ballot.count(f"with {' and '.join(model.name for model in more)}")
        given = self._decided(trace, ballot)
        for piece in given.pieces:
            yield piece

    async def _ask(
        self,
        trace: Trace,
        workload: Workload,
        models: Sequence[Model],
        requests: Sequence[ChatRequest],
        ballot: "_Ballot",
    ) -> None:
        """Ask at the same time; who leaves meanwhile leaves all of them."""
        asked = [
            begin(self._fail_over, trace, workload, model, request)
            for model, request in zip(models, requests, strict=True)
        ]
        async with asyncio.TaskGroup() as group:
            for held in asked:
                group.create_task(held.collect_whole(self._max_bytes))
        for held in asked:
            if held.is_whole:
                answers = await self._panel.read(held.trace.request, held.pieces)
                held.ruling = replace(held.ruling, answers=answers)
                ballot.votes.append(held)
            else:
                ballot.spoilt.append(held)
                how = f"failed: {held.fault}" if held.failure else "is too long to be held"
                ballot.story.append(f"{held.model.name} {how}")

    def _decided(self, trace: Trace, ballot: "_Ballot") -> HeldAnswer:
        winners = ballot.winners()
        given = winners[0]
        trace.is_doubtful = len(winners) == 1
        if len(winners) > 1:
            for held in ballot.votes:
                value = 1.0 if held in winners else 0.0
                grade(held, value, Agreement.weight, "agreement", self._graded)
        else:
            ballot.story.append("none agree")
        ballot.story.append(f"{given.model.name} given")
        trace.verdicts = tuple(
            f"{held.model.name}: {'agrees' if held in winners else 'differs'}"
            for held in ballot.votes
        )
        give(trace, given, ballot.votes)
        tell(trace, ballot.decision, ballot.story)
        return given

    def _given_up(
        self, trace: Trace, workload: Workload, decision: Decision, ballot: "_Ballot"
    ) -> AsyncGenerator[bytes, None]:
        """Answer by the other models, unheld; raise what no other model may mend."""
        last = ballot.spoilt[-1]
        trace.adopt(last.trace)
        tell(trace, decision, ballot.story)
        ranking = decision.ranking[1:]
        if last.failure is not None and not (ranking and may_be_mended(last.failure)):
            raise last.failure
        assert trace.decision is not None  # noqa: S101 - just told, for mypy
        trace.decision = replace(trace.decision, ranking=ranking or decision.ranking, check=None)
        trace.tried = []
        return self._fail_over.answer(trace, workload, trace.decision)


@dataclass(slots=True)
class _Ballot:
    decision: Decision
    votes: list[HeldAnswer] = field(default_factory=list)
    spoilt: list[HeldAnswer] = field(default_factory=list)
    """Answers that failed, or are too long."""
    story: list[str] = field(default_factory=list)

    def groups(self) -> list[list[HeldAnswer]]:
        """Return answers that say the same, by their number, then by the best model among them."""
        places = grouped([held.ruling.answers for held in self.votes])
        groups = [[self.votes[place] for place in group] for group in places]
        return sorted(groups, key=lambda group: (-len(group), min(map(self._rank, group))))

    def winners(self) -> list[HeldAnswer]:
        return self.groups()[0]

    def count(self, whose: str) -> None:
        self.story.append(f"{whose}: {len(self.winners())} of {len(self.votes)} agree")

    def lacking(self) -> int:
        """Return how many more models are to be asked."""
        agreed = len(self.winners())
        if agreed == len(self.votes) and agreed > 1:
            return 0
        return 1 if agreed > 1 or len(self.votes) == 1 else 2

    def _rank(self, held: HeldAnswer) -> int:
        """Return the place of a model; the first is the cheapest, and counts least."""
        names = [model.name for model in self.decision.ranking]
        return names.index(held.model.name) or len(names)


def _sampled(trace: Trace, decision: Decision, check: Check) -> list[ChatRequest]:
    """Return what to ask for each sample; let all else ask with the other parameters."""
    others = {name: value for name, value in decision.parameters.items() if name != _TEMPERATURE}
    trace.request = request = with_parameters(trace.request, others)
    asked = request.body.get(_TEMPERATURE)
    if asked == 0:
        return [request]
    if asked is None and (chosen := decision.parameters.get(_TEMPERATURE)) is not None:
        request = with_parameters(request, {_TEMPERATURE: chosen})
    return [request] * check.samples
