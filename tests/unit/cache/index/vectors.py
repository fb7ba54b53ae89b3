"""Vectors to search."""

import numpy as np

from wrp_proxy.cache.base import Vector


def vectors(count: int, dimensions: int = 8, seed: int = 0) -> Vector:
    """Return random vectors, one a row."""
    rows = np.random.default_rng(seed).standard_normal((count, dimensions), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def name(number: int) -> bytes:
    return number.to_bytes(16)
