"""Whatever replicas do, and whatever they miss, in the end all know the same."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chaos.conftest import Replicas
from tests.redis_server import RedisServer, needs_redis
from tests.unit.cache.stores.nouns import answer, entry, key, settled, vector
from wrp_proxy.cache.stores.redis_store import RedisStore

pytestmark = needs_redis

steps = st.tuples(
    st.sampled_from(
        ["add", "add", "add", "delete", "flush", "note", "stop", "run", "trim", "turn", "told"]
    ),
    st.integers(0, 2),
    st.integers(0, 5),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as started:
        yield started


class World:
    """Three replicas and what may happen to them."""

    def __init__(self, server: RedisServer) -> None:
        self.prefix = uuid4().hex
        self.replicas = Replicas(server.url)
        self.server = server
        self.stores: list[RedisStore] = []
        self.stopped: set[RedisStore] = set()
        self.turns = 0

    async def start(self) -> RedisStore:
        store = await self.replicas.start(prefix=self.prefix)
        self.stores.append(store)
        return store

    def known_to(self, store: RedisStore) -> tuple[object, ...]:
        """Return all that a replica knows."""
        notes: dict[bytes, bytes] = {}
        store.listen(notes.__setitem__)
        epochs = store.epoch("key:0"), store.epoch("key:1")
        return frozenset(store.entries()), frozenset(notes.items()), epochs

    async def do(self, what: str, store: RedisStore, number: int) -> None:
        self.turns += 1
        scope = f"key:{number % 2}"
        if what == "add":
            epoch, request_id = store.epoch(scope), str(self.turns)
            made = entry(
                number, self.replicas.clock, scope=scope, epoch=epoch, request_id=request_id
            )
            store.add(made, answer(number), vector(number))
        elif what == "delete":
            await store.delete([key(number)])
        elif what == "flush":
            await store.flush(None if number == 5 else scope)
        elif what == "note":
            store.note(bytes([number]), str(self.turns).encode())
        elif what == "turn":
            await asyncio.sleep(0)
        else:
            await self.disturb(what, store)

    async def disturb(self, what: str, store: RedisStore) -> None:
        if what == "stop" and store not in self.stopped:
            await self.replicas.stop(store)
            self.stopped.add(store)
        elif what == "run" and store in self.stopped:
            self.replicas.run(store)
            self.stopped.discard(store)
        elif what == "told" and store not in self.stopped:
            await self.replicas.told(store)
        elif what == "trim":
            with self.server.client() as client:
                client.xtrim(f"{self.prefix}:{{{self.prefix}}}:log", maxlen=1, approximate=False)


@settings(max_examples=25, deadline=None)
@given(st.lists(steps, max_size=40))
def test_all_replicas_know_the_same_in_the_end(
    server: RedisServer, turns: list[tuple[str, int, int]]
) -> None:
    async def live() -> None:
        world = World(server)
        for _ in range(3):
            await world.start()
        for what, place, number in turns:
            await world.do(what, world.stores[place], number)
        for store in world.stores:
            await world.disturb("run", store)
        for store in world.stores:
            await world.replicas.told(store)
        late = await world.start()

        await settled(lambda: len({world.known_to(store) for store in world.stores}) == 1)
        for known in late.entries():
            payloads = {await store.payload(known) for store in world.stores}
            assert payloads == {await late.payload(known)} != {None}
        await world.replicas.close()

    asyncio.run(live())
