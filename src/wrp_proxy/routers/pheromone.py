"""Trails of good answers by task: models are drawn in proportion to the strength of theirs."""

import random
from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import CONTEXT_SIGNALS, Context, Contexts, Priors
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.drawing import draw
from wrp_proxy.routers.lessons import Roster, lesson_of
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.signals import Score
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Decision, Model, Outcome, Workload

_LEAST_CHANCE_OF_A_TASK = 0.05
"""Tasks that are less probable are left out: they would be noise."""
_PASSED = 0.5
_PRIOR_ANSWERS = 2.0
"""How many answers the prior counts for."""


class Pheromone:
    """One table of trails per category, mixed by the probabilities of the categories.

    (AMRO-S, arXiv 2603.12933: pheromone specialists by task, quality-gated updates; evaporation of
    what is walked on as in Ant Colony System, Dorigo and Gambardella 1997.) An answer leaves a
    trail only if it passed a check: a verifier's, or a score of .5 at least. Each lets the trail
    it went by evaporate, and one other, towards the priors. The chance is in proportion to the
    score, raised to `sharpness`; all share `floor` alike.
    """

    name = "pheromone"
    signals = CONTEXT_SIGNALS

    def __init__(
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.1,
        evaporation: Annotated[float, Gt(0), Lt(1)] = 0.05,
        sharpness: Annotated[float, Gt(0), Le(100)] = 15.0,
        floor: Annotated[float, Gt(0), Le(1)] = 0.05,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        self._trails = Statistics("trails", discount=1 - evaporation, clock=clock)
        self._evaporation = evaporation
        self._sharpness = sharpness
        self._floor = floor
        self._costs = Costs(clock)
        self._scoring = Scoring(self._costs, cost_weight)
        self._contexts = Contexts()
        self._roster = Roster()
        self._priors = Priors()
        self._random = random.Random(seed)  # noqa: S311 - exploration, not a secret
        self.statistics: tuple[Statistics, ...] = (self._trails, self._costs.statistics)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        self._roster.note(candidates)
        strengths = self._strengths(self._contexts.of(workload), candidates)
        ranked = self._scoring.rank(workload, candidates, strengths.tolist())
        scores = np.array([ranked.scores[model.name] for model in ranked.ranking], float)
        powers = (np.maximum(scores, 0.01) / max(scores[0], 0.01)) ** self._sharpness
        weights = (1 - self._floor) * powers / powers.sum() + self._floor / len(scores)
        ranking, chance = draw(ranked.ranking, weights.tolist(), self._random)
        trail = ranked.parts[ranking[0].name].quality or 0.0
        return ranked.decision(
            self.name,
            f"drawn with a chance of {chance:.2f} by a trail of strength {trail:.2f}",
            ranking=ranking,
            propensity=chance,
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        lesson = lesson_of(outcome)
        if lesson is None:
            return
        context = self._contexts.of(outcome.workload, is_past=True)
        place, is_new = int(context.posterior.argmax()), lesson.weight > 0
        left = self._evaporation * lesson.weight, self._evaporation * left_by(outcome.score)
        self._trails.add(_key(context, place, outcome.model), left, discounts=is_new)
        others = [name for name in self._roster.names() if name != outcome.model]
        if is_new and others:
            key = _key(context, place, self._random.choice(others))
            if self._trails.get(key) is not None:
                self._trails.add(key, (0.0, 0.0))

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        """Let the good answers of examples leave trails; older trails are forgotten."""
        self._costs.fit(examples, models)
        self._trails.clear()
        for key, (good, count) in _good_answers(examples, self._contexts).items():
            share = 1 - (1 - self._evaporation) ** count
            self._trails.add(key, (share, share * good / count))

    def _strengths(self, context: Context, candidates: Sequence[Model]) -> Vector:
        """Return the trails, mixed over the tasks; where nobody went, the prior."""
        strengths = np.zeros(len(candidates))
        start = _PRIOR_ANSWERS * self._evaporation
        prior = self._priors.of(context, candidates)
        for place, chance in _tasks(context):
            for i, model in enumerate(candidates):
                sums = self._trails.get(_key(context, place, model.name))
                walked, left = (0.0, 0.0) if sums is None else sums.tolist()
                strength = (max(left, 0.0) + start * prior[i]) / (walked + start)
                strengths[i] += chance * strength
        return strengths


def left_by(score: Score | None) -> float:
    """Return what a score lets an answer leave, or what a correction adds to that."""
    if score is None:
        return 0.0
    before = 0.0 if score.replaces is None else _gated(score.replaces, score.source)
    return score.weight * (_gated(score.value, score.source) - before)


def _gated(value: float, source: str) -> float:
    """Return the value if the answer passed a check, else 0."""
    has_passed = source.startswith("verifier") or value >= _PASSED
    return min(max(value, 0.0), 1.0) if has_passed else 0.0


def _key(context: Context, place: int, name: str) -> str:
    return context.space.key(f"{context.space.categories[place]}|{name}")


def _tasks(context: Context) -> list[tuple[int, float]]:
    """Return the places and chances of the tasks that it may well be; at least the likeliest."""
    posterior = context.posterior
    least = min(_LEAST_CHANCE_OF_A_TASK, float(posterior.max()))
    places = np.flatnonzero(posterior >= least)
    total = float(posterior[places].sum())
    return [(int(place), float(posterior[place]) / total) for place in places]


def _good_answers(
    examples: Sequence[Example], contexts: Contexts
) -> dict[str, tuple[float, float]]:
    """Return key of category and model -> sum of the scores that passed, and number."""
    found: dict[str, tuple[float, float]] = {}
    for example in examples:
        context = contexts.of(example.workload)
        for place, chance in _tasks(context):
            for name, score in example.scores.items():
                key = _key(context, place, name)
                good, count = found.get(key, (0.0, 0.0))
                passed = score if score >= _PASSED else 0.0
                found[key] = (good + chance * passed, count + chance)
    return found
