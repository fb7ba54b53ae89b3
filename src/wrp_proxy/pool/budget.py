"""A share of the traffic that may be spent on asking again."""

from collections.abc import Callable


class TrafficBudget:
    """A bucket into which every request puts a share of one token, and each extra one takes one.

    (Finagle's RetryBudget.) With `per_s`, time fills it as well, so that little traffic is not
    kept from it.
    """

    __slots__ = ("_at", "_clock", "_level", "_most", "_per_s", "_share")

    def __init__(
        self, share: float, reserve: float, *, per_s: float = 0.0, clock: Callable[[], float]
    ) -> None:
        """`reserve`: tokens at the start, and at most."""
        self._share = share
        self._most = self._level = reserve
        self._per_s = per_s
        self._clock = clock
        self._at = clock()

    def count(self) -> None:
        """A request has come."""
        self._level = min(self._level + self._share, self._most)

    def give_back(self) -> None:
        """What was taken has not been spent."""
        self._level = min(self._level + 1.0, self._most)

    def take(self) -> bool:
        """Spend on one extra request, if enough is left."""
        if self._per_s:
            now = self._clock()
            self._level = min(self._level + self._per_s * (now - self._at), self._most)
            self._at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True
