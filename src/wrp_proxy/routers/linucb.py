"""The model with the best upper confidence bound of a linear prediction of its score."""

from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import CONTEXT_SIGNALS, Contexts
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.lessons import lesson_of
from wrp_proxy.routers.ridge import Ridge, sums_of_all
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Decision, Model, Outcome, Workload

_DAY_S = 24 * 3600.0


class LinUcb:
    """`theta.x + alpha * sqrt(x' A^-1 x) - cost`, x being the context of the workload.

    (LinUCB with disjoint models, Li et al., arXiv 1003.0146, algorithm 1; for routing: PILOT,
    arXiv 2508.21141, and GreenServ, arXiv 2601.17551.) What is known fades by `half_life_days`,
    and by `discount` with each score of any model, to follow a drift within that many scores.
    """

    name = "linucb"
    signals = CONTEXT_SIGNALS

    def __init__(
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.1,
        alpha: Annotated[float, Ge(0), Le(10)] = 0.2,
        half_life_days: Annotated[float, Gt(0)] = 14.0,
        discount: Annotated[float, Gt(0), Le(1)] = 1.0,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        """`seed` is taken for the sake of uniformity: nothing is random."""
        del seed
        self._alpha = alpha
        self._discount = discount
        half_life_s = half_life_days * _DAY_S
        observed = Statistics("observed", half_life_s=half_life_s, discount=discount, clock=clock)
        self._fitted = Statistics("fitted", half_life_s=half_life_s, discount=discount, clock=clock)
        self._ridge = Ridge((observed, self._fitted), clock)
        self._costs = Costs(clock)
        self._scoring = Scoring(self._costs, cost_weight)
        self._contexts = Contexts()
        self.statistics: tuple[Statistics, ...] = (observed, self._fitted, self._costs.statistics)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        means, deviations = self._ridge.predict(self._contexts.of(workload), candidates)
        bonus = self._alpha * deviations
        ranked = self._scoring.rank(workload, candidates, means.tolist(), bonus.tolist())
        first = ranked.parts[ranked.ranking[0].name]
        return ranked.decision(
            self.name,
            f"best upper bound, {first.bonus or 0.0:.2f} above {ranked.reason}",
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        lesson = lesson_of(outcome)
        if lesson is None:
            return
        context = self._contexts.of(outcome.workload, is_past=True)
        self._ridge.add(context, outcome.model, lesson.weight, lesson.reward)
        if self._discount < 1 and lesson.weight > 0:
            self._ridge.fade_rest(context, outcome.model)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._costs.fit(examples, models)
        self._fitted.clear()
        seen: dict[str, list[tuple[Vector, float]]] = {}
        for example in examples:
            context = self._contexts.of(example.workload)
            for name, score in example.scores.items():
                seen.setdefault(context.space.key(name), []).append((context.vector, score))
        for key, pairs in seen.items():
            vectors, scores = (np.array(column) for column in zip(*pairs, strict=True))
            self._fitted.add(key, sums_of_all(vectors, scores), discounts=False)
