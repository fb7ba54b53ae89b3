"""A verifier taught by labelled pairs, for what the words alone do not decide."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from wrp_proxy.cache.guard import rules, spare
from wrp_proxy.cache.guard.comparison import Comparison
from wrp_proxy.cache.guard.figures import figures_differ
from wrp_proxy.cache.guard.guard import SURE, compared, first_reason, short
from wrp_proxy.cache.verifier.features import FEATURES, features

SHIPPED = Path(__file__).with_name("weights.json")
"""Written by `scripts/train_verifier.py`."""
_MOST_EVIDENCE = 500.0
"""Beyond it a float cannot hold the odds."""


class LearnedVerifier:
    """A Verifier: the guard's sure rules first, then logistic regression on what is left.

    Where every word of one question has its like in the other nothing is left to judge: they are
    the same. Else they are if that is at least as likely as `cut`.
    """

    def __init__(self, *, bias: float, weights: Mapping[str, float], cut: float) -> None:
        """`weights` are by feature; ValueError: they belong to other features."""
        if weights.keys() != set(FEATURES):
            raise ValueError("the weights belong to other features: train the verifier anew")
        self._bias = bias
        self._weights = [weights[feature] for feature in FEATURES]
        self._cut = cut

    @classmethod
    def load(cls, preset: str) -> Self:
        """Load the shipped weights with the cut of `strict`, `balanced` or `lenient`."""
        shipped = json.loads(SHIPPED.read_text("utf-8"))
        return cls(bias=shipped["bias"], weights=shipped["weights"], cut=shipped["cuts"][preset])

    def refuse(self, asked: str, known: str, similarity: float) -> str | None:
        """Return why the answer to `known` is none to `asked`; None: it likely is one."""
        both = compared(asked, known)
        if both is None:
            return "too long to compare"
        if figures := figures_differ(asked, known):
            return figures
        reason = first_reason((*SURE, spare.unheard), both)
        if reason is None and (difference := spare.strangers(both)) is not None:
            likely = self.likelihood(both, similarity)
            reason = f"{likely:.0%} likely: {difference}" if likely < self._cut else None
        return short(reason or rules.order(both))

    def likelihood(self, both: Comparison, similarity: float) -> float:
        """Return the probability that two questions are the same, 0 to 1."""
        found = features(both, similarity)
        evidence = self._bias + sum(
            weight * value for weight, value in zip(self._weights, found, strict=True)
        )
        return 1 / (1 + math.exp(-max(min(evidence, _MOST_EVIDENCE), -_MOST_EVIDENCE)))
