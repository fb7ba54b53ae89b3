"""A Redis for each test, and replicas of a store on it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import time
from typing import Any

import pytest

from tests.redis_server import RedisServer
from tests.unit.cache.stores.nouns import (
    FINGERPRINT,
    NumpyVectors,
    answer,
    entry,
    settled,
    vector,
)
from tests.unit.clock import Clock
from wrp_proxy.cache.base import Entry
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.redis_options import RedisOptions
from wrp_proxy.cache.stores.redis_store import RedisStore


@dataclass(slots=True)
class Replicas:
    """Makes stores that share one Redis, and runs them until the test ends."""

    url: str
    clock: Clock = field(default_factory=lambda: Clock(time()))
    tasks: dict[RedisStore, asyncio.Task[None]] = field(default_factory=dict)

    def make(
        self, limits: StoreLimits | None = None, fingerprint: str = FINGERPRINT, **options: Any
    ) -> RedisStore:
        return RedisStore(
            RedisOptions(**{"url": self.url, "timeout_s": 1, **options}),
            vectors=NumpyVectors(),
            limits=limits or StoreLimits(),
            clock=self.clock,
            fingerprint=fingerprint,
            random=Random(1),  # noqa: S311 - jitter
        )

    async def start(self, state: str = "ok", **said: Any) -> RedisStore:
        store = self.make(**said)
        self.run(store)
        await self.reached(store, state)
        return store

    def run(self, store: RedisStore) -> None:
        self.tasks[store] = asyncio.create_task(store.run())

    async def stop(self, store: RedisStore) -> None:
        """Let a store hear and tell nothing until it runs again."""
        self.tasks[store].cancel()
        ended = await asyncio.gather(self.tasks[store], return_exceptions=True)
        assert isinstance(ended[0], asyncio.CancelledError), ended

    async def close(self) -> None:
        for store in self.tasks:
            await self.stop(store)
            await store.close()

    def add(self, store: RedisStore, name: object, **said: Any) -> Entry:
        made = entry(name, self.clock, **said)
        assert store.add(made, answer(name), vector(name))
        return made

    async def shared(self, name: object, *stores: RedisStore, **said: Any) -> Entry:
        """Add an entry to the first store and wait until all know it."""
        made = self.add(stores[0], name, **said)
        await self.told(stores[0])
        await settled(lambda: all(store.find(made.id) == made for store in stores))
        return made

    async def serves_alone(self, store: RedisStore) -> bool:
        """Add an entry and tell whether it is served, whatever Redis says."""
        return await store.payload(self.add(store, "alone")) == answer("alone")

    @staticmethod
    async def told(store: RedisStore) -> None:
        """Wait until Redis has heard all that a store has to tell."""
        await settled(lambda: store.status().waiting_writes == 0)

    @staticmethod
    async def reached(store: RedisStore, state: str) -> None:
        await settled(lambda: store.status().state == state)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture
async def replicas(redis: RedisServer) -> AsyncIterator[Replicas]:
    made = Replicas(redis.url)
    yield made
    await made.close()
