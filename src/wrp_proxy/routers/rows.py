"""The sums of several models as one matrix."""

from collections.abc import Iterable, Sequence

import numpy as np

from wrp_proxy.routers.context import Space
from wrp_proxy.routers.statistics import Statistics, Vector
from wrp_proxy.types import Model


def rows_of(
    statistics: Statistics, space: Space, candidates: Sequence[Model], width: int
) -> Vector:
    """Return (candidates, width): the sums of each; zeros where there are none of this width."""
    rows = np.zeros((len(candidates), width))
    if not statistics.keys():
        return rows
    for i, model in enumerate(candidates):
        sums = statistics.get(space.key(model.name))
        if sums is not None and len(sums) == width:
            rows[i] = sums
    return rows


def fade(statistics: Statistics, keys: Iterable[str]) -> None:
    """Let the sums of these keys, where there are any, grow old by one observation."""
    for key in keys:
        sums = statistics.get(key)
        if sums is not None:
            statistics.add(key, np.zeros(len(sums)))
