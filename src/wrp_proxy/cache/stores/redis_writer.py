"""Tells Redis what this replica has added, deleted, flushed and noted."""

import asyncio
from collections.abc import Callable

from wrp_proxy.cache.stores.pending import Batch, Pending
from wrp_proxy.cache.stores.records import Record, encode, seal
from wrp_proxy.cache.stores.redis_change import Change, as_fields
from wrp_proxy.cache.stores.redis_keys import RedisKeys, member, tag
from wrp_proxy.cache.stores.redis_link import Command, RedisLink
from wrp_proxy.cache.stores.table import EntryTable

_TIDY_BATCH = 1000
_TIDY_GRACE_S = 60.0
"""Clocks of replicas differ; what another still holds good stays listed for so long."""


class RedisWriter:
    """Drains what is pending, in batches; raises one of the link's ERRORS.

    What goes is struck off the list of entries before, what comes is listed after, so that with
    any number of writers no entry that is there is not listed. The log is told last, so that who
    hears of a change finds it. A batch that fails is told again, whole: nothing in it minds, but
    flushes, of which two are as good as one.
    """

    def __init__(
        self,
        *,
        link: RedisLink,
        keys: RedisKeys,
        pending: Pending,
        table: EntryTable,
        clock: Callable[[], float],
        log_length: int,
    ) -> None:
        self._link = link
        self._keys = keys
        self._pending = pending
        self._table = table
        self._clock = clock
        self._log_length = log_length
        self._draining = asyncio.Lock()

    async def drain(self) -> None:
        """Tell all that is pending now."""
        async with self._draining:
            while len(self._pending):
                batch = self._pending.batch()
                await self._tell(batch)
                self._pending.told(batch)

    async def drain_when_filled(self) -> None:
        await self._pending.filled.wait()
        await self.drain()

    async def announce(self, change: Change) -> bytes:
        """Write a line of the log and return its id."""
        written = await self._link.ask(*self._line(change))
        return bytes(written)

    async def tidy(self) -> None:
        """Strike what has expired off the list; its keys went by themselves."""
        latest = self._clock() - _TIDY_GRACE_S
        while True:
            gone = await self._link.ask(
                "ZRANGEBYSCORE", self._keys.expiry, "-inf", latest, "LIMIT", 0, _TIDY_BATCH
            )
            if gone:
                await self._link.ask("ZREM", self._keys.expiry, *gone)
            if len(gone) < _TIDY_BATCH:
                return

    async def _tell(self, batch: Batch) -> None:
        if batch.flushes:
            await self._flush(batch)
        writes = [record for record in batch.writes if self._table.holds(record.entry)]
        if batch.deletes:
            await self._link.ask("ZREM", self._keys.expiry, *batch.deletes)
        await self._link.ask_all(
            [self._unlink(gone) for gone in batch.deletes]
            + [command for record in writes for command in self._set(record)]
        )
        await self._link.ask_all([*self._list(batch, writes), self._line(self._change(batch))])

    async def _flush(self, batch: Batch) -> None:
        """Count the flushes where payloads are read, and where a replica reads all of them."""
        scopes = list(batch.flushes)
        counts = await self._link.ask_all(
            [("HINCRBY", self._keys.epochs, scope or "", batch.flushes[scope]) for scope in scopes]
            + [
                ("INCRBY", self._keys.epoch(tag(scope)), batch.flushes[scope])
                for scope in scopes
                if scope is not None
            ]
        )
        for scope, count in zip(scopes, counts, strict=False):
            self._table.epochs.learn(scope, count)

    def _unlink(self, gone: bytes) -> Command:
        return ("UNLINK", self._keys.payload(gone), self._keys.record(gone))

    def _set(self, record: Record) -> list[Command]:
        """Write both keys of an entry; the payload first, so that none lacks it."""
        entry = record.entry
        name = member(entry)
        ttl_ms = max(1, round((entry.expires_at - self._clock()) * 1000))
        listed = encode(Record(entry, record.vector))
        return [
            ("SET", self._keys.payload(name), seal(entry, record.payload), "PX", ttl_ms),
            ("SET", self._keys.record(name), listed, "PX", ttl_ms),
        ]

    def _list(self, batch: Batch, writes: list[Record]) -> list[Command]:
        """List what was written, and keep the notes; both stand in the log's slot."""
        commands: list[Command] = []
        kept = {key: value for key, value in batch.notes.items() if value is not None}
        dropped = batch.notes.keys() - kept
        if writes:
            scored = ((record.entry.expires_at, member(record.entry)) for record in writes)
            commands.append(
                ("ZADD", self._keys.expiry, *(part for pair in scored for part in pair))
            )
        if kept:
            pairs = (part for pair in kept.items() for part in pair)
            commands.append(("HSET", self._keys.notes, *pairs))
        if dropped:
            commands.append(("HDEL", self._keys.notes, *dropped))
        return commands

    def _change(self, batch: Batch) -> Change:
        written = [member(record.entry) for record in batch.writes]
        return Change(
            members=b"".join([*batch.deletes, *written]),
            scopes=[scope or "" for scope in batch.flushes],
            notes=list(batch.notes),
            forgotten=b"".join(batch.forgotten),
        )

    def _line(self, change: Change) -> Command:
        length = ("MAXLEN", "~", self._log_length)
        return ("XADD", self._keys.log, *length, "*", *as_fields(change))
