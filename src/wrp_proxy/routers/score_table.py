"""Mean scores by model and category, which fade as further requests come in."""

from collections.abc import Sequence
from time import time
from typing import NamedTuple

import numpy as np

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import Context, Contexts, Priors
from wrp_proxy.routers.lessons import Lesson, Roster
from wrp_proxy.routers.rows import Rows, fade
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Model

_PRIOR_COUNT = 1.0
_MAX_FITTED_COUNT = 50.0
"""What examples may count for in a cell, so that the present can still outweigh them."""
_SURE_DEVIATIONS = 2.5
_MEANT_DIFFERENCE = 0.1
"""Examples may be wrong by this much and still be better than nothing."""


class Estimate(NamedTuple):
    """Of all candidates, in their order."""

    means: Vector
    counts: Vector
    """What the mean rests on: observations, weighted, with those that the prior stands for."""
    believes_examples: bool


class ScoreTable:
    """Counts and totals of scores per (model, category).

    A score counts for each category by its probability. `discount` fades the rows of all models
    with each observation of any, also of those that are not asked: what is known of them grows
    old, and they are tried again (discounted Thompson sampling, Qi et al., arXiv 2305.10718).
    Below it stand the examples given to `fit`, which do not fade, but are no longer believed where
    a model has lately scored otherwise than they say; and below these, the prior.
    """

    def __init__(self, *, discount: float, optimism: float, clock: Clock = time) -> None:
        """`optimism` is added to the prior of a model that was never asked."""
        self._observed = Statistics("observed", discount=discount, clock=clock)
        self._fitted = Statistics("fitted", clock=clock)
        self.statistics = (self._observed, self._fitted)
        self._rows = [Rows(sums, clock) for sums in self.statistics]
        self._optimism = optimism
        self._roster = Roster()
        self._priors = Priors()

    def estimate(self, context: Context, candidates: Sequence[Model]) -> Estimate:
        """Return the means and counts of candidates, over the categories it may be."""
        self._roster.note(candidates)
        size = len(context.space.categories)
        keys = [context.space.key(model.name) for model in candidates]
        observed, fitted = (np.maximum(rows.of(keys, 2 * size), 0.0) for rows in self._rows)
        fitted, observed = fitted.reshape(-1, 2, size), observed.reshape(-1, 2, size)
        believes = not _contradicts(observed, fitted)
        fitted = fitted * believes
        start = (self._priors.of(context, candidates) + self._optimism)[:, None]
        counts = observed[:, 0] + fitted[:, 0] + _PRIOR_COUNT
        totals = observed[:, 1] + fitted[:, 1] + _PRIOR_COUNT * start
        means = (totals / counts) @ context.posterior
        return Estimate(means, 1.0 / ((1.0 / counts) @ context.posterior**2), believes)

    def learn(self, context: Context, name: str, lesson: Lesson) -> None:
        """Take note of a score of a model; a correction makes nothing fade."""
        posterior = context.posterior
        added = np.concatenate((posterior * lesson.weight, posterior * lesson.reward))
        is_new = lesson.weight > 0
        self._observed.add(context.space.key(name), added, discounts=is_new)
        if not is_new:
            return
        others = [context.space.key(other) for other in self._roster.names() if other != name]
        fade(self._observed, others)

    def fit(self, examples: Sequence[Example], contexts: Contexts) -> None:
        """Forget the examples given before, and learn from these."""
        self._fitted.clear()
        totals: dict[str, Vector] = {}
        for example in examples:
            context = contexts.of(example.workload)
            for name, score in example.scores.items():
                added = np.outer((1.0, score), context.posterior)
                key = context.space.key(name)
                totals[key] = totals[key] + added if key in totals else added
        for key, total in totals.items():
            shares = np.minimum(1.0, _MAX_FITTED_COUNT / np.maximum(total[:1], 1e-9))
            self._fitted.add(key, (total * shares).ravel())


def _contradicts(observed: Vector, fitted: Vector) -> bool:
    """Tell whether some model surely scores otherwise than in the examples, over all categories.

    Both are (models, 2, categories). A score deviates by .5 at most.
    """
    counts = np.where(fitted[:, 0] > 0, observed[:, 0], 0.0)
    totals = np.where(fitted[:, 0] > 0, observed[:, 1], 0.0)
    expected = counts * fitted[:, 1] / np.maximum(fitted[:, 0], 1e-9)
    number = np.maximum(counts.sum(axis=1), 1.0)
    difference = np.abs((totals - expected).sum(axis=1)) / number
    chance = _SURE_DEVIATIONS * 0.5 / np.sqrt(number)
    return bool((difference > _MEANT_DIFFERENCE + chance).any())
