"""How long until the first content, by how much has to be read: a line through what was seen."""

from math import inf, sqrt

_FORGETTING = 0.96
"""The last 25 answers tell, about."""
_LEAST = 5
"""Answers that are looked at together before anything is made of them."""
_ODD = 4.0
"""Of those, what took so many times the median is left out: a cold start."""
_FAR = 4.0
"""Deviations from what is expected; what is further off counts as if it were this far."""
_RATE = 0.2
_LEAST_DEVIATION = 0.05
_INSTANT_S = 1e-6
_LEAST_SHARE = 0.1
"""Of the mean time: what takes less is no more certain than this."""


class Prefill:
    """Regress the time to first content on uncached prompt tokens, with forgetting.

    Errors count as shares of what is expected, for what takes long varies by more. One answer that
    hangs moves the line by a few deviations only (Huber's weights), and many in a row widen the
    deviation, so that a change of speed is followed. Prompts of a length that was not seen before
    are believed, for there is nothing to doubt them by.
    """

    __slots__ = (
        "_begun",
        "_count",
        "_deviation",
        "_mean_x",
        "_mean_y",
        "_xx",
        "_xy",
        "base_s",
        "slope_s",
    )

    def __init__(self) -> None:
        self.base_s = 0.0
        """Seconds at no tokens."""
        self.slope_s = 0.0
        """Seconds per token; like the base it is never negative, and 0 while nothing is known."""
        self._begun: list[tuple[float, float]] = []
        self._count = 0.0
        self._mean_x = self._mean_y = 0.0
        self._xx = self._xy = 0.0
        self._deviation = 0.0

    def observe(self, tokens: float, seconds: float) -> None:
        if not self._count:
            self._begun.append((tokens, seconds))
            self._begin()
            return
        expected = self.base_s + self.slope_s * tokens
        mean = self._mean_y + _INSTANT_S
        # Comparing is quicker than max() and min(), which tells in a path as hot as this one.
        size = expected if expected > _LEAST_SHARE * mean else _LEAST_SHARE * mean
        weight = mean / size
        weight *= weight
        off = abs(seconds - expected) / size
        deviation = self._deviation
        far = _FAR * (deviation if deviation > _LEAST_DEVIATION else _LEAST_DEVIATION)
        reach = 1.0
        if off > far:
            reach = self._reach(tokens, weight)
            if off > far * reach:
                off = far * reach
                seconds = expected + size * (off if seconds > expected else -off)
        self._deviation = deviation + _RATE * (off / reach - deviation)
        self._add(tokens, seconds, weight)

    @property
    def is_known(self) -> bool:
        return bool(self._begun)

    def _reach(self, tokens: float, weight: float) -> float:
        """Return how much less is known of a prompt of this length than of the usual ones."""
        away = tokens - self._mean_x
        if not self._xx:
            return inf if away else 1.0
        return sqrt(1.0 + weight * (1.0 / self._count + away * away / self._xx))

    def _begin(self) -> None:
        """Look at the first answers: their median, then the line without the odd ones."""
        times = sorted(seconds for _, seconds in self._begun)
        self.base_s = usual_s = times[(len(times) - 1) // 2]
        if len(times) < _LEAST:
            return
        usual = [(tokens, seconds) for tokens, seconds in self._begun if seconds <= _ODD * usual_s]
        for tokens, seconds in usual:
            self._add(tokens, seconds, 1.0)
        off = [abs(seconds - self.base_s - self.slope_s * tokens) for tokens, seconds in usual]
        self._deviation = sum(off) / (len(off) * (self._mean_y + _INSTANT_S))

    def _add(self, x: float, y: float, weight: float) -> None:
        """Move the weighted means and moments, and draw the line through them anew."""
        self._count = count = _FORGETTING * self._count + weight
        away, off = x - self._mean_x, y - self._mean_y
        share = weight / count
        self._mean_x = mean_x = self._mean_x + share * away
        self._mean_y = mean_y = self._mean_y + share * off
        # Welford's update: the old distance times the new one.
        new_away = weight * (x - mean_x)
        self._xx = xx = _FORGETTING * self._xx + away * new_away
        self._xy = xy = _FORGETTING * self._xy + off * new_away
        slope = xy / xx if xy > 0.0 and xx > 1e-9 * mean_x * mean_x else 0.0
        base = mean_y - slope * mean_x
        if base < 0.0:
            base, slope = 0.0, mean_y / mean_x
        self.base_s, self.slope_s = base, slope
