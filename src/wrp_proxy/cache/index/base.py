"""What holds the vectors of one partition."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wrp_proxy.cache.base import Vector

Rows = npt.NDArray[np.float32] | npt.NDArray[np.float16]
"""Vectors, one a row."""


class VectorIndex(Protocol):
    """One partition; used by PartitionedIndex only, by one thread at a time.

    A vector lies in a slot. Slots have no gaps: the last one's vector moves to where one was
    removed, so that every change costs as much as one vector, and a search meets no dead ones.
    """

    @property
    def nbytes(self) -> int:
        """Memory of the vectors, without that of their names."""
        ...

    def __len__(self) -> int: ...

    def ids(self) -> Sequence[bytes]:
        """Return the entries by slot."""
        ...

    def put(self, entry_id: bytes, vector: Vector) -> int:
        """Add an entry's vector, or replace it; return its slot."""
        ...

    def remove(self, entry_id: bytes) -> int | None:
        """Forget an entry; return the slot that the last one's vector now has, None: unknown."""
        ...

    def get(self, entry_id: bytes) -> Vector | None: ...

    def search(self, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        """Return the nearest entries with their cosines, nearest first."""
        ...
