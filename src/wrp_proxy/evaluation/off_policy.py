"""What a strategy would have scored, told from the log of another one that drew its choices.

Estimators as in M. Dudik, J. Langford, L. Li, Doubly robust policy evaluation and learning (2011),
and, for the self-normalised one, A. Swaminathan, T. Joachims (2015). All intervals are normal ones
of 95 %. Pure: arrays in, figures out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wrp_proxy.evaluation.table import Vector

LEAST_EFFECTIVE_SIZE = 50.0
"""Below it normal intervals are too narrow, and too wide to be of use all the same."""
_Z = 1.96
_MOST_OFF, _SURE_DEVIATIONS = 0.1, 3.0
"""Of the mean weight from 1: in itself, and in its standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A row per logged choice that was scored."""

    rewards: Vector
    propensities: Vector
    """The chance that the logged choice had when it was drawn."""
    chances: Vector
    """The chance that the strategy in question gives the same choice; 0 or 1 if it does not draw.
    """
    guess_of_logged: Vector
    """The reward of the logged choice, by a model that has not seen this row."""
    guess_of_target: Vector
    """The same of what the strategy in question would choose."""

    @property
    def weights(self) -> Vector:
        return self.chances / self.propensities


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean reward with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """All that a log says of one strategy."""

    by_estimator: Mapping[str, Estimate]
    effective_size: float
    unsupported: float
    """Share of rows where the log could not have made the other choice: unseen by all but the
    direct part of the doubly robust estimate."""


class TooLittleError(ValueError):
    """The log cannot tell; says why, and what would help."""


def estimate(logged: Logged) -> Estimates:
    """Raise TooLittleError where no estimate could be trusted."""
    _check_propensities(logged)
    size = effective_size(logged.weights)
    if size < LEAST_EFFECTIVE_SIZE:
        raise TooLittleError(
            f"the log agrees too seldom with this strategy: {len(logged.rewards)} scored answers "
            f"are worth {size:.0f} of its own, and it takes {LEAST_EFFECTIVE_SIZE:.0f}. Log for "
            f"longer, with more feedback, or explore more."
        )
    is_certain = (logged.propensities >= 1) & (logged.chances < 1)
    _check_weights(logged.weights[~is_certain])
    return Estimates(
        by_estimator={name: how(logged) for name, how in ESTIMATORS.items()},
        effective_size=size,
        unsupported=float(is_certain.mean()),
    )


def ips(logged: Logged) -> Estimate:
    """Weigh each reward by how much likelier the choice is now (inverse propensity)."""
    return _of_terms(logged.weights * logged.rewards)


def snips(logged: Logged) -> Estimate:
    """Divide by the sum of the weights: a little bias, less variance; interval by delta method."""
    weights = logged.weights
    total = weights.sum()
    value = float(weights @ logged.rewards / total)
    error = float(np.sqrt((weights**2 * (logged.rewards - value) ** 2).sum()) / total)
    return Estimate(value=value, low=value - _Z * error, high=value + _Z * error)


def doubly_robust(logged: Logged) -> Estimate:
    """Trust the model, and correct it by what it got wrong of the log."""
    return _of_terms(doubly_robust_terms(logged))


def doubly_robust_terms(logged: Logged) -> Vector:
    """Return what each row adds to the mean."""
    wrong = logged.rewards - logged.guess_of_logged
    return logged.guess_of_target + logged.weights * wrong


def doubly_robust_gain(better: Logged, base: Logged) -> Estimate:
    """Return by how much one strategy beats another on the same log, row by row."""
    return _of_terms(doubly_robust_terms(better) - doubly_robust_terms(base))


def effective_size(weights: Vector) -> float:
    """Return how many rows of its own the weighted ones are worth (Kish)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def _of_terms(terms: Vector) -> Estimate:
    value = float(terms.mean())
    error = float(terms.std(ddof=1) / np.sqrt(len(terms)))
    return Estimate(value=value, low=value - _Z * error, high=value + _Z * error)


def _check_weights(weights: Vector) -> None:
    """Raise where weights are surely not 1 in the mean: choices that matter were never drawn."""
    mean, error = float(weights.mean()), float(weights.std() / np.sqrt(len(weights)))
    if abs(mean - 1) > max(_MOST_OFF, _SURE_DEVIATIONS * error):
        raise TooLittleError(
            f"the log does not cover this strategy: its weights are {mean:.2f} in the mean, and "
            "should be 1, for some of its choices were hardly ever drawn. Explore more."
        )


def _check_propensities(logged: Logged) -> None:
    propensities = logged.propensities
    if not len(propensities):
        raise TooLittleError("no answer in the log has a score: collect feedback first")
    if not ((propensities > 0) & (propensities <= 1)).all():
        raise TooLittleError("propensities are missing from the log: it is of an older version")
    if (propensities == 1).all():
        raise TooLittleError(
            "the log is of a strategy that never draws its choices (all propensities are 1), so "
            "that nothing is known of other choices. Log with one that explores: thompson, "
            "epsilon_greedy, weighted, or a canary."
        )


ESTIMATORS = {"ips": ips, "snips": snips, "doubly_robust": doubly_robust}
