"""The sums of several models as one matrix."""

from collections.abc import Iterable, Sequence

import numpy as np

from wrp_proxy.routers.context import Space
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Model


class Rows:
    """Sums of several keys as one matrix, kept until the statistics change.

    Sums fade by time all alike, so that they need not be fetched anew for that.
    """

    def __init__(self, statistics: Statistics, clock: Clock) -> None:
        self._statistics = statistics
        self._clock = clock
        self._kept_for: tuple[Sequence[str], int, int] | None = None
        self._rows = np.zeros((0, 0))
        self._at = 0.0

    def of(self, keys: Sequence[str], width: int) -> Vector:
        """Return (keys, width), not to be changed; zeros where there are none of this width."""
        now = self._clock()
        asked = (keys, width, self._statistics.version)
        if asked != self._kept_for or now < self._at:
            self._kept_for, self._at = asked, now
            self._rows = _fetched(self._statistics, keys, width)
        half_life_s = self._statistics.half_life_s
        if half_life_s is None or now == self._at:
            return self._rows
        faded: Vector = self._rows * 0.5 ** ((now - self._at) / half_life_s)
        return faded


def rows_of(
    statistics: Statistics, space: Space, candidates: Sequence[Model], width: int
) -> Vector:
    """Return (candidates, width): the sums of each; zeros where there are none of this width."""
    return _fetched(statistics, [space.key(model.name) for model in candidates], width)


def fade(statistics: Statistics, keys: Iterable[str]) -> None:
    """Let the sums of these keys, where there are any, grow old by one observation."""
    for key in keys:
        sums = statistics.get(key)
        if sums is not None:
            statistics.add(key, np.zeros(len(sums)))


def _fetched(statistics: Statistics, keys: Sequence[str], width: int) -> Vector:
    rows = np.zeros((len(keys), width))
    if not statistics.keys():
        return rows
    for place, key in enumerate(keys):
        sums = statistics.get(key)
        if sums is not None and len(sums) == width:
            rows[place] = sums
    return rows
