"""Entries that several proxies share: Redis has the payloads, every replica knows all the rest."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from random import Random

from wrp_proxy.cache.base import Entry, Near, StoreState, StoreStatus, Vector
from wrp_proxy.cache.stores.answers import RecentAnswers
from wrp_proxy.cache.stores.batches import batches
from wrp_proxy.cache.stores.breaker import Breaker
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.notes import Notes
from wrp_proxy.cache.stores.pending import Pending
from wrp_proxy.cache.stores.records import Record, pack, unseal
from wrp_proxy.cache.stores.redis_duty import RedisDuty
from wrp_proxy.cache.stores.redis_keys import TAG_BYTES, RedisKeys, member
from wrp_proxy.cache.stores.redis_link import ERRORS, PATIENCE_S, RedisLink, words
from wrp_proxy.cache.stores.redis_log import RedisLog
from wrp_proxy.cache.stores.redis_options import RedisOptions
from wrp_proxy.cache.stores.redis_replica import RedisReplica
from wrp_proxy.cache.stores.redis_writer import RedisWriter
from wrp_proxy.cache.stores.table import SHELVES, EntryTable
from wrp_proxy.cache.stores.vectors import Vectors

_SWEEP_S = 60.0
"""How long it takes to look at every entry once."""


class RedisStore:
    """Holds entries and vectors here, payloads in Redis; needs no modules, one stream for changes.

    Misses never ask Redis. A hit asks it once, for the payload and the epoch of its scope, so that
    what was deleted or flushed anywhere is gone at once. When Redis is away, what was served or
    written here of late is served, the rest is a miss, and what is written waits. `limits` bound
    what all replicas keep together: the one whose entry exceeds them deletes others.
    """

    def __init__(
        self,
        options: RedisOptions,
        *,
        vectors: Vectors,
        limits: StoreLimits,
        clock: Callable[[], float],
        fingerprint: str,
        random: Random,
    ) -> None:
        self._timeout_s = options.timeout_s
        self._clock = clock
        self._keys = RedisKeys(options.prefix)
        self._link = RedisLink(options.url, cluster=options.cluster)
        self._table = EntryTable(
            vectors=vectors, limits=limits, clock=clock, fingerprint=fingerprint
        )
        self._notes = Notes(limits.max_notes)
        self._answers = RecentAnswers(options.local_bytes)
        self._pending = Pending(options.max_writes, options.max_write_bytes)
        self._breaker = Breaker(random)
        self._writing = RedisDuty(self._breaker)
        self._following = RedisDuty(self._breaker)
        self._tidying = RedisDuty(self._breaker)
        self._replica = RedisReplica(
            link=self._link,
            keys=self._keys,
            table=self._table,
            pending=self._pending,
            notes=self._notes,
            answers=self._answers,
            clock=clock,
        )
        self._writer = RedisWriter(
            link=self._link,
            keys=self._keys,
            pending=self._pending,
            table=self._table,
            clock=clock,
            log_length=options.log_length,
        )
        self._log = RedisLog(
            link=self._link,
            keys=self._keys,
            replica=self._replica,
            writer=self._writer,
            pending=self._pending,
            table=self._table,
        )

    def find(self, entry_id: bytes) -> Entry | None:
        return self._table.find(entry_id)

    def find_canonical(self, canonical: bytes) -> Entry | None:
        return self._table.find_canonical(canonical)

    def nearest(self, partition: bytes, vector: Vector, count: int) -> Sequence[Near]:
        return self._table.nearest(partition, vector, count)

    async def payload(self, entry: Entry) -> bytes | None:
        if not self._table.holds(entry):
            return None
        self._table.touch(entry)
        waiting = self._pending.writes.get(entry.id)
        if waiting is not None:
            return waiting.payload
        if not self._breaker.is_closed:
            return self._answers.get(entry.id)
        name = member(entry)
        try:
            sealed, flushes = await self._link.ask(
                *("MGET", self._keys.payload(name), self._keys.epoch(name[:TAG_BYTES])),
                within_s=self._timeout_s,
            )
        except ERRORS as error:
            self._breaker.open(words(error))
            return self._answers.get(entry.id)
        self._breaker.answered()
        return self._checked(entry, sealed, flushes)

    def add(self, entry: Entry, payload: bytes, vector: Vector | None) -> bool:
        if not self._table.admits(entry):
            return False
        for gone in self._table.put(entry, None, vector):
            self._answers.discard(gone.id)
            self._pending.clean_up(member(gone))
        if vector is not None:
            self._table.dimensions = len(vector)
        self._answers.put(entry.id, payload)
        self._pending.write(Record(entry, pack(vector), payload))
        return True

    async def delete(self, entry_ids: Iterable[bytes]) -> int:
        known = 0
        for batch in batches(entry_ids, 256):
            known += sum(map(self._delete, batch))
            await asyncio.sleep(0)
        await self._push()
        return known

    async def flush(self, scope: str | None) -> int:
        epoch = self._table.epochs.begin(scope)
        self._pending.flush(scope)
        if scope is None:
            self._flush_each()
        await self._push()
        for _ in range(SHELVES):
            self._sweep_shelf()
            await self._push()
            await asyncio.sleep(0)
        return epoch

    def epoch(self, scope: str) -> int:
        return self._table.epochs.of(scope)

    def entries(self) -> Iterator[Entry]:
        return self._table.entries()

    def note(self, key: bytes, value: bytes) -> None:
        dropped = self._notes.keep(key, value)
        if dropped is not None:
            self._pending.note(dropped, None)
        self._pending.note(key, value)

    def listen(self, heard: Callable[[bytes, bytes], None]) -> None:
        self._notes.listen(heard)

    @property
    def refused(self) -> int:
        """Entries that were more than their scope may write, or than could ever be held."""
        return self._table.refused

    @property
    def damaged(self) -> int:
        """What stood in Redis and could not be believed."""
        return self._replica.damaged

    @property
    def loads(self) -> int:
        """How often all entries were read from Redis: at the start, and after what was missed."""
        return self._log.loads

    def status(self) -> StoreStatus:
        table = self._table
        state, detail = self._state()
        return StoreStatus(
            state=state,
            detail=detail,
            entries=len(table),
            payload_bytes=self._answers.bytes + self._pending.bytes,
            partitions=table.partitions,
            vectors=table.vectors,
            evicted=table.evicted,
            waiting_writes=len(self._pending),
            lost_writes=self._pending.lost,
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._breaker.watch(self._find_trouble))
            tasks.create_task(self._following.keep(self._log.follow))
            tasks.create_task(self._writing.keep(self._writer.drain_when_filled))
            tasks.create_task(self._tidying.keep(self._tidy))
            tasks.create_task(self._sweep())

    async def close(self) -> None:
        await self._push()
        await self._link.close()

    def _checked(self, entry: Entry, sealed: bytes | None, flushes: bytes | None) -> bytes | None:
        """Return the payload if it is that of this entry, and of the present epoch."""
        self._table.epochs.learn(entry.scope, self._replica.number(flushes))
        payload = unseal(entry, sealed) if sealed is not None else None
        if payload is None:
            self._replica.damaged += sealed is not None
            self._replica.drop(entry)
        elif self._table.holds(entry):
            self._answers.put(entry.id, payload)
            return payload
        return None

    def _delete(self, entry_id: bytes) -> bool:
        """Delete an entry, if it is not known here wherever it is; return whether it was."""
        entry = self._table.remove(entry_id)
        self._answers.discard(entry_id)
        if entry is None:
            self._pending.forget(entry_id)
        else:
            self._pending.delete(member(entry))
        return entry is not None

    def _flush_each(self) -> None:
        """Flush every scope by itself too: this is what a replica sees first of a flush of all."""
        for scope in self._table.scopes():
            self._table.epochs.begin(scope)
            self._pending.flush(scope)

    async def _push(self) -> None:
        """Tell Redis now, for people who wait; what it does not hear in time it is told later."""
        if self._breaker.is_closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._writing.attempt(self._writer.drain)

    def _state(self) -> tuple[StoreState, str]:
        trouble = self._breaker.reason or self._writing.trouble or self._following.trouble
        if trouble:
            return "unreachable", trouble
        if not self._log.is_loaded:
            return "starting", "the entries in Redis are being read"
        return "ok", ""

    async def _find_trouble(self) -> str:
        """Return why Redis cannot be asked; empty: it can."""
        try:
            await self._link.ask("PING")
        except ERRORS as error:
            return words(error)
        return ""

    async def _tidy(self) -> None:
        await asyncio.sleep(_SWEEP_S)
        await self._writer.tidy()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S / SHELVES)
            self._sweep_shelf()

    def _sweep_shelf(self) -> None:
        """Let go what is no longer good; what was flushed leaves Redis too, the rest expires."""
        now = self._clock()
        for gone in self._table.sweep():
            self._answers.discard(gone.id)
            if gone.expires_at > now:
                self._pending.clean_up(member(gone))
