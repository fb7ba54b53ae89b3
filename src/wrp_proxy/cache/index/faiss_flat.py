"""A partition that FAISS searches from end to end."""

from collections.abc import Sequence
from heapq import nlargest

import numpy as np
import numpy.typing as npt

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.index.base import Rows
from wrp_proxy.cache.index.block import Bits, Block, Precision
from wrp_proxy.cache.index.slots import Slots

_LEAST_ROWS, _BLOCK_ROWS = 64, 8192
"""A block's capacity; multiples of 8, since where blocks meet, so do the bytes of a bitmap."""


class FaissFlat:
    """Exact cosines but for rounding: to 1e-6 in full precision, 1e-3 in half.

    All blocks but the last are full. The last one's capacity doubles and halves.
    """

    def __init__(self, dimensions: int, precision: Precision) -> None:
        self.dimensions = dimensions
        self.precision = precision
        self._slots = Slots()
        self._blocks: list[Block] = []

    @property
    def nbytes(self) -> int:
        return len(self) * self.dimensions * (4 if self.precision == "full" else 2)

    def __len__(self) -> int:
        return len(self._slots)

    def ids(self) -> Sequence[bytes]:
        return self._slots.ids()

    def put(self, entry_id: bytes, vector: Vector) -> int:
        slot = self._slots.take(entry_id)
        self._fit()
        self._row(slot)[:] = vector
        return slot

    def remove(self, entry_id: bytes) -> int | None:
        slot = self._slots.free(entry_id)
        if slot is not None:
            self._row(slot)[:] = self._row(len(self._slots))
            self._fit()
        return slot

    def get(self, entry_id: bytes) -> Vector | None:
        slot = self._slots.find(entry_id)
        return None if slot is None else self._row(slot).astype(np.float32)

    def rows(self, slots: npt.NDArray[np.int64]) -> Rows:
        """Return copies of the rows of some slots, which ascend."""
        copies = np.empty((len(slots), self.dimensions), np.float16)
        places = slots // _BLOCK_ROWS
        for place in np.unique(places):
            here = places == place
            copies[here] = self._blocks[place].rows[slots[here] % _BLOCK_ROWS]
        return copies

    def search(self, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        return self.search_among(None, vector, count)

    def search_among(
        self, bits: Bits | None, vector: Vector, count: int
    ) -> list[tuple[bytes, float]]:
        """Search some slots only; None: all."""
        found: list[tuple[float, int]] = []
        for place, block in enumerate(self._blocks):
            start = place * _BLOCK_ROWS
            used = min(len(self) - start, _BLOCK_ROWS)
            among = None if bits is None else bits[start // 8 : (start + used + 7) // 8]
            cosines, rows = block.search(vector, count, used, among)
            found += zip(cosines.tolist(), (rows + start).tolist(), strict=True)
        ids = self._slots.ids()
        return [(ids[slot], cosine) for cosine, slot in nlargest(count, found)]

    def _row(self, slot: int) -> Rows:
        row: Rows = self._blocks[slot // _BLOCK_ROWS].rows[slot % _BLOCK_ROWS]
        return row

    def _fit(self) -> None:
        """Have a row for each slot."""
        blocks = -(-len(self) // _BLOCK_ROWS)
        del self._blocks[blocks:]
        if len(self._blocks) < blocks:
            self._blocks.append(Block(_LEAST_ROWS, self.dimensions, self.precision))
        elif blocks:
            self._resize_last(len(self) - (blocks - 1) * _BLOCK_ROWS)

    def _resize_last(self, used: int) -> None:
        old = self._blocks[-1]
        capacity = len(old.rows)
        if used > capacity:
            capacity *= 2
        elif used < capacity // 4 and capacity > _LEAST_ROWS:
            capacity //= 2
        else:
            return
        new = self._blocks[-1] = Block(capacity, self.dimensions, self.precision)
        kept = min(used, len(old.rows))
        new.rows[:kept] = old.rows[:kept]
