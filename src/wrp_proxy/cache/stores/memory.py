"""Entries in this process, and in a file while it does not run."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from wrp_proxy.cache.base import Entry, Near, StoreStatus, Vector
from wrp_proxy.cache.stores.batches import batches
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.notes import Notes
from wrp_proxy.cache.stores.saving import Saving
from wrp_proxy.cache.stores.snapshot import SnapshotFile
from wrp_proxy.cache.stores.table import SHELVES, EntryTable
from wrp_proxy.cache.stores.vectors import Vectors

_SWEEP_S = 60.0
"""How long it takes to look at every entry once."""


class MemoryStore:
    """Holds entries, payloads and notes; with `snapshot` they outlive the process."""

    def __init__(
        self,
        *,
        vectors: Vectors,
        limits: StoreLimits,
        clock: Callable[[], float],
        fingerprint: str,
        snapshot: SnapshotFile | None = None,
        snapshot_every_s: float = 300.0,
    ) -> None:
        self._table = EntryTable(
            vectors=vectors, limits=limits, clock=clock, fingerprint=fingerprint
        )
        self._notes = Notes(limits.max_notes)
        self._saving: Saving | None = None
        if snapshot is not None:
            self._saving = Saving(self._table, self._notes, snapshot, snapshot_every_s)

    def find(self, entry_id: bytes) -> Entry | None:
        return self._table.find(entry_id)

    def find_canonical(self, canonical: bytes) -> Entry | None:
        return self._table.find_canonical(canonical)

    def nearest(self, partition: bytes, vector: Vector, count: int) -> Sequence[Near]:
        return self._table.nearest(partition, vector, count)

    async def payload(self, entry: Entry) -> bytes | None:
        held = self._table.held(entry.id)
        if held is None or not self._table.holds(entry):
            return None
        self._table.touch(entry)
        return held.payload

    def add(self, entry: Entry, payload: bytes, vector: Vector | None) -> bool:
        if not self._table.admits(entry):
            return False
        self._table.put(entry, payload, vector)
        return True

    async def delete(self, entry_ids: Iterable[bytes]) -> int:
        ids = list(entry_ids)
        if self._saving:
            self._saving.deleted(ids)
        known = 0
        for batch in batches(ids, 256):
            known += sum(self._table.remove(entry_id) is not None for entry_id in batch)
            await asyncio.sleep(0)
        return known

    async def flush(self, scope: str | None) -> int:
        epoch = self._table.epochs.begin(scope)
        if self._saving:
            self._saving.deleted(())
        for _ in range(SHELVES):
            self._table.sweep()
            await asyncio.sleep(0)
        return epoch

    def epoch(self, scope: str) -> int:
        return self._table.epochs.of(scope)

    def entries(self) -> Iterator[Entry]:
        return self._table.entries()

    def note(self, key: bytes, value: bytes) -> None:
        self._notes.keep(key, value)
        self._table.changes += 1

    def listen(self, heard: Callable[[bytes, bytes], None]) -> None:
        self._notes.listen(heard)

    @property
    def refused(self) -> int:
        """Entries that were more than their scope may write, or than could ever be held."""
        return self._table.refused

    def status(self) -> StoreStatus:
        saving, table = self._saving, self._table
        is_loaded = saving is None or saving.is_loaded
        detail = saving.trouble if saving else ""
        return StoreStatus(
            state="ok" if is_loaded else "starting",
            detail=detail if is_loaded else "the snapshot is not loaded yet",
            entries=len(table),
            payload_bytes=table.payload_bytes,
            partitions=table.partitions,
            vectors=table.vectors,
            evicted=table.evicted,
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep())
            if self._saving:
                tasks.create_task(self._saving.run())

    async def close(self) -> None:
        if self._saving:
            await self._saving.save()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S / SHELVES)
            self._table.sweep()
