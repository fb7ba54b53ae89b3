"""Partitions that grow from one kind of index to the next."""

from collections.abc import Sequence
from dataclasses import dataclass

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.index.base import VectorIndex
from wrp_proxy.cache.index.cells import Cells
from wrp_proxy.cache.index.faiss_flat import FaissFlat
from wrp_proxy.cache.index.faiss_ivf import FaissIvf
from wrp_proxy.cache.index.numpy_index import NumpyIndex

_DIVIDED_ANEW_AT = 4
"""Times as many vectors as when the cells were learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many vectors a partition has from which on it is held in another way."""

    flat: int = 17
    """FAISS in full precision."""
    half: int = 1000
    """FAISS in half precision."""
    divided: int = 50_000
    """FAISS in half precision, searched only in the cells nearby."""
    full_partitions: int = 8
    """As many are in full precision at a time; others skip it, for it takes twice the memory."""


class GrowingPartitions:
    """Each partition in the kind of index that suits its size; for one thread at a time.

    The totals may be read by any.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.vectors = 0
        self.nbytes = 0
        self._sizes = sizes
        self._indexes: dict[bytes, VectorIndex] = {}
        self._full: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._indexes)

    def find(self, partition: bytes) -> VectorIndex | None:
        return self._indexes.get(partition)

    def put(self, partition: bytes, entry_id: bytes, vector: Vector) -> None:
        index = self._indexes.get(partition)
        before = (0, 0) if index is None else (len(index), index.nbytes)
        if index is None:
            index = self._indexes[partition] = NumpyIndex(len(vector))
        index.put(entry_id, vector)
        if self._outgrown(index):
            index = self._indexes[partition] = self._larger(partition, index, len(vector))
        self._count(before, (len(index), index.nbytes))

    def remove(self, partition: bytes, entry_id: bytes) -> None:
        index = self._indexes.get(partition)
        if index is None:
            return
        before = len(index), index.nbytes
        index.remove(entry_id)
        if len(index):
            self._count(before, (len(index), index.nbytes))
        else:
            self._count(before, (0, 0))
            self._full.discard(partition)
            del self._indexes[partition]

    def undivided(self) -> Sequence[tuple[bytes, FaissFlat]]:
        """Return the partitions whose space should be divided, for the first time or anew."""
        found = []
        for partition, index in self._indexes.items():
            if isinstance(index, FaissFlat) and len(index) >= self._sizes.divided:
                found.append((partition, index))
            if isinstance(index, FaissIvf) and len(index) >= _DIVIDED_ANEW_AT * index.trained_on:
                found.append((partition, index.flat))
        return found

    def divide(self, partition: bytes, flat: FaissFlat, cells: Cells) -> FaissIvf | None:
        """Have a partition searched by cells; None: it is held by another index by now."""
        index = self._indexes.get(partition)
        if index is not flat and not (isinstance(index, FaissIvf) and index.flat is flat):
            return None
        divided = self._indexes[partition] = FaissIvf(flat, cells)
        self._count((0, index.nbytes), (0, divided.nbytes))
        return divided

    def _outgrown(self, index: VectorIndex) -> bool:
        if isinstance(index, NumpyIndex):
            return len(index) >= self._sizes.flat
        return (
            isinstance(index, FaissFlat)
            and index.precision == "full"
            and len(index) >= self._sizes.half
        )

    def _larger(self, partition: bytes, index: VectorIndex, dimensions: int) -> FaissFlat:
        full = len(index) < self._sizes.half and len(self._full) < self._sizes.full_partitions
        (self._full.add if full else self._full.discard)(partition)
        flat = FaissFlat(dimensions, "full" if full else "half")
        for entry_id in index.ids():
            vector = index.get(entry_id)
            if vector is not None:
                flat.put(entry_id, vector)
        return flat

    def _count(self, before: tuple[int, int], after: tuple[int, int]) -> None:
        self.vectors += after[0] - before[0]
        self.nbytes += after[1] - before[1]
