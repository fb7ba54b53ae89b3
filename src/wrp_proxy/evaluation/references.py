"""What strategies are measured against: chance, the best single model, and hindsight."""

from dataclasses import dataclass

import numpy as np

from wrp_proxy.evaluation.frontier import Point
from wrp_proxy.evaluation.table import OutcomeTable, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Points are USD per 1,000 requests, and the mean score."""

    models: tuple[str, ...]
    singles: tuple[Point, ...]
    """Of each model alone, over what it was run on."""
    best: int
    """The column of the best single model."""
    random: Point
    oracle: tuple[Point, ...]
    """The best model of each query, the cheapest of equals; then with rising weights of cost."""

    @property
    def best_single(self) -> Point:
        return self.singles[self.best]

    @property
    def cheapest(self) -> Point:
        return min(self.singles)

    @property
    def dearest_cost(self) -> float:
        return max(self.singles)[0]


def find_references(
    table: OutcomeTable, taught: OutcomeTable | None, cost_weights: Vector
) -> References:
    """Choose the best single model by the training part where there is one."""
    scores, costs = np.nanmean(table.scores, axis=0), np.nanmean(table.costs_usd, axis=0) * 1000
    singles = tuple(zip(costs.tolist(), scores.tolist(), strict=True))
    known = scores if taught is None else _known_means(taught.scores)
    return References(
        models=tuple([model.name for model in table.models]),
        singles=singles,
        best=int(known.argmax()),
        random=(
            float(np.nanmean(table.costs_usd, axis=1).mean()) * 1000,
            float(np.nanmean(table.scores, axis=1).mean()),
        ),
        oracle=tuple([_oracle(table, float(weight)) for weight in cost_weights]),
    )


def _known_means(scores: Vector) -> Vector:
    """Return the mean of each column; below all others where nothing is known."""
    counts = (~np.isnan(scores)).sum(axis=0)
    means: Vector = np.where(counts > 0, np.nansum(scores, axis=0) / np.maximum(counts, 1), -np.inf)
    return means


def _oracle(table: OutcomeTable, cost_weight: float) -> Point:
    """Choose with the scores known, by the rule that the strategies choose by."""
    shares = table.costs_usd / np.nanmax(table.costs_usd, axis=1, keepdims=True).clip(1e-12)
    worth = np.nan_to_num(table.scores - (cost_weight + 1e-9) * shares, nan=-np.inf)
    rows, columns = np.arange(len(table)), worth.argmax(axis=1)
    return (
        float(table.costs_usd[rows, columns].mean()) * 1000,
        float(table.scores[rows, columns].mean()),
    )
