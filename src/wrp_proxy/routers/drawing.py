"""Rankings drawn at random, each place in proportion to weights."""

import random
from collections.abc import Sequence
from math import log

from wrp_proxy.types import Model


def draw(
    models: Sequence[Model], weights: Sequence[float], source: random.Random
) -> tuple[tuple[Model, ...], float]:
    """Draw a ranking without replacement; return it with the chance of its first place.

    Weights are above 0. The first place is drawn exactly in proportion, and each further one
    among what is left (Efraimidis and Spirakis 2006, in logarithms).
    """
    keys = [log(1.0 - source.random()) / weight for weight in weights]
    order = sorted(range(len(models)), key=keys.__getitem__, reverse=True)
    return tuple([models[i] for i in order]), weights[order[0]] / sum(weights)


def explored(
    ranking: Sequence[Model], epsilon: float, source: random.Random
) -> tuple[tuple[Model, ...], float]:
    """Put any model first with a chance of `epsilon`; return it with the chance of the first."""
    tried = list(ranking)
    if source.random() < epsilon:
        tried.insert(0, tried.pop(source.randrange(len(tried))))
    chance = epsilon / len(tried) + (1.0 - epsilon if tried[0] is ranking[0] else 0.0)
    return tuple(tried), min(chance, 1.0)
