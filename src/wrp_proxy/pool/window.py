"""How many attempts have failed of late."""

from math import inf


class Window:
    """Successes and failures of the last seconds.

    It is kept in two halves of which the older is dropped: it reaches back over half of its time
    at least.
    """

    __slots__ = ("_half_s", "_now", "_past", "_since")

    def __init__(self, window_s: float) -> None:
        self._half_s = window_s / 2
        self._since = -inf
        self._now = [0, 0]
        self._past = [0, 0]

    def add(self, now: float, *, failed: bool) -> None:
        self._turn(now)
        self._now[failed] += 1

    def counts(self, now: float) -> tuple[int, int]:
        """Return successes and failures."""
        self._turn(now)
        return self._now[0] + self._past[0], self._now[1] + self._past[1]

    def clear(self) -> None:
        self._now, self._past = [0, 0], [0, 0]

    def _turn(self, now: float) -> None:
        age_s = now - self._since
        if age_s < self._half_s:
            return
        self._past = self._now if age_s < 2 * self._half_s else [0, 0]
        self._now, self._since = [0, 0], now
