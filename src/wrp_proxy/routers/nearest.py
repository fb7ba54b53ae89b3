"""What the most similar requests of the past have scored, model by model."""

from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.lessons import lesson_of
from wrp_proxy.routers.neighbours import Neighbours
from wrp_proxy.routers.prior import prior_quality
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

_LEAST_SHRINKAGE = 1e-6
"""So that a model without neighbours is at its mean, whatever the configuration says."""


class Nearest:
    """Mean score of the k nearest requests that a model answered, softmax-weighted.

    (Li, Rethinking Predictive Modeling for LLM Routing, arXiv 2505.12601.) Shrunk by `shrinkage`
    pseudo-counts towards the model's mean, and that by as many towards its prior. It keeps the
    latest `capacity` requests in memory; they are not shared by replicas, and begin anew after a
    restart.
    """

    name = "nearest"
    signals: frozenset[Signal] = frozenset({"category", "features"})

    def __init__(
        self,
        *,
        k: Annotated[int, Ge(1)] = 160,
        temperature: Annotated[float, Gt(0)] = 1.0,
        shrinkage: Annotated[float, Ge(0)] = 5.0,
        capacity: Annotated[int, Ge(1)] = 4096,
        cost_weight: Annotated[float, Ge(0)] = 0.1,
        clock: Clock = time,
    ) -> None:
        self._k = k
        self._temperature = temperature
        self._shrinkage = shrinkage
        self._costs = Costs(clock)
        self._scoring = Scoring(self._costs, cost_weight)
        self._neighbours = Neighbours(capacity)
        self.statistics: tuple[Statistics, ...] = (self._costs.statistics,)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        quality = self._quality(workload, candidates)
        ranked = self._scoring.rank(workload, candidates, quality)
        return ranked.decision(
            self.name,
            f"by the {self._k} most similar requests: {ranked.reason}",
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        lesson, score = lesson_of(outcome), outcome.score
        features = outcome.workload.features
        if lesson is None or features is None:
            return
        if score is not None and score.replaces is not None:
            self._neighbours.correct(features, outcome.model, score.replaces, score.value)
        else:
            value = lesson.reward / lesson.weight
            self._neighbours.add(features, {outcome.model: value}, lesson.weight)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._costs.statistics.clear()
        self._costs.fit(examples, models)
        self._neighbours.clear()
        for example in examples:
            if example.workload.features is not None:
                self._neighbours.add(example.workload.features, example.scores, 1.0)

    def _quality(self, workload: Workload, candidates: Sequence[Model]) -> list[float]:
        priors = [prior_quality(model, workload) for model in candidates]
        if workload.features is None:
            return priors
        names = [model.name for model in candidates]
        shrinkage = max(self._shrinkage, _LEAST_SHRINKAGE)
        counts, means = self._neighbours.counts(names), self._neighbours.overall(names)
        totals = counts * np.nan_to_num(means) + shrinkage * np.array(priors)
        expected = totals / (counts + shrinkage)
        counts, totals = self._neighbours.near(workload.features, names, self._k, self._temperature)
        blended = (totals + shrinkage * expected) / (counts + shrinkage)
        return [float(quality) for quality in blended]
