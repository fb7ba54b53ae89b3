"""Teach the cache's learned verifier, and test it on pairs that it was not taught with."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from cache_pairs import digest
from wrp_proxy.cache.calibration import Pair
from wrp_proxy.cache.guard import rules, spare
from wrp_proxy.cache.guard.guard import SURE, compared, first_reason
from wrp_proxy.cache.verifier.features import FEATURES, features
from wrp_proxy.cache.verifier.learned import LearnedVerifier

CUTS = {"strict": 0.9, "balanced": 0.8, "lenient": 0.6}
"""Chosen out of fold on the public traps."""
FOLDS = 5
_STRENGTH = 0.1
"""scikit-learn's C: the smaller, the closer to zero are the weights."""

Numbers = npt.NDArray[np.float64]


def taught(pairs: Sequence[Pair], cut: float) -> LearnedVerifier:
    """Return a verifier that has learnt from these pairs."""
    bias, weights = fitted(pairs)
    return LearnedVerifier(bias=bias, weights=weights, cut=cut)


def fitted(pairs: Sequence[Pair]) -> tuple[float, Mapping[str, float]]:
    """Fit bias and weights to what the guard's sure rules leave open."""
    # Imported here: who only measures the guard needs no scikit-learn. It has no types.
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    open_pairs = [(pair, found) for pair in pairs if (found := _open(pair)) is not None]
    values = np.array([found for _, found in open_pairs])
    scaler = StandardScaler().fit(values)
    model = LogisticRegression(C=_STRENGTH, max_iter=5_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(scaler.transform(values), [pair.same for pair, _ in open_pairs])
    weights: Numbers = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - weights @ scaler.mean_)
    return bias, {name: float(weight) for name, weight in zip(FEATURES, weights, strict=True)}


def _open(pair: Pair) -> list[float] | None:
    """Return the features of a pair that rules do not decide."""
    both = compared(pair.text_a, pair.text_b)
    decided = (*SURE, spare.unheard, rules.order)
    if both is None or first_reason(decided, both) or not spare.strangers(both):
        return None
    return features(both, pair.similarity)


class OutOfFold:
    """A Verifier that judges each pair by what was learnt without its texts."""

    def __init__(self, pairs: Sequence[Pair], cut: float) -> None:
        self._fold = folds(pairs)
        self._verifiers = [
            taught([pair for pair in pairs if self._fold[pair.text_a] != fold], cut)
            for fold in range(FOLDS)
        ]

    def refuse(self, asked: str, known: str, similarity: float) -> str | None:
        return self._verifiers[self._fold[asked]].refuse(asked, known, similarity)


def folds(pairs: Sequence[Pair]) -> Mapping[str, int]:
    """Return the fold of each text: one for all texts that pairs connect, by their least."""
    group: dict[str, set[str]] = {}
    for pair in pairs:
        ours = group.setdefault(pair.text_a, {pair.text_a})
        theirs = group.setdefault(pair.text_b, {pair.text_b})
        if ours is not theirs:
            ours |= theirs
            group.update(dict.fromkeys(theirs, ours))
    return {text: digest(min(together)) % FOLDS for text, together in group.items()}
