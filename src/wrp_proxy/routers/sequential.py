"""Which of two arms is better, tested after every score and right all the same."""

from collections.abc import Sequence
from math import exp, log, sqrt

ARM = 4
"""Length of the sums of one arm: weights, utilities, their squares, number of scores."""
_SPREAD = 0.1
"""Standard deviation of the differences that are thought possible; how soon, not how sure."""


def sums_of(utility: float, weight: float, replaces: float | None = None) -> tuple[float, ...]:
    """Return what one score, or a better one in its place, adds to the sums of an arm."""
    if replaces is None:
        return (weight, weight * utility, weight * utility**2, 1.0)
    return (0.0, weight * (utility - replaces), weight * (utility**2 - replaces**2), 0.0)


def difference(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Return by how much `one` is better in the mean, and the variance of that."""
    (mean, variance), (other_mean, other_variance) = _mean(one), _mean(other)
    return mean - other_mean, variance + other_variance


def evidence(difference: float, variance: float) -> float:
    """Return by how much more probable a difference other than 0 makes what was seen.

    The mixture sequential probability ratio test (Robbins 1970; Johari et al., Always Valid
    Inference, arXiv 1512.04922, section 4): under no difference it ever exceeds 1 / alpha with a
    chance of alpha at most, however often one looks.
    """
    spread = _SPREAD**2
    exponent = difference**2 * spread / (2 * variance * (variance + spread))
    logarithm = exponent + log(sqrt(variance / (variance + spread)))
    return exp(min(logarithm, 700.0))


def _mean(sums: Sequence[float]) -> tuple[float, float]:
    """Return a mean and its variance; as if one score were far off, so that it is never 0."""
    weight, total, squares, _ = sums
    mean = total / weight
    spread = max(squares - weight * mean**2, 0.0)
    return mean, (spread + 0.25) / (weight + 1.0) / weight
