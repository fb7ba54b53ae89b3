"""Mean scores by model and cell (a category, or a cluster), shrunk where little is known."""

from collections.abc import Sequence

import numpy as np

from wrp_proxy.routers.rows import Rows
from wrp_proxy.statistics import Clock, Statistics, Vector

_OF_PRIOR = 10.0
"""Scores that the prior counts as, for a model as a whole."""


class ShrunkTable:
    """Sums per model: a count and a total of scores for each cell.

    A cell's mean is shrunk by `shrinkage` pseudo-counts towards what is expected of the model
    there: its prior for the cell, moved by how much the model as a whole differs from its prior.
    (A two-stage James-Stein estimate; 20 pseudo-counts as measured on public outcomes.)
    """

    def __init__(
        self, name: str, *, shrinkage: float, half_life_s: float | None, clock: Clock
    ) -> None:
        self.statistics = Statistics(name, half_life_s=half_life_s, clock=clock)
        self._rows = Rows(self.statistics, clock)
        self._shrinkage = shrinkage

    def estimate(self, keys: Sequence[str], priors: Vector, weights: Vector) -> Vector:
        """Return each model's expected score under `weights` over cells.

        `keys`: one a model; `priors`: (models, cells); `weights`: (cells,), adding up to 1.
        """
        counts, totals = self._sums(keys, len(weights))
        moved = (totals - counts * priors).sum(axis=1) / (counts.sum(axis=1) + _OF_PRIOR)
        expected = priors + moved[:, None]
        cells = expected + (totals - counts * expected) / (counts + self._shrinkage)
        return np.asarray(cells @ weights)

    def estimate_in(self, cell: int, cells: int, keys: Sequence[str], priors: Vector) -> Vector:
        """Return each model's expected score in one of the cells; `priors`: (models,)."""
        counts, totals = self._sums(keys, cells)
        number = counts.sum(axis=1)
        expected = priors + (totals.sum(axis=1) - number * priors) / (number + _OF_PRIOR)
        own = counts[:, cell]
        estimate: Vector = expected + (totals[:, cell] - own * expected) / (own + self._shrinkage)
        return estimate

    def add(self, key: str, weights: Vector, count: float, total: float) -> None:
        """Count a score (`total`, of weight `count`) in each cell by its weight."""
        self.statistics.add(key, np.concatenate((weights * count, weights * total)))

    def add_all(self, key: str, counts: Vector, totals: Vector) -> None:
        self.statistics.add(key, np.concatenate((counts, totals)))

    def _sums(self, keys: Sequence[str], cells: int) -> tuple[Vector, Vector]:
        rows = self._rows.of(keys, 2 * cells)
        return np.maximum(rows[:, :cells], 0.0), rows[:, cells:]
