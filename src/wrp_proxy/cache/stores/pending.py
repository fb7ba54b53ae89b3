"""What Redis is still to be told."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from wrp_proxy.cache.stores.records import Record
from wrp_proxy.cache.stores.redis_keys import TAG_BYTES

_BATCH_WRITES = 32
_BATCH_BYTES = 512 * 1024
_BATCH_OTHERS = 128

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some of it, to be told at once; deletes come before writes."""

    flushes: Mapping[str | None, int]
    """Scope, None for all -> how often it was flushed."""
    deletes: Mapping[bytes, int]
    """Members, each with the number of the wish."""
    writes: Sequence[Record]
    notes: Mapping[bytes, bytes | None]
    """None: the note is given up."""
    forgotten: Mapping[bytes, int]
    """Ids to delete that are not known here, but may be to other replicas."""


class Pending:
    """Keeps the last word on every entry, note and scope until Redis has heard it.

    Of too many writes the oldest are lost. What people want gone is never lost; what merely made
    room may be, as it expires in time.
    """

    def __init__(self, max_writes: int, max_bytes: int) -> None:
        self.filled = asyncio.Event()
        self.writes: dict[bytes, Record] = {}
        self.bytes = 0
        self.lost = 0
        self._max_writes = max_writes
        self._max_bytes = max_bytes
        self._flushes: dict[str | None, int] = {}
        self._deletes: dict[bytes, int] = {}
        self._notes: dict[bytes, bytes | None] = {}
        self._forgotten: dict[bytes, int] = {}
        self._wishes = 0

    def __len__(self) -> int:
        parts = (self._flushes, self._deletes, self.writes, self._notes, self._forgotten)
        return sum(len(part) for part in parts)

    def deletes(self, member: bytes) -> bool:
        return member in self._deletes

    def notes(self, key: bytes) -> bool:
        return key in self._notes

    def write(self, record: Record) -> None:
        self._take_back(record.entry.id)
        self.writes[record.entry.id] = record
        self.bytes += len(record.payload)
        while self.bytes > self._max_bytes or len(self.writes) > self._max_writes:
            self._take_back(next(iter(self.writes)))
            self.lost += 1
        self.filled.set()

    def delete(self, member: bytes) -> None:
        self._take_back(member[TAG_BYTES:])
        self._deletes[member] = self._wish()

    def clean_up(self, member: bytes) -> None:
        """Delete what made room, unless too much is waiting."""
        self._take_back(member[TAG_BYTES:])
        if len(self._deletes) < self._max_writes:
            self._deletes[member] = self._wish()

    def forget(self, entry_id: bytes) -> None:
        """Have those who know an id delete it."""
        self._forgotten[entry_id] = self._wish()

    def flush(self, scope: str | None) -> None:
        self._flushes[scope] = self._flushes.get(scope, 0) + 1
        self.filled.set()

    def note(self, key: bytes, value: bytes | None) -> None:
        self._notes[key] = value
        self.filled.set()

    def batch(self) -> Batch:
        """Return what comes next; it stays here until it is `told`."""
        return Batch(
            flushes=_some(self._flushes),
            deletes=_some(self._deletes),
            writes=self._next_writes(),
            notes=_some(self._notes),
            forgotten=_some(self._forgotten),
        )

    def told(self, batch: Batch) -> None:
        """Give up a batch, but for what there is another word on since."""
        for scope, times in batch.flushes.items():
            self._flushes[scope] -= times
            if not self._flushes[scope]:
                del self._flushes[scope]
        for record in batch.writes:
            if self.writes.get(record.entry.id) is record:
                self._take_back(record.entry.id)
        _give_up(self._deletes, batch.deletes)
        _give_up(self._notes, batch.notes)
        _give_up(self._forgotten, batch.forgotten)
        if not len(self):
            self.filled.clear()

    def _next_writes(self) -> list[Record]:
        writes: list[Record] = []
        size = 0
        for record in islice(self.writes.values(), _BATCH_WRITES):
            writes.append(record)
            size += len(record.payload)
            if size >= _BATCH_BYTES:
                break
        return writes

    def _take_back(self, entry_id: bytes) -> None:
        record = self.writes.pop(entry_id, None)
        if record is not None:
            self.bytes -= len(record.payload)

    def _wish(self) -> int:
        self._wishes += 1
        self.filled.set()
        return self._wishes


def _some(of: Mapping[K, V]) -> dict[K, V]:
    return dict(islice(of.items(), _BATCH_OTHERS))


def _give_up(waiting: dict[K, V], told: Mapping[K, V]) -> None:
    for key, value in told.items():
        if key in waiting and waiting[key] == value:
            del waiting[key]
