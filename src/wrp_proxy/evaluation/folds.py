"""Parts of equal size, each of which is judged by what the others taught."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]


def folds(count: int, parts: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield rows to learn from and rows to judge by, both in ascending order."""
    part_of = np.random.default_rng(seed).permutation(count) % parts
    for part in range(parts):
        yield np.flatnonzero(part_of != part), np.flatnonzero(part_of == part)
