"""How sure a difference is: bootstrap over queries, paired."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from wrp_proxy.evaluation.table import Vector

Interval = tuple[float, float]
ROUNDS = 1000
_ROUNDS_AT_ONCE = 100
"""Bounds the memory: that many times the queries, as floats."""


def mean_interval(differences: Vector, seed: int = 0) -> Interval:
    """Return the 95 % interval of the mean of what is known (percentile bootstrap)."""
    known = differences[~np.isnan(differences)]
    if not len(known):
        return (float("nan"), float("nan"))
    return figure_interval(known[:, None], lambda means: float(means[0]), seed)


def figure_interval(
    columns: Vector, figure: Callable[[Vector], float], seed: int = 0, rounds: int = ROUNDS
) -> Interval:
    """Return the 95 % interval of a figure that is made of the means of columns over queries."""
    figures = [figure(means) for means in resampled_means(columns, seed, rounds)]
    low, high = np.percentile(figures, [2.5, 97.5])
    return float(low), float(high)


def resampled_means(columns: Vector, seed: int, rounds: int) -> npt.NDArray[np.float64]:
    """Return the means of each column when as many queries are drawn with replacement."""
    count = len(columns)
    draws = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    blocks: Sequence[int] = [
        min(_ROUNDS_AT_ONCE, rounds - start) for start in range(0, rounds, _ROUNDS_AT_ONCE)
    ]
    means = [draws.multinomial(count, shares, size) @ columns / count for size in blocks]
    return np.concatenate(means)
