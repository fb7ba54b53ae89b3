"""Sums as plain floats: where there are few of them, these are quicker to reckon with."""

from collections.abc import Iterable, Sequence

from wrp_proxy.statistics import MAX_KEYS, Clock, Statistics

_LOOKS_PER_HALF_LIFE = 1000.0
"""What fades by time is at most so much out of date."""


class Figures:
    """The sums of statistics of one width, kept as floats until these change or have faded."""

    def __init__(self, statistics: Statistics, width: int, clock: Clock) -> None:
        self._statistics = statistics
        self._nothing = (0.0,) * width
        self._clock = clock
        self._known: dict[str, tuple[float, ...]] = {}
        self._version = -1
        self._due = 0.0

    def of(self, keys: Iterable[str]) -> list[tuple[float, ...]]:
        """Return the sums of each key; zeros where there are none of this width."""
        self._forget_old()
        known = self._known
        return [known[key] if key in known else self._fetched(key) for key in keys]

    def add(self, key: str, values: Sequence[float]) -> None:
        """Add to the sums of a key; what is known of the others stays."""
        self._forget_old()
        self._statistics.add(key, values)
        self._known.pop(key, None)
        self._version = self._statistics.version

    def _fetched(self, key: str) -> tuple[float, ...]:
        sums = self._statistics.get(key)
        figures = self._nothing if sums is None else tuple(sums.tolist())
        if len(figures) != len(self._nothing):
            figures = self._nothing
        self._known[key] = figures
        return figures

    def _forget_old(self) -> None:
        half_life_s = self._statistics.half_life_s
        is_due = half_life_s is not None and self._clock() >= self._due
        if self._version == self._statistics.version and not is_due and len(self._known) < MAX_KEYS:
            return
        self._known.clear()
        self._version = self._statistics.version
        self._due = self._clock() + (half_life_s or 0.0) / _LOOKS_PER_HALF_LIFE
