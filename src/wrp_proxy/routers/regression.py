"""What a text itself says of a model's score, beyond the model's mean: ridge regression."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wrp_proxy.signals import Features
from wrp_proxy.statistics import Clock, Statistics, Vector

Matrix = npt.NDArray[np.float32]


class Regression:
    """Weights are learnt once, from examples, and kept like all that is learnt."""

    def __init__(self, clock: Clock) -> None:
        self.statistics = Statistics("weights", clock=clock)
        self._kept_for: tuple[Sequence[str], int, int] | None = None
        self._matrix = np.zeros((0, 0), np.float32)

    def residuals(self, features: Features | None, names: Sequence[str]) -> Vector | None:
        """Return by how much each model will differ from its mean; None: nothing is known."""
        if features is None or not self.statistics.keys():
            return None
        matrix = self._of(names, len(features))
        return np.asarray(matrix @ features, np.float64)

    def fit(self, rows: Matrix, residuals: Matrix, names: Sequence[str], penalty: float) -> None:
        """Learn from features (rows, dimensions) and differences (rows, models); NaN: unknown."""
        self.statistics.clear()
        is_known = ~np.isnan(residuals)
        if is_known.all():
            weights = _solved(rows, residuals, penalty)
        else:
            kept = [(rows[known], residuals[known, i]) for i, known in enumerate(is_known.T)]
            weights = np.stack([_solved(seen, told, penalty) for seen, told in kept], axis=1)
        for place, name in enumerate(names):
            self.statistics.add(name, weights[:, place].astype(np.float64))

    def _of(self, names: Sequence[str], dimensions: int) -> Matrix:
        asked = (names, dimensions, self.statistics.version)
        if self._kept_for != asked:
            self._kept_for = asked
            rows = (self.statistics.get(name) for name in names)
            nothing = np.zeros(dimensions)
            kept = [nothing if r is None or len(r) != dimensions else r for r in rows]
            self._matrix = np.array(kept, np.float32)
        return self._matrix


def _solved(rows: Matrix, residuals: Matrix, penalty: float) -> Matrix:
    square = rows.T @ rows + np.float32(penalty) * np.eye(rows.shape[1], dtype=np.float32)
    weights: Matrix = np.linalg.solve(square, rows.T @ residuals)
    return weights
