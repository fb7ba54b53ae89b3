"""A partition of a few vectors."""

from collections.abc import Sequence

import numpy as np

from wrp_proxy.cache.base import Vector


class NumpyIndex:
    """Multiply all vectors with the one asked for.

    Most partitions are conversations with one entry, so this is as small as it can be: half
    precision, which changes a cosine by less than .001, and not a row too many.
    """

    __slots__ = ("_ids", "_rows")

    def __init__(self, dimensions: int) -> None:
        self._ids: list[bytes] = []
        self._rows = np.empty((0, dimensions), np.float16)

    @property
    def nbytes(self) -> int:
        return self._rows.nbytes

    def __len__(self) -> int:
        return len(self._ids)

    def ids(self) -> Sequence[bytes]:
        return self._ids

    def put(self, entry_id: bytes, vector: Vector) -> int:
        slot = self._find(entry_id)
        if slot is None:
            slot = len(self._ids)
            self._ids.append(entry_id)
            self._rows = np.concatenate((self._rows, vector[None].astype(np.float16)))
        else:
            self._rows[slot] = vector
        return slot

    def remove(self, entry_id: bytes) -> int | None:
        slot = self._find(entry_id)
        if slot is not None:
            last = self._ids.pop()
            if slot < len(self._ids):
                self._ids[slot] = last
                self._rows[slot] = self._rows[-1]
            self._rows = self._rows[:-1].copy()
        return slot

    def get(self, entry_id: bytes) -> Vector | None:
        slot = self._find(entry_id)
        return None if slot is None else self._rows[slot].astype(np.float32)

    def search(self, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        cosines = self._rows.astype(np.float32) @ vector
        nearest = np.argsort(-cosines)[:count]
        return [(self._ids[slot], float(cosines[slot])) for slot in nearest]

    def _find(self, entry_id: bytes) -> int | None:
        return self._ids.index(entry_id) if entry_id in self._ids else None
