"""Memory beside the heap."""

import mmap

import numpy as np
import numpy.typing as npt


def pages(nbytes: int) -> npt.NDArray[np.uint8]:
    """Return zeros that take no memory before they are written, and give it back when dropped.

    What the heap is given back often stays with the process: 20 MB here where 80 are in use.
    """
    return np.frombuffer(mmap.mmap(-1, nbytes, access=mmap.ACCESS_COPY), np.uint8)
