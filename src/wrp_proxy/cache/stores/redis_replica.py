"""Brings into the table what Redis holds."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from itertools import chain, groupby
from typing import Any

from wrp_proxy.cache.base import Entry, Vector
from wrp_proxy.cache.stores.answers import RecentAnswers
from wrp_proxy.cache.stores.batches import batches
from wrp_proxy.cache.stores.notes import Notes
from wrp_proxy.cache.stores.pending import Pending
from wrp_proxy.cache.stores.records import UNREADABLE, Record, decode, unpack
from wrp_proxy.cache.stores.redis_keys import MEMBER_BYTES, TAG_BYTES, RedisKeys
from wrp_proxy.cache.stores.redis_keys import member as name_of
from wrp_proxy.cache.stores.redis_link import RedisLink
from wrp_proxy.cache.stores.table import SHELVES, EntryTable

_BATCH = 32
"""So many entries are taken in at a time; it takes 1 or 2 ms, most of them to read the reply."""
_PAGE = 256
"""So much of a large key is read at a time."""


class RedisReplica:
    """Reads entries, epochs and notes from Redis; raises one of the link's ERRORS.

    What cannot be believed is counted in `damaged` and left out. What this replica has still to
    tell stands against what it reads.
    """

    def __init__(  # noqa: PLR0913 - it stands between all of them
        self,
        *,
        link: RedisLink,
        keys: RedisKeys,
        table: EntryTable,
        pending: Pending,
        notes: Notes,
        answers: RecentAnswers,
        clock: Callable[[], float],
    ) -> None:
        self.damaged = 0
        self._link = link
        self._keys = keys
        self._table = table
        self._pending = pending
        self._notes = notes
        self._answers = answers
        self._clock = clock

    async def load(self) -> None:
        """Take in all that Redis holds, and drop what it does not."""
        await self._load_epochs()
        await self._load_notes()
        missing = await self._told_entries()
        async with aclosing(self._pages("ZSCAN", self._keys.expiry)) as pages:
            async for page in pages:
                now = self._clock()
                for entry_id in await self.refresh([one for one, end in page if end > now]):
                    missing.pop(entry_id, None)
        for entries in batches(missing.values(), _PAGE):
            for entry in entries:
                self.drop(entry)
            await asyncio.sleep(0)

    async def refresh(self, members: Sequence[bytes]) -> list[bytes]:
        """Read entries anew; return the ids of those that Redis has."""
        found: list[bytes] = []
        sound = [member for member in members if len(member) == MEMBER_BYTES]
        self.damaged += len(members) - len(sound)
        for batch in batches(sorted(sound), _BATCH):
            found += await self._refresh_batch(batch)
        return found

    async def learn_epochs(self, scopes: Sequence[str]) -> None:
        """Read how often scopes were flushed; the empty one stands for all."""
        if scopes:
            counts = await self._link.ask("HMGET", self._keys.epochs, *scopes)
            for scope, count in zip(scopes, map(self.number, counts), strict=True):
                self._table.epochs.learn(scope or None, count)

    async def hear_notes(self, keys: Sequence[bytes]) -> None:
        if keys:
            values = await self._link.ask("HMGET", self._keys.notes, *keys)
            for key, value in zip(keys, values, strict=True):
                if value is not None:
                    self._hear(key, value)

    def drop(self, entry: Entry) -> None:
        """Let this very entry go here, not another that has taken its place."""
        held = self._table.held(entry.id)
        if held is not None and held.entry == entry:
            self._table.remove(entry.id)
            self._answers.discard(entry.id)

    def number(self, raw: bytes | None) -> int:
        """Read a count of flushes; what is none counts as 0."""
        if raw is not None and raw.isdigit() and len(raw) < 16:
            return int(raw)
        self.damaged += raw is not None
        return 0

    async def _refresh_batch(self, members: Sequence[bytes]) -> list[bytes]:
        """Read sorted members: those of one scope, which stand together, in one command."""
        replies = await self._link.ask_all(
            [
                ("MGET", *map(self._keys.record, of_scope))
                for _, of_scope in groupby(members, key=lambda member: member[:TAG_BYTES])
            ]
        )
        raws = chain.from_iterable(replies)
        read = zip(members, raws, strict=True)
        return [member[TAG_BYTES:] for member, raw in read if self._take_in(member, raw)]

    def _take_in(self, member: bytes, raw: bytes | None) -> bool:
        """Hold an entry as Redis has it; False: it has none that can be believed."""
        entry_id = member[TAG_BYTES:]
        if entry_id in self._pending.writes:
            return True
        if self._pending.deletes(member):
            return False
        record = decode(raw) if raw is not None else None
        if record is None or name_of(record.entry) != member:
            self.damaged += raw is not None
            self._table.remove(entry_id)
            self._answers.discard(entry_id)
            return False
        vector = self._vector(record)
        held = self._table.held(entry_id)
        if held and held.entry == record.entry and (held.has_vector or vector is None):
            return True
        self._answers.discard(entry_id)
        for gone in self._table.put(record.entry, None, vector):
            self._answers.discard(gone.id)
        return True

    def _vector(self, record: Record) -> Vector | None:
        if not record.vector or record.entry.fingerprint != self._table.fingerprint:
            return None
        vector = unpack(record.vector)
        if vector is not None and self._table.dimensions in {None, len(vector)}:
            return vector
        self.damaged += 1
        return None

    def _hear(self, key: bytes, value: bytes) -> None:
        if self._pending.notes(key):
            return
        try:
            self._notes.hear(key, value)
        except UNREADABLE:  # for who listens
            self.damaged += 1

    async def _load_epochs(self) -> None:
        counts: dict[str, int] = {}
        async with aclosing(self._pages("HSCAN", self._keys.epochs)) as pages:
            async for page in pages:
                for scope, count in page.items():
                    counts[scope.decode(errors="replace")] = self.number(count)
        self._table.epochs.replace(counts.pop("", 0), counts)

    async def _load_notes(self) -> None:
        async with aclosing(self._pages("HSCAN", self._keys.notes)) as pages:
            async for page in pages:
                for key, value in page.items():
                    self._hear(key, value)

    async def _pages(self, command: str, key: bytes) -> AsyncGenerator[Any, None]:
        """Yield a large key page by page; what is in it all the while is on one of them."""
        cursor = None
        while cursor != 0:
            cursor, page = await self._link.ask(command, key, cursor or 0, "COUNT", _PAGE)
            yield page

    async def _told_entries(self) -> dict[bytes, Entry]:
        """Return the entries that Redis should have, were it for this replica."""
        told: dict[bytes, Entry] = {}
        for number in range(SHELVES):
            entries = (held.entry for held in self._table.shelf(number))
            told.update((e.id, e) for e in entries if e.id not in self._pending.writes)
            await asyncio.sleep(0)
        return told
