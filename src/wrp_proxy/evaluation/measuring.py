"""Turns what was served into the figures that are reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wrp_proxy.evaluation.frontier import (
    Point,
    cost_at,
    mean_height,
    quality_at,
    shown,
)
from wrp_proxy.evaluation.intervals import Interval, figure_interval, mean_interval
from wrp_proxy.evaluation.references import References
from wrp_proxy.evaluation.replay import Served
from wrp_proxy.evaluation.table import OutcomeTable, Vector

Json = dict[str, Any]
_SHARE_OF_COST = 0.25
_AIQ_ROUNDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One strategy, with rising weights of the cost; the first weight is 0."""

    served: Sequence[Served]
    taught: str
    """How it learnt from the training part, in a word."""

    @property
    def points(self) -> list[Point]:
        return [one.point for one in self.served]

    @property
    def columns(self) -> Vector:
        """Return cost per 1,000 and score of each query, the costs of all weights first."""
        costs = [one.costs_usd * 1000 for one in self.served]
        return np.stack([*costs, *(one.scores for one in self.served)], axis=1)


def figures_of(sweep: Sweep, table: OutcomeTable, references: References) -> Json:
    """Return the figures of a strategy, as in the JSON of `evaluate`."""
    first = sweep.served[0]
    best_cost, best_accuracy = references.best_single
    points = [*sweep.points, references.cheapest]
    at_quarter = quality_at(points, _SHARE_OF_COST * best_cost)
    difference = first.scores - table.scores[:, references.best]
    return {
        "accuracy": first.point[1],
        "cost_per_1k_usd": first.point[0],
        "aiq": aiq(sweep.points, references),
        "aiq_ci95": aiq_interval(sweep, table, references),
        "cost_at_best_single": cost_at(points, best_accuracy),
        "quality_at_25pct": at_quarter,
        "quality_at_25pct_share": None if at_quarter is None else at_quarter / best_accuracy,
        "accuracy_over_best_single": float(np.nanmean(difference)),
        "ci95": mean_interval(difference),
        **decision_time(sweep.served),
        "taught": sweep.taught,
        **({"simulated_verifier": True} if any(o.is_verified for o in sweep.served) else {}),
        "shares": shares_of(first, references.models),
        "by_benchmark": by_label(first, table),
        "frontier": shown(sorted(sweep.points)),
    }


def aiq(points: Sequence[Point], references: References) -> float:
    """Return the mean height of the hull, the cheapest single model added."""
    cheapest = references.cheapest
    return mean_height([*points, cheapest], cheapest[0], references.dearest_cost)


def aiq_interval(sweep: Sweep, table: OutcomeTable, references: References) -> Interval:
    """Return the 95 % interval over queries; the range of costs stays as it is."""
    cheapest = references.singles.index(references.cheapest)
    single = np.stack([table.costs_usd[:, cheapest] * 1000, table.scores[:, cheapest]], axis=1)
    single = np.where(np.isnan(single), np.array(references.cheapest), single)
    count = len(sweep.served)
    lowest, highest = references.cheapest[0], references.dearest_cost

    def figure(means: Vector) -> float:
        points = list(zip(means[:count], means[count:-2], strict=True))
        return mean_height([*points, (means[-2], means[-1])], lowest, highest)

    columns = np.concatenate([sweep.columns, single], axis=1)
    return figure_interval(columns, figure, rounds=_AIQ_ROUNDS)


def decision_time(served: Sequence[Served]) -> Json:
    median, tail = np.percentile(median_us(served), [50, 99])
    return {"decision_us_p50": float(median), "decision_us_p99": float(tail)}


def median_us(served: Sequence[Served]) -> Vector:
    """Take of each query the median of all passes: others may use the machine in some of them."""
    passes = [one.decision_us for one in served if len(one.decision_us) == len(one.scores)]
    median: Vector = np.median(passes, axis=0) if passes else served[0].decision_us
    return median


def shares_of(served: Served, models: Sequence[str]) -> Mapping[str, float]:
    """Return which share of the queries each model answered."""
    return {
        name: float((served.chosen == column).mean())
        for column, name in enumerate(models)
        if (served.chosen == column).any()
    }


def by_label(served: Served, table: OutcomeTable) -> Mapping[str, float]:
    labels = table.labels
    if labels is None:
        return {}
    of_each = np.array(labels)
    return {label: float(served.scores[of_each == label].mean()) for label in sorted(set(labels))}


def figures_of_references(references: References) -> Json:
    """Return theirs; the hull of the best single model is that of all single models, each of which
    is the best for some weight of cost (the Zero router of RouterBench, 2403.12031, 3).
    """
    best = references.models[references.best]
    singles = [references.best_single, *references.singles]
    return {
        "random": _reference([references.random], references),
        "best_single": {"model": best, **_reference(singles, references)},
        "oracle": _reference(references.oracle, references),
    }


def _reference(points: Sequence[Point], references: References) -> Json:
    cost, accuracy = points[0]
    return {"accuracy": accuracy, "cost_per_1k_usd": cost, "aiq": aiq(points, references)}
