"""Vectors as the cache wants them."""

import numpy as np
import numpy.typing as npt

from wrp_proxy.cache.base import Vector


def unit(numbers: npt.ArrayLike, dimensions: int) -> Vector:
    """Return a vector of length 1; ValueError: it has another shape, or no direction."""
    vector = np.asarray(numbers, np.float32)
    length = float(np.linalg.norm(vector))
    if vector.shape != (dimensions,) or not np.isfinite(length) or not length:
        raise ValueError(
            f"an embedding of shape {vector.shape} and length {length} is no vector of {dimensions}"
        )
    return vector / np.float32(length)
