"""Several stores as one, where the entries of all tenants are too many for one of them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain

from wrp_proxy.cache.base import Entry, Near, Store, StoreState, StoreStatus, Vector

_WORST_FIRST: Sequence[StoreState] = ("unreachable", "starting", "ok")


class ShardedStore:
    """Gives every scope to one of the stores by its name, so that tenants spread over machines.

    Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates",
    IEEE/ACM ToN 6(1), 1998): when a store joins or leaves, only the scopes that are its own move.
    The stores may have one index together, or each its own.
    """

    def __init__(self, stores: Mapping[str, Store]) -> None:
        """Take stores by names that stay theirs."""
        self._stores = stores

    def find(self, entry_id: bytes) -> Entry | None:
        return self._first(lambda store: store.find(entry_id))

    def find_canonical(self, canonical: bytes) -> Entry | None:
        return self._first(lambda store: store.find_canonical(canonical))

    def nearest(self, partition: bytes, vector: Vector, count: int) -> Sequence[Near]:
        """Ask one after the other; a partition is of one scope, so only one of them has it."""
        each = (store.nearest(partition, vector, count) for store in self._stores.values())
        return next((near for near in each if near), ())

    async def payload(self, entry: Entry) -> bytes | None:
        return await self._of(entry.scope).payload(entry)

    def add(self, entry: Entry, payload: bytes, vector: Vector | None) -> bool:
        return self._of(entry.scope).add(entry, payload, vector)

    async def delete(self, entry_ids: Iterable[bytes]) -> int:
        ids = list(entry_ids)
        stores = self._stores.values()
        return sum(await asyncio.gather(*(store.delete(ids) for store in stores)))

    async def flush(self, scope: str | None) -> int:
        if scope is not None:
            return await self._of(scope).flush(scope)
        return max(await asyncio.gather(*(store.flush(None) for store in self._stores.values())))

    def epoch(self, scope: str) -> int:
        return self._of(scope).epoch(scope)

    def entries(self) -> Iterator[Entry]:
        return chain.from_iterable(store.entries() for store in self._stores.values())

    def note(self, key: bytes, value: bytes) -> None:
        self._of(key.hex()).note(key, value)

    def listen(self, heard: Callable[[bytes, bytes], None]) -> None:
        for store in self._stores.values():
            store.listen(heard)

    def status(self) -> StoreStatus:
        """Add up what the stores hold; one that is out of reach makes all of it so."""
        each = [store.status() for store in self._stores.values()]
        # Where the servers are is nobody's business who asks how they are.
        details = [f"server {n}: {one.detail}" for n, one in enumerate(each, 1) if one.detail]
        return StoreStatus(
            state=min((status.state for status in each), key=_WORST_FIRST.index),
            detail="; ".join(details),
            entries=sum(status.entries for status in each),
            payload_bytes=sum(status.payload_bytes for status in each),
            partitions=sum(status.partitions for status in each),
            vectors=sum(status.vectors for status in each),
            evicted=sum(status.evicted for status in each),
            waiting_writes=sum(status.waiting_writes for status in each),
            lost_writes=sum(status.lost_writes for status in each),
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for store in self._stores.values():
                tasks.create_task(store.run())

    async def close(self) -> None:
        await asyncio.gather(*(store.close() for store in self._stores.values()))

    def _of(self, scope: str) -> Store:
        name = max(self._stores, key=lambda name: _score(name, scope))
        return self._stores[name]

    def _first(self, find: Callable[[Store], Entry | None]) -> Entry | None:
        return next((entry for store in self._stores.values() if (entry := find(store))), None)


def _score(name: str, scope: str) -> bytes:
    return blake2b(scope.encode(), key=name.encode()[:64], digest_size=8).digest()
