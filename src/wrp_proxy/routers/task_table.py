"""The default: a table of scores by task and model, weighed against cost."""

import random
from collections.abc import Sequence
from pathlib import Path
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.clusters import Clusters
from wrp_proxy.routers.context import Context, Contexts, Priors
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.drawing import explored
from wrp_proxy.routers.example_matrix import ExampleMatrix
from wrp_proxy.routers.lessons import lesson_of
from wrp_proxy.routers.regression import Regression
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.routers.shrunk_table import ShrunkTable
from wrp_proxy.routers.speeds import Speeds
from wrp_proxy.routers.trained_file import load_trained
from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Decision, Model, Outcome, Workload

_DAY_S = 24 * 3600.0
_SPEED_HALF_LIFE_S = 600.0
_CLUSTER_SHRINKAGE = 20.0
_PENALTY = 15.0
"""Of the regression; features have length 1."""
Weight = Annotated[float, Ge(0)]


class TaskTable:
    """Expected quality is a blend of two views, and of what the text itself adds to them.

    `task`: sum over categories of P(category | text) * shrunk score of the model there. `cluster`:
    its shrunk score in the cluster of the text. `ridge`: a regression on the text's features of
    what the categories leave unsaid. The last two need examples (`trained`, or `fit`). (Clusters:
    Avengers-Pro, arXiv 2508.12631; that tasks tell nearly all: arXiv 2606.07587.) Scores that come
    back move table and clusters on; then a small share `explore` goes to other models, so that
    one that was thought too little of is found.
    """

    name = "task_table"
    signals: frozenset[Signal] = frozenset({"category", "features"})

    def __init__(  # noqa: PLR0913 - parameters of the configuration
        self,
        *,
        cost_weight: Weight = 0.1,
        latency_weight: Weight = 0.0,
        task_weight: Weight = 1.0,
        cluster_weight: Weight = 0.0,
        ridge_weight: Weight = 0.5,
        clusters: Annotated[int, Ge(1), Le(256)] = 32,
        shrinkage: Annotated[float, Gt(0)] = 20.0,
        explore: Annotated[float, Ge(0), Le(0.5)] = 0.03,
        half_life_days: Annotated[float, Gt(0)] = 30.0,
        trained: Path | None = None,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        half_life_s = half_life_days * _DAY_S
        self._blend = (task_weight, cluster_weight, ridge_weight)
        self._count = clusters
        self._shrinkage = shrinkage
        self._explore = explore
        self._costs = Costs(clock)
        self._speeds = Speeds(_SPEED_HALF_LIFE_S, clock)
        self._scoring = Scoring(self._costs, cost_weight, self._speeds, latency_weight)
        self._tasks = ShrunkTable(
            "tasks", shrinkage=shrinkage, half_life_s=half_life_s, clock=clock
        )
        self._cells = ShrunkTable(
            "clusters", shrinkage=_CLUSTER_SHRINKAGE, half_life_s=half_life_s, clock=clock
        )
        self._clusters = Clusters(clock, seed or 0)
        self._regression = Regression(clock)
        self._contexts = Contexts()
        self._priors = Priors()
        self._heard = Statistics("heard", half_life_s=half_life_s, clock=clock)
        self._random = random.Random(seed)  # noqa: S311 - exploration, not a secret
        self.statistics: tuple[Statistics, ...] = (
            self._tasks.statistics,
            self._cells.statistics,
            self._clusters.statistics,
            self._regression.statistics,
            self._heard,
            self._costs.statistics,
            self._speeds.statistics,
        )
        if trained is not None:
            load_trained(Path(trained), self.name, self.statistics)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        quality = self._quality(workload, candidates)
        ranked = self._scoring.rank(workload, candidates, quality.tolist())
        share = self._explore if self._heard.get("scores") is not None else 0.0
        ranking, chance = explored(ranked.ranking, share, self._random)
        is_best = ranking[0] is ranked.ranking[0]
        return ranked.decision(
            self.name,
            ranked.reason if is_best else f"explored, as {share:.0%} of requests are",
            ranking=ranking,
            propensity=chance,
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        self._speeds.learn(outcome)
        lesson = lesson_of(outcome)
        if lesson is None:
            return
        workload, name = outcome.workload, outcome.model
        context = self._contexts.of(workload, is_past=True)
        key = context.space.key(name)
        self._tasks.add(key, context.posterior, lesson.weight, lesson.reward)
        cluster = self._clusters.of(workload.features)
        if cluster is not None:
            cell = np.eye(self._clusters.count)[cluster]
            self._cells.add(self._cell_key(name), cell, lesson.weight, lesson.reward)
        if outcome.score is not None:
            self._heard.add("scores", (1.0,))

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        for one in (self._tasks, self._cells, self._costs):
            one.statistics.clear()
        self._costs.fit(examples, models)
        matrix = ExampleMatrix(examples, models, self._contexts)
        if matrix.space is None:
            return
        for place, model in enumerate(models):
            counts, totals = matrix.sums(matrix.posteriors, place)
            self._tasks.add_all(matrix.space.key(model.name), counts, totals)
        if matrix.features is None:
            return
        members = np.eye(self._count)[self._clusters.fit(matrix.features, self._count)]
        members = members[:, : self._clusters.count]
        for place, model in enumerate(models):
            self._cells.add_all(self._cell_key(model.name), *matrix.sums(members, place))
        names = [model.name for model in models]
        self._regression.fit(matrix.features, matrix.residuals(self._shrinkage), names, _PENALTY)

    def _quality(self, workload: Workload, candidates: Sequence[Model]) -> Vector:
        context = self._contexts.of(workload)
        cells = len(context.space.categories)
        vectors = self._priors.vectors(context.space, candidates)
        priors = vectors[:, :cells] + vectors[:, -1:]
        keys = [context.space.key(model.name) for model in candidates]
        quality = self._tasks.estimate(keys, priors, context.posterior)
        of_task, of_cluster, of_text = self._blend
        if of_cluster:
            cluster = self._by_cluster(workload, candidates, context, priors)
            if cluster is not None:
                share = of_cluster / (of_task + of_cluster)
                quality = (1.0 - share) * quality + share * cluster
        names = [model.name for model in candidates]
        residuals = self._regression.residuals(workload.features, names) if of_text else None
        return quality if residuals is None else quality + of_text * residuals

    def _by_cluster(
        self, workload: Workload, candidates: Sequence[Model], context: Context, priors: Vector
    ) -> Vector | None:
        cluster = self._clusters.of(workload.features)
        if cluster is None:
            return None
        keys = [self._cell_key(model.name) for model in candidates]
        expected = priors @ context.posterior
        return self._cells.estimate_in(cluster, self._clusters.count, keys, expected)

    def _cell_key(self, name: str) -> str:
        return f"{self._clusters.fingerprint}|{name}"
