"""Streams in which the models change: two swap their qualities, one comes, one goes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing_online import ORDERS, SET
from routing_sets import only_models, read_set, with_swapped
from wrp_proxy.evaluation.describing import Described, make_classifier
from wrp_proxy.evaluation.folds import Rows
from wrp_proxy.evaluation.judge import Judge
from wrp_proxy.evaluation.measuring import Json
from wrp_proxy.evaluation.replay import Replay
from wrp_proxy.evaluation.strategies import (
    SimulatedClock,
    another,
    examples_of,
    make_strategy,
    read_strategies,
    teach,
)
from wrp_proxy.evaluation.table import OutcomeTable, Vector
from wrp_proxy.routers.base import Router

Change = Callable[[OutcomeTable], OutcomeTable]
_BEFORE = 1500
_AFTER = 500
"""A change is to be made good within so many requests."""
_WINDOW = 1000
"""What comes then is measured on so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Accuracy after a change."""

    at_once: float
    later: float
    informed: float
    """Of a strategy that was taught the change beforehand, and learns nothing more."""


def measured_changes(folder: Path, strategy: str) -> Json:
    """Return, by what changes, the mean over five streams."""
    stream = Stream(folder, strategy)
    return {what: _mean(stream, what) for what in ("drift", "added", "removed")}


class Stream:
    """Queries of the test part, drawn with replacement."""

    def __init__(self, folder: Path, strategy: str) -> None:
        public = read_set(folder, SET)
        classifier = make_classifier(public.train)
        self._strategy = strategy
        self._train, self._test = public.train, public.test
        self._known = Described(public.train, classifier)
        self._asked = Described(public.test, classifier)
        self._clock = SimulatedClock()

    def changes(self, what: str) -> tuple[Change, Change]:
        """Return what the outcomes are before, and after."""
        order = np.argsort(np.nanmean(self._train.scores, axis=0)).tolist()
        best, middle = order[-1], order[len(order) // 2]
        others = [column for column in range(len(order)) if column != best]

        def less(table: OutcomeTable) -> OutcomeTable:
            return only_models(table, others)

        def swapped(table: OutcomeTable) -> OutcomeTable:
            return with_swapped(table, best, middle)

        def same(table: OutcomeTable) -> OutcomeTable:
            return table

        return {"drift": (same, swapped), "added": (less, same), "removed": (same, less)}[what]

    def runs(self, what: str) -> list[Run]:
        before, after = self.changes(what)
        known_before, known_after = self._taught(before), self._taught(after)
        return [
            self._run((before, another(known_before)), (after, another(known_after)), seed)
            for seed in range(ORDERS)
        ]

    def _run(self, before: tuple[Change, Router], after: tuple[Change, Router], seed: int) -> Run:
        count = _BEFORE + _AFTER + _WINDOW
        rows = np.random.default_rng(seed).integers(len(self._test), size=count)
        first, second = rows[:_BEFORE], rows[_BEFORE:]
        router = before[1]
        self._serve(router, before[0], first, seed, learns=True)
        scores = self._serve(router, after[0], second, seed, learns=True)
        informed = self._serve(after[1], after[0], second, seed, learns=False)
        return Run(
            at_once=float(scores[:_AFTER].mean()),
            later=float(scores[_AFTER:].mean()),
            informed=float(informed[_AFTER:].mean()),
        )

    def _taught(self, change: Change) -> Router:
        table = change(self._train)
        spec = read_strategies([self._strategy], {}, table.models, 0)[self._strategy]
        router = make_strategy(spec, self._clock)
        workloads = self._known.workloads(router.signals)
        teach(router, examples_of(table, workloads), table.models)
        return router

    def _serve(
        self, router: Router, change: Change, rows: Rows, seed: int, *, learns: bool
    ) -> Vector:
        workloads = self._asked.workloads(router.signals)
        replay = Replay(
            change(self._test.rows(rows)),
            [workloads[row] for row in rows],
            judge=Judge(error=0, seed=seed),
            clock=self._clock,
        )
        return replay.run(router, told=learns, feedback=float(learns)).scores


def _mean(stream: Stream, what: str) -> Json:
    runs = stream.runs(what)
    return {
        "at_once": float(np.mean([run.at_once for run in runs])),
        "later": float(np.mean([run.later for run in runs])),
        "informed": float(np.mean([run.informed for run in runs])),
    }
