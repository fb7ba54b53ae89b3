"""How a large partition is divided while it goes on to be searched and changed."""

import threading
from math import isqrt

import numpy as np

from wrp_proxy.cache.index.cells import Cells, train_cells
from wrp_proxy.cache.index.faiss_flat import FaissFlat
from wrp_proxy.cache.index.faiss_ivf import FaissIvf
from wrp_proxy.cache.index.pages import pages

_SAMPLES_A_CELL = 16
_AT_ONCE = 512
"""Vectors that are copied while a search waits: less than a millisecond."""


def learn_cells(flat: FaissFlat, using: threading.Lock) -> Cells:
    """Divide space by a sample of what is in it, in twice the square root of as many cells."""
    size = len(flat)
    count = 2 * isqrt(size)
    slots = np.linspace(0, size - 1, min(count * _SAMPLES_A_CELL, size)).astype(np.int64)
    sample = pages(len(slots) * flat.dimensions * 4).view(np.float32).reshape(len(slots), -1)
    for start in range(0, len(slots), _AT_ONCE):
        with using:
            part = slots[start : start + _AT_ONCE]
            part = part[part < len(flat)]
            sample[start : start + len(part)] = flat.rows(part)
    return train_cells(sample, count)


def place_all(ivf: FaissIvf, using: threading.Lock) -> None:
    """Find the cell of each vector, a few at a time."""
    start = 0
    while True:
        with using:
            slots = np.arange(start, min(start + _AT_ONCE, len(ivf)))
            rows = ivf.flat.rows(slots)
        if not len(slots):
            return
        cells = ivf.cells_of(rows)
        with using:
            ivf.place(slots, rows, cells)
        start += _AT_ONCE
