"""How warm an endpoint's prompt cache seems to be."""

from math import exp, log

_UNKNOWN = 0.5
_HALF_LIFE_S = 60.0
_WARM, _COLD = 0.2, 0.8
_STEP = 0.03
_LEAST_SPREAD = 0.3
"""Where times differ by less than this share, it need not be the cache that makes the difference.
"""


class Heat:
    """Take the latest answer's word: the share of its prompt that was read from the cache.

    Where the upstream never tells, the time to first content does, as a share of what is expected
    for its length: at the 20th percentile of the last ones the cache is warm, at the 80th cold.
    (WRP, arXiv 2603.21354, on inferring the state of a pool.) Both percentiles are followed in
    steps, which takes no memory. Without news it fades to 0.5, by half in a minute.
    """

    __slots__ = ("_at", "_cold", "_is_told", "_known", "_warm")

    def __init__(self) -> None:
        self._known = _UNKNOWN
        self._at = 0.0
        self._is_told = False
        self._warm = self._cold = 1.0

    def observe(self, cached_share: float, seconds: float, expected_s: float, now: float) -> None:
        """`expected_s`: for its uncached tokens; 0: nothing is expected yet."""
        if cached_share > 0:
            self._is_told = True
        if self._is_told:
            self._known, self._at = cached_share, now
            return
        if expected_s <= 0:
            return
        share = seconds / expected_s
        self._warm += _STEP * (_WARM - (share < self._warm))
        self._cold += _STEP * (_COLD - (share < self._cold))
        spread = self._cold - self._warm
        if spread > _LEAST_SPREAD:
            warmth = (self._cold - share) / spread
            self._known = 0.0 if warmth < 0.0 else 1.0 if warmth > 1.0 else warmth
            self._at = now

    def at(self, now: float) -> float:
        """Return 0 to 1."""
        fading = exp(-max(now - self._at, 0.0) / _HALF_LIFE_S * log(2))
        return _UNKNOWN + (self._known - _UNKNOWN) * fading
