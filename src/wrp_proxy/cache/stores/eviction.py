"""Whose entry makes room: that of the greedy first, then by frequency and age."""

import heapq
from collections.abc import Iterable

from wrp_proxy.cache.base import Entry
from wrp_proxy.cache.stores.limits import StoreLimits, weight
from wrp_proxy.cache.stores.queue import Queue
from wrp_proxy.cache.stores.share import Share

_CHANCES = 32
"""So many entries may be passed over for one that goes; it bounds the time that this takes."""


class Eviction:
    """Generalised CLOCK over queues, one for each scope and category.

    The oldest entry goes; one that was used since its last turn has another turn instead, for as
    many turns as it was used, up to three (GCLOCK: A. J. Smith, "Sequentiality and prefetching in
    database systems", TODS 3(3), 1978; that a queue with second chances evicts at least as well as
    LRU: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023). Amortised O(1)
    in entries, O(log) in queues.
    """

    def __init__(self, limits: StoreLimits) -> None:
        self._max_entries = limits.max_entries
        self._all = Share(limits.max_bytes, limits.tenant_share)
        self._quotas = {
            category: Share(limits.max_bytes * share, limits.tenant_share)
            for category, share in limits.quotas.items()
        }
        self._queues: dict[str, dict[str, Queue]] = {}
        """Scope -> category -> queue."""
        self._heaps: dict[str, list[tuple[int, Queue]]] = {}
        """Category -> its queues by a turn that their oldest entry has, or had before it left."""
        self._turn = 0
        self._entries = 0

    def fits(self, entry: Entry) -> bool:
        """Tell whether an entry could be held if it were the only one."""
        quota = self._quotas.get(entry.category, self._all)
        return self._max_entries > 0 and quota.fits(weight(entry)) and self._all.fits(weight(entry))

    def add(self, entry: Entry) -> None:
        self._change(entry, 1)
        queue = self._queues.setdefault(entry.scope, {}).get(entry.category)
        if queue is None:
            queue = self._queues[entry.scope][entry.category] = Queue()
        self._push(queue, entry.id, 0)
        if not queue.is_listed:
            queue.is_listed = True
            heap = self._heaps.setdefault(entry.category, [])
            heapq.heappush(heap, (self._turn, queue))

    def remove(self, entry: Entry) -> None:
        self._change(entry, -1)
        self._queues[entry.scope][entry.category].remove(entry.id)

    def touch(self, entry: Entry) -> None:
        self._queues[entry.scope][entry.category].touch(entry.id)

    def scopes(self) -> set[str]:
        """Return the scopes that have entries, or had some."""
        return set(self._queues)

    def victim(self) -> bytes | None:
        """Return the id of an entry that must go; None: all bounds are kept."""
        for category, share in self._quotas.items():
            if share.is_exceeded:
                return self._choose(share, (category,))
        if self._all.is_exceeded or self._entries > self._max_entries:
            return self._choose(self._all, self._heaps)
        return None

    def _choose(self, share: Share, categories: Iterable[str]) -> bytes:
        scope = share.greediest()
        for _ in range(_CHANCES):
            queue = self._oldest(scope, categories)
            entry_id, uses = queue.pop()
            if not uses:
                return entry_id
            self._push(queue, entry_id, uses - 1)
        entry_id, _ = self._oldest(scope, categories).pop()
        return entry_id

    def _oldest(self, scope: str | None, categories: Iterable[str]) -> Queue:
        """Return the queue whose oldest entry has waited longest."""
        queues = self._queues.get(scope, {}) if scope is not None else {}
        found = [
            (turn, queue)
            for category in categories
            if (queue := queues.get(category) if queues else self._first(self._heaps[category]))
            and (turn := queue.oldest_turn()) is not None
        ]
        return min(found)[1]

    @staticmethod
    def _first(heap: list[tuple[int, Queue]]) -> Queue | None:
        """Return the first queue of a heap, after correcting those whose oldest has left."""
        while heap:
            turn, queue = heap[0]
            oldest = queue.oldest_turn()
            if oldest == turn:
                return queue
            if oldest is None:
                queue.is_listed = False
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (oldest, queue))
        return None

    def _push(self, queue: Queue, entry_id: bytes, uses: int) -> None:
        self._turn += 1
        queue.push(entry_id, self._turn, uses)

    def _change(self, entry: Entry, sign: int) -> None:
        self._entries += sign
        self._all.change(entry.scope, sign * weight(entry))
        if quota := self._quotas.get(entry.category):
            quota.change(entry.scope, sign * weight(entry))
