"""How fast an endpoint answers, from what the proxy sees of it and nothing else."""

from bisect import bisect_left, insort
from collections import deque
from math import exp, log

from wrp_proxy.types import Outcome

_DECAY_S = 10.0
"""A peak is forgotten by e in so long."""
_RATE = 0.1
_FORGETTING = 0.98
"""Of the regression: the last fifty answers tell, about."""
_KEPT = 128
_LEAST_KNOWN = 5
_HALF_LIFE_S = 60.0
_COLD, _WARM = 0.8, 0.2
_UNKNOWN_WARMTH = 0.5


class Pace:
    """Learns from the outcomes of one endpoint; times are monotonic seconds.

    `latency_s` is a peak EWMA (Finagle's): it jumps up with every slow answer and comes down
    slowly, so that trouble is seen at once. TTFT is regressed on the tokens that had to be read,
    with forgetting: the slope is the prefill speed. The prompt cache is warm where the latest TTFT
    is near the 20th percentile of the last ones, cold where it is near the 80th.
    """

    __slots__ = (
        "_at",
        "_firsts",
        "_ordered",
        "_sums",
        "_warm_at",
        "_warmth",
        "latency_s",
        "service_s",
        "tpot_s",
    )

    def __init__(self) -> None:
        self.latency_s: float | None = None
        self.tpot_s: float | None = None
        """Seconds per token after the first content."""
        self.service_s: float | None = None
        """Of a whole answer."""
        self._at = 0.0
        self._sums = (0.0, 0.0, 0.0, 0.0, 0.0)
        self._firsts: deque[float] = deque()
        self._ordered: list[float] = []
        self._warmth = _UNKNOWN_WARMTH
        self._warm_at = 0.0

    def observe(self, outcome: Outcome, now: float) -> None:
        """Take note of a complete answer."""
        usage = outcome.usage
        duration_s = outcome.duration_s
        self.service_s = _moved(self.service_s, duration_s)
        tokens = usage.completion_tokens if usage is not None else 0
        first_s = outcome.first_content_s if outcome.stream else None
        if first_s is None:
            first_s = max(duration_s - (self.tpot_s or 0.0) * tokens, 0.0)
        elif tokens > 1:
            self.tpot_s = _moved(self.tpot_s, max(duration_s - first_s, 0.0) / (tokens - 1))
        self.hit(first_s, now)
        if outcome.stream:
            self._note_first(first_s, now)
            if usage is not None and not usage.estimated:
                self._regress(usage.prompt_tokens - usage.cached_tokens, first_s)

    def hit(self, latency_s: float, now: float) -> None:
        """Move the peak EWMA."""
        known = self.latency_s
        if known is None or latency_s >= known:
            self.latency_s = latency_s
        else:
            weight = exp(-max(now - self._at, 0.0) / _DECAY_S)
            # At least a little, or endpoints that are asked without pause never come down.
            weight = min(weight, 1.0 - _RATE / 2)
            self.latency_s = latency_s + (known - latency_s) * weight
        self._at = now

    def peak_s(self, now: float) -> float:
        """Return the peak EWMA; without news it fades, so that all are tried again. 0: unknown."""
        if self.latency_s is None:
            return 0.0
        return self.latency_s * exp(-max(now - self._at, 0.0) / _DECAY_S)

    def expected_ttft_s(self, prompt_tokens: int) -> float | None:
        """Return seconds to the first content, without any wait; None: not known yet."""
        line = self._line()
        if line is None:
            return self.latency_s
        base_s, slope_s = line
        return base_s + slope_s * prompt_tokens

    @property
    def prefill_tokens_per_s(self) -> float | None:
        line = self._line()
        return 1.0 / line[1] if line is not None and line[1] > 0 else None

    def first_content_quantile(self, share: float) -> float | None:
        """Return the quantile of the last times to first content; None: too few are known."""
        if len(self._ordered) < 4 * _LEAST_KNOWN:
            return None
        return _quantile(self._ordered, share)

    def warmth(self, now: float) -> float:
        """Return 0 to 1, which fades to 0.5 with a half-life of a minute."""
        fading = exp(-max(now - self._warm_at, 0.0) / _HALF_LIFE_S * log(2))
        return _UNKNOWN_WARMTH + (self._warmth - _UNKNOWN_WARMTH) * fading

    def _note_first(self, first_s: float, now: float) -> None:
        insort(self._ordered, first_s)
        self._firsts.append(first_s)
        if len(self._firsts) > _KEPT:
            del self._ordered[bisect_left(self._ordered, self._firsts.popleft())]
        if len(self._firsts) < _LEAST_KNOWN:
            return
        low, high = _quantile(self._ordered, _WARM), _quantile(self._ordered, _COLD)
        if high > low:
            self._warmth = min(max((high - first_s) / (high - low), 0.0), 1.0)
            self._warm_at = now

    def _regress(self, x: float, y: float) -> None:
        n, sx, sy, sxx, sxy = self._sums
        f = _FORGETTING
        self._sums = (n * f + 1, sx * f + x, sy * f + y, sxx * f + x * x, sxy * f + x * y)

    def _line(self) -> tuple[float, float] | None:
        """Return seconds at no tokens, and seconds per token, neither of them negative."""
        n, sx, sy, sxx, sxy = self._sums
        if n < _LEAST_KNOWN * _FORGETTING**_LEAST_KNOWN:
            return None
        spread = n * sxx - sx * sx
        slope = (n * sxy - sx * sy) / spread if spread > 1e-9 * n * sxx else 0.0
        slope = max(slope, 0.0)
        base = (sy - slope * sx) / n
        if base < 0:
            return 0.0, sy / sx if sx > 0 else 0.0
        return base, slope


def _moved(known: float | None, seen: float) -> float:
    return seen if known is None else known + _RATE * (seen - known)


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
