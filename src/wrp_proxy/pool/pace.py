"""How fast an endpoint answers, from what the proxy sees of it and nothing else."""

from bisect import bisect_left, insort
from collections import deque
from math import exp

from wrp_proxy.pool.heat import Heat
from wrp_proxy.pool.prefill import Prefill
from wrp_proxy.types import Outcome

_DECAY_S = 10.0
"""A peak is forgotten by e in so long."""
_FALL = 0.005
_RATE = 0.1
_MOST_KEPT = 1.0 - _RATE / 2
_OLD = 2 / _RATE
"""Answers after which a mean forgets at that rate."""
_KEPT = 128
_LEAST_KNOWN = 20
_MOST = 4.0
"""An answer that took longer than so many usual ones moves the mean no further than they would."""


class Pace:
    """Learns from the outcomes of one endpoint; times are monotonic seconds.

    `latency_s` is a peak EWMA (Finagle's): it jumps up with every slow answer and comes down
    slowly, so that trouble is seen at once. What is expected of the next answer is steadier: the
    means and the regression of TTFT are little moved by one answer that hangs.

    Plain answers, which come all at once, tell of the time of service; of the time to first content
    only its usual part in the whole. All is learnt anew in each process, within twenty answers.
    """

    __slots__ = (
        "_answers",
        "_at",
        "_cached_share",
        "_firsts",
        "_heat",
        "_ordered",
        "_prefill",
        "_streams",
        "latency_s",
        "service_s",
        "tpot_s",
    )

    def __init__(self) -> None:
        self.latency_s: float | None = None
        self.tpot_s: float | None = None
        """Seconds per token after the first content; None: no stream has told."""
        self.service_s: float | None = None
        """Of a whole answer."""
        self._answers = self._streams = 0
        self._cached_share = 0.0
        self._at = 0.0
        self._prefill = Prefill()
        self._heat = Heat()
        self._firsts: deque[float] = deque()
        self._ordered: list[float] = []

    def observe(self, outcome: Outcome, now: float, *, is_hit: bool = False) -> None:
        """Take note of a complete answer; `is_hit`: the peak was told when it began."""
        duration_s = outcome.duration_s
        self._answers += 1
        self.service_s = _moved(self.service_s, duration_s, self._answers)
        first_s = outcome.first_content_s
        if outcome.stream and first_s is not None:
            self._note_stream(outcome, first_s, now)
            if not is_hit:
                self.hit(first_s, now)
        else:
            self.hit(duration_s * self._first_share(outcome), now)

    def hit(self, latency_s: float, now: float) -> None:
        """Move the peak EWMA."""
        known = self.latency_s
        if known is None or latency_s >= known:
            self.latency_s = latency_s
        else:
            weight = exp(-max(now - self._at, 0.0) / _DECAY_S)
            # With every answer a little at least; much, and who is asked more looks ever quicker.
            weight = min(weight, 1.0 - _FALL)
            self.latency_s = latency_s + (known - latency_s) * weight
        self._at = now

    def peak_s(self, now: float) -> float:
        """Return the peak EWMA; without news it fades, so that all are tried again. 0: unknown."""
        if self.latency_s is None:
            return 0.0
        return self.latency_s * exp(-max(now - self._at, 0.0) / _DECAY_S)

    def expected_ttft_s(self, prompt_tokens: int) -> float | None:
        """Return seconds to the first content, without any wait; None: nothing is known.

        Where no answer was streamed they come all at once, and it is the time of service.
        """
        prefill = self._prefill
        if prefill.is_known:
            return prefill.base_s + prefill.slope_s * prompt_tokens * (1.0 - self._cached_share)
        return self.latency_s if self.service_s is None else self.service_s

    @property
    def prefill_tokens_per_s(self) -> float | None:
        """How many tokens are read in a second; None: that does not show yet."""
        slope_s = self._prefill.slope_s
        return 1.0 / slope_s if slope_s > 0 else None

    def first_content_quantile(self, share: float) -> float | None:
        """Return the quantile of the last times to first content; None: too few are known."""
        count = len(self._ordered)
        if count < _LEAST_KNOWN:
            return None
        return self._ordered[min(int(share * count), count - 1)]

    def warmth(self, now: float) -> float:
        """Return how warm the prompt cache seems, 0 to 1; it fades to 0.5 within minutes."""
        return self._heat.at(now)

    def note_late(self, waited_s: float) -> None:
        """Somebody else has answered, after this one was as late as it usually is not.

        It counts among the times to first content, or those that are left would seem ever shorter.
        """
        self._note_first(waited_s)

    def _note_first(self, first_s: float) -> None:
        insort(self._ordered, first_s)
        self._firsts.append(first_s)
        if len(self._firsts) > _KEPT:
            del self._ordered[bisect_left(self._ordered, self._firsts.popleft())]

    def _note_stream(self, outcome: Outcome, first_s: float, now: float) -> None:
        self._note_first(first_s)
        usage = outcome.usage
        if usage is None:
            return
        self._streams += 1
        if (tokens := usage.completion_tokens) > 1:
            rest_s = outcome.duration_s - first_s
            tpot_s = rest_s / (tokens - 1) if rest_s > 0.0 else 0.0
            self.tpot_s = _moved(self.tpot_s, tpot_s, self._streams)
        prompt, share = usage.prompt_tokens, 0.0
        if usage.cached_tokens > 0 and prompt > 0:
            share = min(usage.cached_tokens / prompt, 1.0)
        self._cached_share += _RATE * (share - self._cached_share)
        unread, prefill = prompt * (1.0 - share), self._prefill
        if prefill.is_known:
            expected_s = prefill.base_s + prefill.slope_s * unread
            self._heat.observe(share, first_s, expected_s, now)
        prefill.observe(unread, first_s)

    def _first_share(self, outcome: Outcome) -> float:
        """Return which part of a plain answer's time is the time to its first content.

        All of it, where no stream has told: endpoints that are never streamed compare by that.
        """
        usage = outcome.usage
        if usage is None or self.tpot_s is None:
            return 1.0
        first_s = self.expected_ttft_s(usage.prompt_tokens) or 0.0
        whole_s = first_s + self.tpot_s * usage.completion_tokens
        return first_s / whole_s if whole_s > 0 else 1.0


def _moved(known: float | None, seen: float, count: int) -> float:
    """Move a mean that forgets; while young it trusts the later ones, for the first may be cold."""
    if known is None:
        return seen
    if seen > _MOST * known > 0.0:
        seen = _MOST * known
    rate = _RATE if count >= _OLD else 2.0 / (count + 1)
    return known + rate * (seen - known)
