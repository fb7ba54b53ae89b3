"""How many tokens a text has, by the bytes per token of other texts of its class.

The estimate is bytes / (c - gamma * s) with c the mean and s the standard deviation of bytes per
token, as upstreams counted them (token-budget pools, arXiv 2604.09613). It errs on the long side;
how far it may be off is told with it.
"""

from math import ceil, sqrt

from wrp_proxy.statistics import Statistics
from wrp_proxy.workload.text_class import COUNTED, prior_of

_DISCOUNT = 0.98
"""Some fifty observations make up the mean."""
_PRIOR_WEIGHT = 2.0
"""Observations that the prior stands for; it fades like them."""
_PRIOR_DEVIATION = 0.25
"""How far off the prior may be, as a share of it; none for what was counted."""
_LEAST, _GREATEST = 0.25, 2.0
"""Shares of the prior; what is beyond is a mistake, or an attempt to mislead."""


class TokenEstimate:
    """Running ratios of bytes per token, as sums that replicas can add up."""

    def __init__(self, *, gamma: float = 0.5, doubt_gamma: float = 3.0) -> None:
        """`gamma`: deviations to the long side; `doubt_gamma`: how many may lie between."""
        self.statistics = Statistics("bytes_per_token", discount=_DISCOUNT)
        self._gamma = gamma
        self._doubt_gamma = doubt_gamma

    def tokens(self, size: int, text_class: str) -> tuple[int, int]:
        """Return the tokens of a text of so many bytes, and how far off that may be."""
        prior = prior_of(text_class)
        mean, deviation, unsure = self._known_of(text_class, prior)
        least = prior * _LEAST
        tokens = ceil(size / max(mean - self._gamma * deviation, least))
        doubtful = self._doubt_gamma * sqrt(deviation**2 + unsure**2)
        return tokens, max(ceil(size / max(mean - doubtful, least)) - tokens, 0)

    def observe(self, size: int, tokens: int, text_class: str) -> None:
        """Learn from an upstream's own count of the same text."""
        prior = prior_of(text_class)
        ratio = min(max(size / tokens, prior * _LEAST), prior * _GREATEST)
        self.statistics.add(text_class, (1.0, ratio, ratio * ratio))

    def _known_of(self, text_class: str, prior: float) -> tuple[float, float, float]:
        """Return mean, standard deviation, and how unsure the mean is because of the prior."""
        unsure = 0.0 if text_class == COUNTED else prior * _PRIOR_DEVIATION
        sums = self.statistics.get(text_class)
        if sums is None or len(sums) != 3 or sums[0] <= 0:
            return prior, 0.0, unsure
        count, total, squares = sums.tolist()
        weight = _PRIOR_WEIGHT * max(1 - count * (1 - _DISCOUNT), 0.0)
        share = weight / (weight + count)
        seen = min(max(total / count, prior * _LEAST), prior * _GREATEST)
        deviation = min(sqrt(max(squares / count - seen * seen, 0.0)), prior)
        unsure = max(unsure * sqrt(share), abs(prior - seen) * share)
        return share * prior + (1 - share) * seen, deviation, unsure
