"""Chances to win a comparison, and the ratings that explain comparisons best."""

from collections.abc import Sequence

import numpy as np

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import BINS_AND_BIAS, Contexts, Space, prior_vector
from wrp_proxy.statistics import Vector
from wrp_proxy.types import Model

SCALE = 400.0
"""Of ratings: a lead of this much is odds of ten to one."""
_PRIOR_MATCHES = 2.0
"""Against a model of rating 0, with the result that the prior expects."""
_ROUNDS = 50


def chances_to_win(lead: Vector) -> Vector:
    chances: Vector = 1.0 / (1.0 + 10.0 ** (-lead / SCALE))
    return chances


def start_ratings(priors: Vector) -> Vector:
    """Return (models, categories): ratings at which models win as often as their prior says.

    `priors`: (models, dimensions), see `prior_vector`.
    """
    quality = np.minimum(np.maximum(priors[:, :-BINS_AND_BIAS] + priors[:, -1:], 0.02), 0.98)
    ratings: Vector = SCALE * np.log10(quality / (1.0 - quality))
    return ratings


def fit_ratings(
    examples: Sequence[Example], models: Sequence[Model], contexts: Contexts
) -> dict[Space, Vector]:
    """Return by space (models, categories): the leads of the most likely ratings on the start."""
    found = {}
    for space, won in _wins(examples, models, contexts).items():
        start = start_ratings(np.array([prior_vector(model, space) for model in models]))
        columns = [_most_likely(won[c], start[:, c]) for c in range(won.shape[0])]
        found[space] = np.stack(columns, axis=1) - start
    return found


def _wins(
    examples: Sequence[Example], models: Sequence[Model], contexts: Contexts
) -> dict[Space, Vector]:
    """Return by space (categories, models, models): how often the row beat the column."""
    found: dict[Space, Vector] = {}
    for example in examples:
        context = contexts.of(example.workload)
        scores = np.array([example.scores.get(model.name, np.nan) for model in models])
        results = 0.5 + 0.5 * np.sign(scores[:, None] - scores[None, :])
        results[np.isnan(results)] = 0.0
        np.fill_diagonal(results, 0.0)
        size = len(context.space.categories)
        won = found.setdefault(context.space, np.zeros((size, len(models), len(models))))
        likely = np.flatnonzero(context.posterior >= context.posterior.max() / 10)
        won[likely] += context.posterior[likely, None, None] * results
    return found


def _most_likely(won: Vector, start: Vector) -> Vector:
    """Return ratings by minorisation-maximisation (Hunter 2004), kept near the start."""
    prior = chances_to_win(start)
    matches = won + won.T
    strength = prior / (1.0 - prior)
    for _ in range(_ROUNDS):
        sums = matches / (strength[:, None] + strength[None, :])
        expected = sums.sum(axis=1) + _PRIOR_MATCHES / (strength + 1.0)
        strength = (won.sum(axis=1) + _PRIOR_MATCHES * prior) / expected
    ratings: Vector = SCALE * np.log10(strength)
    return ratings
