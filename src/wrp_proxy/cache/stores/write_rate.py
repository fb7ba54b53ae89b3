"""How often a scope may write: a token bucket for each."""

from collections.abc import Callable

_CROWD = 10_000
"""From so many buckets on the full ones are given up: a full bucket says as much as none."""


class WriteRate:
    """Allow each scope so many writes a minute, all of them at once if it waited for long."""

    def __init__(self, per_minute: int | None, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        """Scope -> what was left, and when."""

    def allows(self, scope: str) -> bool:
        """Take one write from the scope's bucket; False: it is empty."""
        if self._per_minute is None:
            return True
        now = self._clock()
        left = self._left(self._buckets.get(scope), self._per_minute, now)
        if left < 1:
            return False
        if len(self._buckets) >= _CROWD:
            self._give_up_full(self._per_minute, now)
        self._buckets[scope] = (left - 1, now)
        return True

    @staticmethod
    def _left(bucket: tuple[float, float] | None, per_minute: int, now: float) -> float:
        if bucket is None:
            return per_minute
        left, at = bucket
        return min(per_minute, left + max(now - at, 0.0) * per_minute / 60)

    def _give_up_full(self, per_minute: int, now: float) -> None:
        self._buckets = {
            scope: bucket
            for scope, bucket in self._buckets.items()
            if self._left(bucket, per_minute, now) < per_minute
        }
