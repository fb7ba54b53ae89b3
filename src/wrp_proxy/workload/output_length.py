"""How long an answer will be: a running third quartile of those that came before.

Estimated by stochastic approximation (Robbins and Monro, 1951) of the quantile, on the logarithm
of the tokens: one number and one count for each kind of request, whatever the traffic.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import exp, isfinite, log

from wrp_proxy.signals import UNKNOWN

PRIOR_TOKENS = 256
_QUANTILE = 0.75
_FIRST_STEP = 2.5
_STEADY_STEP = 0.03
"""Keeps it moving: traffic that has changed is followed within some hundred answers."""
_ENOUGH = 8
"""Answers before a number is believed; until then that of a wider class holds."""
_MOST_KEYS = 512
_MOST_TOKENS = 10_000_000
_ALL = "*"


class OutputLength:
    """Expect tokens by category and length of prompt, else by category, else by all."""

    def __init__(self) -> None:
        self._estimates: dict[str, tuple[float, int]] = {}

    def expect(self, category: str, input_tokens: int) -> int:
        for key in _keys(category, input_tokens):
            level, count = self._estimates.get(key, (0.0, 0))
            if count >= _ENOUGH:
                return max(round(exp(level)), 1)
        return PRIOR_TOKENS

    def observe(
        self, category: str, input_tokens: int, output_tokens: int, *, is_cut: bool = False
    ) -> None:
        """Learn from a whole answer, or from one of which only the beginning was allowed."""
        if output_tokens <= 0:
            return
        seen = log(min(output_tokens, _MOST_TOKENS))
        for key in _keys(category, input_tokens):
            self._move(key, seen, is_cut)

    def state(self) -> dict[str, list[float]]:
        """Return all that was learnt: key -> [log of tokens, number of answers]."""
        return {key: [level, count] for key, (level, count) in self._estimates.items()}

    def load(self, state: Mapping[str, Sequence[float]]) -> None:
        """Take over what `state` returned; what makes no sense is left out."""
        for key, values in list(state.items())[:_MOST_KEYS]:
            if len(values) == 2 and all(map(isfinite, values)) and values[1] >= 0:
                level = min(max(values[0], 0.0), log(_MOST_TOKENS))
                self._estimates[key] = (level, int(values[1]))

    def _move(self, key: str, seen: float, is_cut: bool) -> None:
        known = self._estimates.get(key)
        if known is None and len(self._estimates) >= _MOST_KEYS:
            return
        level, count = known or (log(PRIOR_TOKENS), 0)
        if is_cut and seen < level:
            return  # it may have become longer than expected, or not
        step = max(_FIRST_STEP / (count + 4), _STEADY_STEP)
        level += step * (_QUANTILE if seen > level else _QUANTILE - 1)
        self._estimates[key] = (max(level, 0.0), count + 1)


def _keys(category: str, input_tokens: int) -> Iterator[str]:
    """Name the classes of a request, the narrowest first; lengths by powers of four."""
    yield f"{category}/{input_tokens.bit_length() // 2}"
    if category != UNKNOWN:
        yield category
    yield _ALL
