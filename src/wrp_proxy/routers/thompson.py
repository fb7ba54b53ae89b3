"""Draw a quality for each model from what is known of it, and take the best draw."""

from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import CONTEXT_SIGNALS, Contexts
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.lessons import lesson_of
from wrp_proxy.routers.score_table import ScoreTable
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Decision, Model, Outcome, Workload

_LEAST_CHANCE = 1e-6
_GRID = np.linspace(-4.0, 4.0, 33)
_DENSITY = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


class Thompson:
    """Gaussian posteriors per (model, category), mixed by the probabilities of the categories.

    (Thompson sampling, Agrawal and Goyal, arXiv 1209.3353.) `sigma` is the standard deviation of
    a posterior that rests on one observation; `discount` fades what is known with each request.
    """

    name = "thompson"
    signals = CONTEXT_SIGNALS

    def __init__(
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.1,
        sigma: Annotated[float, Gt(0), Le(10)] = 0.1,
        discount: Annotated[float, Gt(0), Le(1)] = 0.998,
        optimism: Annotated[float, Ge(0), Le(1)] = 0.1,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        self._sigma = sigma
        self._costs = Costs(clock)
        self._scoring = Scoring(self._costs, cost_weight)
        self._table = ScoreTable(discount=discount, optimism=optimism, clock=clock)
        self._contexts = Contexts()
        self._random = np.random.default_rng(seed)
        self.statistics: tuple[Statistics, ...] = (*self._table.statistics, self._costs.statistics)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        means, counts, _ = self._table.estimate(self._contexts.of(workload), candidates)
        deviations = self._sigma / np.sqrt(counts)
        drawn = self._random.standard_normal(len(candidates)) * deviations
        ranked = self._scoring.rank(workload, candidates, means.tolist(), drawn.tolist())
        scores = np.array([ranked.scores[model.name] for model in candidates], float)
        chance = chance_of_best(int(scores.argmax()), scores - drawn, deviations)
        return ranked.decision(
            self.name,
            f"best draw, with a chance of {chance:.2f}: {ranked.reason}",
            propensity=chance,
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        lesson = lesson_of(outcome)
        if lesson is not None:
            context = self._contexts.of(outcome.workload, is_past=True)
            self._table.learn(context, outcome.model, lesson)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._costs.fit(examples, models)
        self._table.fit(examples, self._contexts)


def chance_of_best(best: int, means: Vector, deviations: Vector) -> float:
    """Return the chance that this Gaussian is the largest of all, by integration on a grid."""
    if len(means) == 1:
        return 1.0
    at = means[best] + deviations[best] * _GRID
    others = np.arange(len(means)) != best
    below = (at - means[others, None]) / deviations[others, None]
    chance = float(normal_distribution(below).prod(axis=0) @ _DENSITY)
    return min(max(chance, _LEAST_CHANCE), 1.0)


def normal_distribution(z: Vector) -> Vector:
    """Return the chance that a standard normal is below z, to 1e-5.

    (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.16.)
    """
    t = 1.0 / (1.0 + 0.33267 * np.abs(z))
    tail = np.exp(-z * z / 2) * t * (0.1740121 + t * (-0.0479399 + t * 0.3739278))
    upper: Vector = np.where(z > 0, 1.0 - tail, tail)
    return upper
