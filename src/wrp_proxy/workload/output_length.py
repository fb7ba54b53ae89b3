"""How long an answer will be: the third quartile of those that came before.

Lengths are counted in a histogram of quarter octaves, which fades and which replicas can add up.
"""

from collections.abc import Iterator
from math import log2

import numpy as np

from wrp_proxy.signals import UNKNOWN
from wrp_proxy.statistics import Statistics

PRIOR_TOKENS = 256
_QUANTILE = 0.75
_PER_OCTAVE = 4
_BINS = 20 * _PER_OCTAVE
"""Up to a million tokens; longer answers are in the last one."""
_TOGETHER = 8
"""Answers of a class that are added at once: it costs a fraction, and fewer tell nothing."""
_DISCOUNT_OF_ONE = 0.995
"""So that traffic that has changed is followed within some hundred answers."""
_MOST_ANSWERS = 1e9
"""In one bin; more cannot be, after all fading."""
_MOST_KEYS = 512
_ALL = "*"


class OutputLength:
    """Expect tokens by category and length of prompt, else by category, else by all."""

    def __init__(self) -> None:
        self.statistics = Statistics("output_tokens", discount=_DISCOUNT_OF_ONE**_TOGETHER)
        self._waiting: dict[str, list[int]] = {}
        """Key -> bins of answers that are not added yet."""
        self._quartiles: dict[str, int] = {}
        """Key -> tokens, as of `_version` of the statistics."""
        self._version = 0

    def expect(self, category: str, input_tokens: int) -> int:
        for key in _keys(category, input_tokens):
            if tokens := self._quartile(key):
                return tokens
        return PRIOR_TOKENS

    def observe(
        self, category: str, input_tokens: int, output_tokens: int, *, is_cut: bool = False
    ) -> None:
        """Learn from a whole answer, or from one of which only the beginning was allowed."""
        if output_tokens <= 0:
            return
        place = min(int(_PER_OCTAVE * log2(output_tokens)), _BINS - 1)
        for key in _keys(category, input_tokens):
            if is_cut and output_tokens < (self._quartile(key) or PRIOR_TOKENS):
                continue  # it may have become longer than expected, or not
            self._add(key, place)

    def _add(self, key: str, place: int) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            if len(self._waiting) >= _MOST_KEYS:
                return
            waiting = self._waiting[key] = []
        waiting.append(place)
        if len(waiting) == _TOGETHER:
            self.statistics.add(key, np.bincount(waiting, minlength=_BINS).astype(np.float64))
            waiting.clear()

    def _quartile(self, key: str) -> int:
        """Return the third quartile of a class; 0: nothing is known of it."""
        if self._version != self.statistics.version:
            self._version = self.statistics.version
            self._quartiles.clear()
        known = self._quartiles.get(key)
        if known is None:
            known = self._quartiles[key] = self._computed(key)
        return known

    def _computed(self, key: str) -> int:
        counts = self.statistics.get(key)
        if counts is None or len(counts) != _BINS:
            return 0
        sums = np.clip(counts, 0.0, _MOST_ANSWERS).cumsum()
        wanted = _QUANTILE * float(sums[-1])
        if wanted <= 0:
            return 0
        place = int(sums.searchsorted(wanted))
        below = float(sums[place - 1]) if place else 0.0
        share = (wanted - below) / (float(sums[place]) - below)
        return max(round(2 ** ((place + share) / _PER_OCTAVE)), 1)


def _keys(category: str, input_tokens: int) -> Iterator[str]:
    """Name the classes of a request, the narrowest first; lengths by powers of four."""
    yield f"{category}/{input_tokens.bit_length() // 2}"
    if category != UNKNOWN:
        yield category
    yield _ALL
