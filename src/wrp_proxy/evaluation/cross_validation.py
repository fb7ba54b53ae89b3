"""Serves each query by what was learnt of other queries only."""

from collections.abc import Sequence

import numpy as np

from wrp_proxy.evaluation.describing import Described, make_classifier
from wrp_proxy.evaluation.folds import Rows, folds
from wrp_proxy.evaluation.judge import Judge
from wrp_proxy.evaluation.measuring import Sweep
from wrp_proxy.evaluation.replay import Replay, Served
from wrp_proxy.evaluation.strategies import (
    SimulatedClock,
    another,
    examples_of,
    make_strategy,
    teach,
)
from wrp_proxy.evaluation.table import OutcomeTable
from wrp_proxy.routers.composition import Spec
from wrp_proxy.signals import Signal
from wrp_proxy.types import Workload


class CrossValidation:
    """The same folds for all that is compared, seen by the classifier of a proxy as it is shipped:
    labels of the queries play no part.
    """

    def __init__(self, table: OutcomeTable, *, parts: int, seed: int) -> None:
        self._table = table
        self._seed = seed
        self._folds = list(folds(len(table), parts, seed))
        self._described = Described(table, make_classifier(None))

    def workloads(self, signals: frozenset[Signal]) -> list[Workload]:
        return self._described.workloads(signals)

    def sweep(self, spec: Spec, cost_weights: Sequence[float]) -> Sweep:
        """Return what was served at each weight, in the order of the table."""
        served = [self._serve(known, judged, spec, cost_weights) for known, judged in self._folds]
        joined = [
            self._join([of_fold[place] for of_fold in served]) for place in range(len(cost_weights))
        ]
        return Sweep(served=joined, taught="the other folds")

    def _serve(
        self, known: Rows, judged: Rows, spec: Spec, cost_weights: Sequence[float]
    ) -> list[Served]:
        clock = SimulatedClock()
        router = make_strategy(spec, clock)
        workloads = self.workloads(router.signals)
        taught, asked = self._table.rows(known), self._table.rows(judged)
        teach(router, examples_of(taught, [workloads[row] for row in known]), taught.models)
        seen = [workloads[row] for row in judged]
        return [
            Replay(
                asked,
                seen,
                judge=Judge(error=0, seed=self._seed),
                clock=clock,
                cost_weight=weight,
            ).run(another(router), told=False)
            for weight in cost_weights
        ]

    def _join(self, served: Sequence[Served]) -> Served:
        order = np.argsort(np.concatenate([judged for _, judged in self._folds]))
        return Served(
            scores=np.concatenate([one.scores for one in served])[order],
            costs_usd=np.concatenate([one.costs_usd for one in served])[order],
            chosen=np.concatenate([one.chosen for one in served])[order],
            decision_us=np.concatenate([one.decision_us for one in served])[order],
            is_verified=any(one.is_verified for one in served),
        )
