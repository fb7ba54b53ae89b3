"""Requests of the past with their scores, to look up the most similar ones."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from wrp_proxy.signals import Features
from wrp_proxy.statistics import Vector

_FIRST_ROWS = 256
_DIMENSIONS = 128
"""Of what features are projected to, which keeps their angles about (Johnson, Lindenstrauss)."""
_BLOCK = 64
"""Rows that are compared at once: few enough for BLAS to start no threads, whose waiting for each
other takes much longer than the comparison where the processors are busy."""
_MAX_MODELS = 256
_NOBODY = 0
"""The column of models that are not known: always NaN."""


class Neighbours:
    """A ring of rows: features, and a score for each model or none."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._columns: dict[str, int] = {}
        self._projection = np.zeros((0, 0), np.float32)
        self.clear()

    def clear(self) -> None:
        self._begin(0)

    def add(self, features: Features, scores: Mapping[str, float], weight: float) -> None:
        """Keep a request; features of another length than before begin anew."""
        if self._projection.shape[1] != len(features):
            self._begin(len(features))
        columns = {name: column for name in scores if (column := self._column(name))}
        self._make_room()
        row = self._added % self._capacity
        self._count_in(row, -1)
        self._features[row] = self._projection @ features
        self._weights[row] = weight
        self._scores[row] = np.nan
        for name, column in columns.items():
            self._scores[row, column] = scores[name]
        self._count_in(row, 1)
        self._added += 1

    def correct(self, features: Features, name: str, was: float, score: float) -> None:
        """Change what such a request was scored before; nothing where it is not kept."""
        count, column = self._count, self._columns.get(name, _NOBODY)
        if not count or self._projection.shape[1] != len(features):
            return
        is_same = (self._features[:count] == self._projection @ features).all(axis=1)
        rows = np.flatnonzero(is_same & np.isclose(self._scores[:count, column], was))
        if len(rows):
            self._count_in(rows[-1], -1)
            self._scores[rows[-1], column] = score
            self._count_in(rows[-1], 1)

    def overall(self, names: Sequence[str]) -> Vector:
        """Return the mean score of each model; NaN where there is none."""
        counts, totals = self._sums[:, self._places(names)]
        means: Vector = np.where(counts > 0, totals / np.maximum(counts, 1.0), np.nan)
        return means

    def counts(self, names: Sequence[str]) -> Vector:
        """Return how many scores of each model there are."""
        counts: Vector = self._sums[0, self._places(names)]
        return counts

    def near(
        self, features: Features, names: Sequence[str], k: int, temperature: float
    ) -> tuple[Vector, Vector]:
        """Return the weighted count and total of scores of each model among the k nearest."""
        count = self._count
        if not count or self._projection.shape[1] != len(features):
            return np.zeros(len(names)), np.zeros(len(names))
        similar = self._similarities(features)
        rows = np.argpartition(similar, count - k)[count - k :] if k < count else np.arange(count)
        closeness = np.exp((similar[rows] - similar[rows].max()) / temperature)
        weights = closeness.astype(np.float64) * self._weights[rows]
        scores = self._scores.take(rows, axis=0)
        is_known = scores == scores
        places = self._places(names)
        counts, totals = weights @ is_known.astype(float), weights @ np.where(is_known, scores, 0.0)
        return counts[places], totals[places]

    @property
    def _count(self) -> int:
        return min(self._added, self._capacity)

    def _similarities(self, features: Features) -> npt.NDArray[np.float32]:
        blocks = self._features.reshape(-1, _BLOCK, _DIMENSIONS)[: -(-self._count // _BLOCK)]
        similar: npt.NDArray[np.float32] = (blocks @ (self._projection @ features)).ravel()
        return similar[: self._count]

    def _places(self, names: Sequence[str]) -> list[int]:
        return [self._columns.get(name, _NOBODY) for name in names]

    def _begin(self, dimensions: int) -> None:
        self._columns.clear()
        draw = np.random.default_rng(0)
        spread = draw.standard_normal((_DIMENSIONS, dimensions)) / _DIMENSIONS**0.5
        self._projection = spread.astype(np.float32)
        self._features = np.zeros((0, _DIMENSIONS), np.float32)
        self._scores = np.zeros((0, 1), np.float32)
        self._weights = np.zeros(0, np.float32)
        self._sums = np.zeros((2, 1))
        """Of each column: how many scores, and their total."""
        self._added = 0

    def _make_room(self) -> None:
        rows = len(self._features)
        if self._added < rows or rows >= self._capacity:
            return
        more = rows or _FIRST_ROWS
        self._features = _longer(self._features, more, 0.0)
        self._scores = _longer(self._scores, more, np.nan)
        self._weights = _longer(self._weights, more, 0.0)

    def _column(self, name: str) -> int:
        """Return the column of a model, a new one if need be; of nobody, if there are too many."""
        column = self._columns.get(name)
        if column is None:
            if len(self._columns) >= _MAX_MODELS:
                return _NOBODY
            column = self._columns[name] = len(self._columns) + 1
            self._scores = _longer(self._scores.T, 1, np.nan).T.copy()
            self._sums = np.hstack([self._sums, np.zeros((2, 1))])
        return column

    def _count_in(self, row: int, sign: int) -> None:
        """Add the scores of a row to the sums, or take them out."""
        scores = self._scores[row]
        self._sums += sign * np.stack([~np.isnan(scores), np.nan_to_num(scores)])


def _longer(array: npt.NDArray[np.float32], more: int, filling: float) -> npt.NDArray[np.float32]:
    return np.concatenate([array, np.full((more, *array.shape[1:]), filling, np.float32)])
