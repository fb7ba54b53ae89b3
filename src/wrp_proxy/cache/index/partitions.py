"""The vectors of all partitions, between the event loop and the threads that search them."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.index.division import learn_cells, place_all
from wrp_proxy.cache.index.growth import GrowingPartitions, Sizes

_AT_ONCE = 256
"""Changes that are applied while a search waits: a millisecond or two."""
_PAUSE_S = 0.0005
"""For who waits for the lock; else the thread that released it takes it again first."""


class _Change(NamedTuple):
    partition: bytes
    entry_id: bytes
    vector: Vector | None
    """None: remove it."""


class PartitionedIndex:
    """Changes are posted on the event loop, searches run in worker threads.

    `put`, `remove`, `clear` and `counts` never wait. The others wait for a lock, which only
    worker threads take. A search first applies what was posted, up to a bound; a background task
    should have `settle` run in a thread every second or so, for what is beyond it.
    """

    def __init__(self, sizes: Sizes | None = None) -> None:
        import faiss  # noqa: F401 - now, so that no search takes half a second for it

        self._sizes = sizes or Sizes()
        self._changes: deque[_Change | None] = deque()
        self._partitions = GrowingPartitions(self._sizes)
        self._using = threading.Lock()
        self._settling = threading.Lock()

    def put(self, partition: bytes, entry_id: bytes, vector: Vector) -> None:
        """Add or replace an entry's vector, which must not be written to any more."""
        self._changes.append(_Change(partition, entry_id, vector))

    def remove(self, partition: bytes, entry_id: bytes) -> None:
        self._changes.append(_Change(partition, entry_id, None))

    def clear(self) -> None:
        """Forget everything."""
        self._changes.append(None)

    def counts(self) -> Mapping[str, int]:
        """Return `partitions`, `vectors`, their `bytes`, and the changes still `waiting`."""
        partitions = self._partitions
        return {
            "partitions": len(partitions),
            "vectors": partitions.vectors,
            "bytes": partitions.nbytes,
            "waiting": len(self._changes),
        }

    def search(self, partition: bytes, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        """Return the nearest entries of a partition with their cosines, nearest first."""
        with self._using:
            self._apply()
            index = self._partitions.find(partition)
            return [] if index is None else index.search(vector, count)

    def get(self, partition: bytes, entry_id: bytes) -> Vector | None:
        """Return an entry's vector as it is held: most are rounded to half precision."""
        with self._using:
            self._apply()
            index = self._partitions.find(partition)
            return None if index is None else index.get(entry_id)

    def settle(self) -> None:
        """Apply what has been posted, and divide the partitions that have become large.

        Takes seconds where there is much to do, but no search waits for it for more than
        milliseconds. Does nothing while another thread is at it.
        """
        if not self._settling.acquire(blocking=False):
            return
        try:
            for _ in range(0, len(self._changes), _AT_ONCE):
                with self._using:
                    self._apply()
                time.sleep(_PAUSE_S)
            self._divide()
        finally:
            self._settling.release()

    def _apply(self) -> None:
        for _ in range(min(_AT_ONCE, len(self._changes))):
            change = self._changes.popleft()
            if change is None:
                self._partitions = GrowingPartitions(self._sizes)
            elif change.vector is None:
                self._partitions.remove(change.partition, change.entry_id)
            else:
                self._partitions.put(change.partition, change.entry_id, change.vector)

    def _divide(self) -> None:
        with self._using:
            undivided = self._partitions.undivided()
        for partition, flat in undivided:
            cells = learn_cells(flat, self._using)
            with self._using:
                ivf = self._partitions.divide(partition, flat, cells)
            if ivf:
                place_all(ivf, self._using)
