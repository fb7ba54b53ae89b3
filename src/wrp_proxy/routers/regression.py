"""What a text itself says of a model's score, beyond the model's mean: ridge regression."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wrp_proxy.routers.statistics import Clock, Statistics, Vector
from wrp_proxy.signals import Features

Matrix = npt.NDArray[np.float32]


class Regression:
    """Weights are learnt once, from examples, and kept like all that is learnt."""

    def __init__(self, clock: Clock) -> None:
        self.statistics = Statistics("weights", clock=clock)
        self._names: tuple[str, ...] = ()
        self._matrix = np.zeros((0, 0), np.float32)
        self._version = -1

    def residuals(self, features: Features | None, names: Sequence[str]) -> Vector | None:
        """Return by how much each model will differ from its mean; None: nothing is known."""
        if features is None or not self.statistics.keys():
            return None
        matrix = self._of(tuple(names), len(features))
        return np.asarray(matrix @ features, np.float64)

    def fit(self, rows: Matrix, residuals: Matrix, names: Sequence[str], penalty: float) -> None:
        """Learn from features (rows, dimensions) and differences (rows, models)."""
        self.statistics.clear()
        square = rows.T @ rows + np.float32(penalty) * np.eye(rows.shape[1], dtype=np.float32)
        weights = np.linalg.solve(square, rows.T @ residuals)
        for place, name in enumerate(names):
            self.statistics.add(name, weights[:, place].astype(np.float64))

    def _of(self, names: tuple[str, ...], dimensions: int) -> Matrix:
        if self._version != self.statistics.version or self._names != names:
            self._version, self._names = self.statistics.version, names
            rows = (self.statistics.get(name) for name in names)
            nothing = np.zeros(dimensions)
            kept = [nothing if r is None or len(r) != dimensions else r for r in rows]
            self._matrix = np.array(kept, np.float32)
        return self._matrix
