"""Requests of the past with their scores, to look up the most similar ones."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from wrp_proxy.routers.statistics import Vector
from wrp_proxy.signals import Features

_FIRST_ROWS = 256
_DIMENSIONS = 128
"""Of what features are projected to, which keeps their angles about (Johnson, Lindenstrauss)."""
_MAX_MODELS = 256


class Neighbours:
    """A ring of rows: features, and a score for each model or none."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._columns: dict[str, int] = {}
        self._features = np.zeros((0, 0), np.float32)
        self._scores: npt.NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._weights = np.zeros(0, np.float32)
        self._added = 0
        self._projection = np.zeros((0, 0), np.float32)
        self._means: tuple[int, dict[str, float]] = (-1, {})

    def clear(self) -> None:
        self._added = 0
        self._projection = np.zeros((0, 0), np.float32)

    def add(self, features: Features, scores: Mapping[str, float], weight: float) -> None:
        """Keep a request; features of another length than before begin anew."""
        if self._projection.shape[1] != len(features):
            self._begin(len(features))
        self._make_room()
        row = self._added % self._capacity
        self._features[row] = self._projection @ features
        self._weights[row] = weight
        self._scores[row] = np.nan
        for name, score in scores.items():
            if (column := self._column(name)) is not None:
                self._scores[row, column] = score
        self._added += 1

    def overall(self, names: Sequence[str]) -> Vector:
        """Return the mean score of each model; NaN where there is none."""
        added, means = self._means
        if added != self._added:
            scores = self._scores[: self._count]
            counts = (~np.isnan(scores)).sum(axis=0)
            totals = np.nansum(scores, axis=0)
            means = {
                name: float(totals[column] / counts[column])
                for name, column in self._columns.items()
                if column < len(counts) and counts[column]
            }
            self._means = (self._added, means)
        return np.array([means.get(name, np.nan) for name in names])

    def near(
        self, features: Features, names: Sequence[str], k: int, temperature: float
    ) -> tuple[Vector, Vector]:
        """Return the weighted count and total of scores of each model among the k nearest."""
        count = self._count
        if not count or self._projection.shape[1] != len(features):
            return np.zeros(len(names)), np.zeros(len(names))
        similar = self._features[:count] @ (self._projection @ features)
        rows = np.argpartition(-similar, k - 1)[:k] if k < count else np.arange(count)
        weights = np.exp((similar[rows] - similar[rows].max()) / temperature) * self._weights[rows]
        scores = self._of(names, rows)
        is_known = ~np.isnan(scores)
        counts = weights @ is_known
        totals = weights @ np.where(is_known, scores, 0.0)
        return counts.astype(np.float64), totals.astype(np.float64)

    @property
    def _count(self) -> int:
        return min(self._added, self._capacity)

    def _begin(self, dimensions: int) -> None:
        rows = min(_FIRST_ROWS, self._capacity)
        draw = np.random.default_rng(0)
        spread = draw.standard_normal((_DIMENSIONS, dimensions)) / _DIMENSIONS**0.5
        self._projection = spread.astype(np.float32)
        self._features = np.zeros((rows, _DIMENSIONS), np.float32)
        self._scores = np.full((rows, max(len(self._columns), 1)), np.nan, np.float32)
        self._weights = np.zeros(rows, np.float32)
        self._added = 0

    def _make_room(self) -> None:
        rows = len(self._features)
        if self._added < rows or rows == self._capacity:
            return
        more = min(rows, self._capacity - rows)
        self._features = np.vstack([self._features, np.zeros((more, self._features.shape[1]))])
        self._features = self._features.astype(np.float32)
        self._scores = np.vstack([self._scores, np.full((more, self._scores.shape[1]), np.nan)])
        self._weights = np.concatenate([self._weights, np.zeros(more)]).astype(np.float32)

    def _column(self, name: str) -> int | None:
        column = self._columns.get(name)
        if column is None:
            if len(self._columns) >= _MAX_MODELS:
                return None
            column = self._columns[name] = len(self._columns)
        if column >= self._scores.shape[1]:
            more = np.full((len(self._scores), column + 1 - self._scores.shape[1]), np.nan)
            self._scores = np.hstack([self._scores, more]).astype(np.float32)
        return column

    def _of(
        self, names: Sequence[str], rows: slice | npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Return the scores of these models (rows, models); NaN for unknown ones."""
        kept = self._scores[rows]
        found = np.full((len(kept), len(names)), np.nan, np.float32)
        for place, name in enumerate(names):
            column = self._columns.get(name)
            if column is not None and column < kept.shape[1]:
                found[:, place] = kept[:, column]
        return found
