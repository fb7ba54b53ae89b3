"""Carries a table and its notes over a restart, in a snapshot file."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing, suppress

import structlog

from wrp_proxy.cache.stores.batches import batches
from wrp_proxy.cache.stores.notes import Notes
from wrp_proxy.cache.stores.records import Record, pack, unpack
from wrp_proxy.cache.stores.snapshot import Answers, Facts, Heading, Piece, SnapshotFile
from wrp_proxy.cache.stores.table import SHELVES, EntryTable, Held

_PIECE_BYTES = 256 * 1024
_PIECE_ENTRIES = 64
"""So many are taken in or put together at a time; it takes about 1 ms."""
_PIECE_NOTES = 1000
_SOON_S = 30.0
"""Within this time what people deleted is gone from the file too."""


class Saving:
    """Loads the snapshot once, then writes it whenever something has changed.

    Until it is loaded none is written: half of it would replace the whole. What has come, was
    deleted or flushed since the start stands against what the file says.
    """

    def __init__(self, table: EntryTable, notes: Notes, file: SnapshotFile, every_s: float) -> None:
        self.is_loaded = False
        self.trouble = ""
        """Why the last snapshot could not be written, in words."""
        self._table = table
        self._notes = notes
        self._file = file
        self._every_s = every_s
        self._hurry = asyncio.Event()
        self._saved_changes = 0
        self._deleted_early: set[bytes] = set()
        self._log = structlog.get_logger("wrp_proxy.cache")

    def deleted(self, entry_ids: Iterable[bytes]) -> None:
        """Hear that people want entries gone, also from the file."""
        self._hurry.set()
        self._saved_changes = -1
        if not self.is_loaded:
            self._deleted_early.update(entry_ids)

    async def run(self) -> None:
        if not self.is_loaded:
            await self._load()
        while True:
            await self._wait()
            await self.save()

    async def save(self) -> None:
        """Write what there is, if it was loaded and has changed since."""
        changes = self._table.changes
        if not self.is_loaded or changes == self._saved_changes:
            return
        self._hurry.clear()
        try:
            await self._file.write(self._pieces())
        except OSError as error:
            self.trouble = f"the snapshot cannot be written: {error.strerror}"
            self._log.warning("cache snapshot cannot be written", reason=error.strerror)
        else:
            self.trouble = ""
            self._saved_changes = changes

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._every_s):
                await self._hurry.wait()
                await asyncio.sleep(_SOON_S)

    async def _load(self) -> None:
        try:
            async with aclosing(self._file.read()) as pieces:
                async for piece in pieces:
                    await self._take_in(piece)
        except OSError as error:
            self._log.warning("cache snapshot cannot be read", reason=error.strerror)
        self.is_loaded = True
        self._deleted_early.clear()

    async def _take_in(self, piece: Piece) -> None:
        if isinstance(piece, Heading):
            self._table.epochs.add(piece.of_all, piece.by_scope)
        elif isinstance(piece, Facts):
            self._notes.hear_earlier(piece.notes)
        else:
            for record in piece.records:
                self._take_entry(record)
            await asyncio.sleep(0)

    def _take_entry(self, record: Record) -> None:
        entry = record.entry
        is_new = self._table.held(entry.id) is None and entry.id not in self._deleted_early
        if is_new and entry.size == len(record.payload) and self._table.is_good(entry):
            self._table.put(entry, record.payload, unpack(record.vector))

    def _pieces(self) -> Iterator[Piece]:
        yield Heading(*self._table.epochs.as_counts())
        for notes in batches(self._notes.items(), _PIECE_NOTES):
            yield Facts(dict(notes))
        for number in range(SHELVES):
            yield from map(Answers, self._batches(self._table.shelf(number)))

    def _batches(self, shelf: Sequence[Held]) -> Iterator[list[Record]]:
        """Make records of those that are good, a few at a time."""
        batch: list[Record] = []
        batch_bytes = 0
        for held in shelf:
            if not self._table.is_good(held.entry):
                continue
            vector = pack(self._table.vector(held))
            batch.append(Record(held.entry, vector, held.payload or b""))
            batch_bytes += held.entry.size
            if batch_bytes >= _PIECE_BYTES or len(batch) >= _PIECE_ENTRIES:
                yield batch
                batch, batch_bytes = [], 0
        if batch:
            yield batch
