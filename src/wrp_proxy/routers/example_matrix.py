"""Examples as matrices, for strategies that learn from many at once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import Contexts, Space
from wrp_proxy.statistics import Vector
from wrp_proxy.types import Model


class ExampleMatrix:
    """Rows are those examples whose categories are of the last one's set."""

    def __init__(
        self, examples: Sequence[Example], models: Sequence[Model], contexts: Contexts
    ) -> None:
        seen = [(example, contexts.of(example.workload)) for example in examples]
        self.space: Space | None = seen[-1][1].space if seen else None
        kept = [(example, context) for example, context in seen if context.space == self.space]
        names = [model.name for model in models]
        self._scores = np.array(
            [[example.scores.get(name, np.nan) for name in names] for example, _ in kept]
        ).reshape(len(kept), len(names))
        self._is_known = ~np.isnan(self._scores)
        self._values = np.where(self._is_known, self._scores, 0.0)
        self.posteriors = np.array([context.posterior for _, context in kept])
        rows = [example.workload.features for example, _ in kept]
        has_all = bool(rows) and all(row is not None for row in rows)
        self.features: npt.NDArray[np.float32] | None = (
            np.array(rows, np.float32) if has_all else None
        )

    def sums(self, cells: Vector, model: int) -> tuple[Vector, Vector]:
        """Return counts and totals of a model's scores in each cell; `cells`: (rows, cells)."""
        counts: Vector = cells.T @ self._is_known[:, model].astype(np.float64)
        totals: Vector = cells.T @ self._values[:, model]
        return counts, totals

    def residuals(self, shrinkage: float) -> npt.NDArray[np.float32]:
        """Return by how much each score differs from what its categories tell; NaN: unknown."""
        counts = self.posteriors.T @ self._is_known.astype(np.float64)
        totals = self.posteriors.T @ self._values
        means = self._values.sum(axis=0) / np.maximum(self._is_known.sum(axis=0), 1)
        cells = (totals + shrinkage * means) / (counts + shrinkage)
        told = self.posteriors @ cells
        residuals: npt.NDArray[np.float32] = (self._scores - told).astype(np.float32)
        return residuals
