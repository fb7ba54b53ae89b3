"""Kinds of requests that nobody has named: k-means over features of their texts."""

from zlib import crc32

import numpy as np
import numpy.typing as npt

from wrp_proxy.signals import Features
from wrp_proxy.statistics import Clock, Statistics, Vector

Matrix = npt.NDArray[np.float32]
_ROUNDS = 20
_KEY = "centre"


class Clusters:
    """Centres are learnt once, from examples, and kept like all that is learnt."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.statistics = Statistics("centres", clock=clock)
        self._seed = seed
        self._centres = np.zeros((0, 0), np.float32)
        self._halves = np.zeros(0, np.float32)
        """Half the square of each centre."""
        self._fingerprint = ""
        self._version = -1

    @property
    def count(self) -> int:
        return len(self._all())

    @property
    def fingerprint(self) -> str:
        """Tell these centres from others; what was learnt of them must not be mixed."""
        self._all()
        return self._fingerprint

    def of(self, features: Features | None) -> int | None:
        """Return the number of the nearest centre; None: there are no centres, or no features."""
        centres = self._all()
        if features is None or not len(centres) or centres.shape[1] != len(features):
            return None
        return int((centres @ features - self._halves).argmax())

    def fit(self, rows: Matrix, count: int) -> npt.NDArray[np.int64]:
        """Learn centres; return the cluster of each row."""
        centres = _k_means(rows, min(count, len(rows)), self._seed)
        self.statistics.clear()
        for number, centre in enumerate(centres):
            self.statistics.add(f"{_KEY}{number}", centre.astype(np.float64))
        return _nearest(self._all(), rows)

    def _all(self) -> Matrix:
        if self._version != self.statistics.version:
            self._version = self.statistics.version
            rows: list[Vector] = []
            while (row := self.statistics.get(f"{_KEY}{len(rows)}")) is not None:
                rows.append(row)
            is_whole = rows and all(len(row) == len(rows[0]) for row in rows)
            self._centres = np.array(rows if is_whole else np.zeros((0, 0)), np.float32)
            self._halves = (self._centres**2).sum(axis=1) / 2
            self._fingerprint = f"{crc32(self._centres.tobytes()):08x}"
        return self._centres


def _k_means(rows: Matrix, count: int, seed: int) -> Matrix:
    """Lloyd's algorithm, begun at spread-out rows (k-means++, Arthur and Vassilvitskii 2007)."""
    draw = np.random.default_rng(seed)
    centres = rows[[int(draw.integers(len(rows)))]]
    squares = _distances(centres, rows)[:, 0]
    while len(centres) < count:
        chances = np.maximum(squares, 0.0).astype(np.float64)
        total = chances.sum()
        place = int(draw.choice(len(rows), p=chances / total)) if total else len(centres)
        centres = np.vstack([centres, rows[place]])
        squares = np.minimum(squares, _distances(rows[[place]], rows)[:, 0])
    for _ in range(_ROUNDS):
        nearest = _nearest(centres, rows)
        members = np.zeros((count, len(rows)), np.float32)
        members[nearest, np.arange(len(rows))] = 1.0
        sizes = members.sum(axis=1)
        means = members @ rows / np.maximum(sizes, 1.0)[:, None]
        centres = np.where(sizes[:, None] > 0, means, centres).astype(np.float32)
    return centres


def _nearest(centres: Matrix, rows: Matrix) -> npt.NDArray[np.int64]:
    nearest: npt.NDArray[np.int64] = _distances(centres, rows).argmin(axis=1)
    return nearest


def _distances(centres: Matrix, rows: Matrix) -> Matrix:
    """Return squared distances (rows, centres) of rows of length 1."""
    return np.asarray((centres**2).sum(axis=1) - 2.0 * rows @ centres.T + 1.0, np.float32)
