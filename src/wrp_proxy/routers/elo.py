"""Ratings by task, from which of two models did better."""

import random
from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.bradley_terry import SCALE, chances_to_win, fit_ratings, start_ratings
from wrp_proxy.routers.context import CONTEXT_SIGNALS, Context, Contexts, Priors, Space
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.drawing import explored
from wrp_proxy.routers.lessons import Roster, lesson_of
from wrp_proxy.routers.rows import rows_of
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Decision, Model, Outcome, Workload

_DAY_S = 24 * 3600.0
_MAX_OPPONENTS = 8
_BOUND = 5 * SCALE


class Elo:
    """Bradley-Terry ratings per category, followed by Elo's rule (k 32, scale 400).

    (Bradley and Terry 1952; Elo 1978.) The quality of a model is its chance to win against one
    of rating 0; a model that never competed has the rating of its prior. A score makes a pair with
    the last one of each model that has scored in the category since this one last did: the higher
    one wins, equal ones draw. With a chance of `epsilon` any model is tried, or nobody would ever
    be compared.
    """

    name = "elo"
    signals = CONTEXT_SIGNALS

    def __init__(
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.1,
        k: Annotated[float, Gt(0)] = 32.0,
        epsilon: Annotated[float, Ge(0), Le(1)] = 0.2,
        half_life_days: Annotated[float, Gt(0)] = 30.0,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        """Ratings fall back to the priors by `half_life_days`."""
        self._k = k
        self._epsilon = epsilon
        half_life_s = half_life_days * _DAY_S
        self._gains = Statistics("gains", half_life_s=half_life_s, clock=clock)
        self._fitted = Statistics("fitted", half_life_s=half_life_s, clock=clock)
        self._costs = Costs(clock)
        self._scoring = Scoring(self._costs, cost_weight)
        self._contexts = Contexts()
        self._roster = Roster()
        self._priors = Priors()
        self._last: dict[str, dict[str, float]] = {}
        """Category -> model -> its last score, in the order they came; it need not last."""
        self._random = random.Random(seed)  # noqa: S311 - exploration, not a secret
        self.statistics: tuple[Statistics, ...] = (
            self._gains,
            self._fitted,
            self._costs.statistics,
        )

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        self._roster.note(candidates)
        context = self._contexts.of(workload)
        ratings = self._ratings(context.space, candidates)
        quality = chances_to_win(ratings) @ context.posterior
        ranked = self._scoring.rank(workload, candidates, quality.tolist())
        ranking, chance = explored(ranked.ranking, self._epsilon, self._random)
        is_best = ranking[0] is ranked.ranking[0]
        return ranked.decision(
            self.name,
            f"best rating: {ranked.reason}" if is_best else "tried, to be compared",
            ranking=ranking,
            propensity=chance,
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        lesson = lesson_of(outcome)
        if lesson is None:
            return
        context = self._contexts.of(outcome.workload, is_past=True)
        place = int(context.posterior.argmax())
        if lesson.weight == 0:  # the opponent is not known any more: only the own rating moves
            self._move(context, outcome.model, place, self._k * lesson.reward)
            return
        value, weight = lesson.reward / lesson.weight, min(lesson.weight, 1.0)
        for opponent, other in self._opponents(context, place, outcome.model, value):
            result = 0.5 + 0.5 * ((value > other) - (value < other))
            self._match(context, (outcome.model, opponent), place, (result, weight))

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        """Rate by all pairs of answers to the same request, most likely ratings."""
        self._costs.fit(examples, models)
        self._roster.note(models)
        self._fitted.clear()
        for space, gains in fit_ratings(examples, models, self._contexts).items():
            for model, row in zip(models, gains, strict=True):
                self._fitted.add(space.key(model.name), row)

    def _opponents(
        self, context: Context, place: int, name: str, value: float
    ) -> list[tuple[str, float]]:
        """Return the last scores of those that have scored since this model last did."""
        key = context.space.key(context.space.categories[place])
        last = self._last.setdefault(key, {})
        found: list[tuple[str, float]] = []
        for other in reversed(last):
            if other == name or len(found) >= _MAX_OPPONENTS:
                break
            found.append((other, last[other]))
        last.pop(name, None)
        last[name] = value
        return found

    def _match(
        self, context: Context, pair: tuple[str, str], place: int, result: tuple[float, float]
    ) -> None:
        """Move both ratings; `result`: that of the first one (1, 0.5, 0), and its weight."""
        models = [self._roster.get(name) or Model(name=name, endpoints=()) for name in pair]
        first, second = self._ratings(context.space, models)[:, place]
        won, weight = result
        moved = self._k * weight * (won - float(chances_to_win(first - second)))
        self._move(context, pair[0], place, moved)
        self._move(context, pair[1], place, -moved)

    def _move(self, context: Context, name: str, place: int, moved: float) -> None:
        row = np.zeros(len(context.space.categories))
        row[place] = moved
        self._gains.add(context.space.key(name), row)

    def _ratings(self, space: Space, candidates: Sequence[Model]) -> Vector:
        """Return (candidates, categories)."""
        ratings = start_ratings(self._priors.vectors(space, candidates))
        for statistics in (self._gains, self._fitted):
            ratings = ratings + rows_of(statistics, space, candidates, ratings.shape[1])
        return np.minimum(np.maximum(ratings, -_BOUND), _BOUND)
