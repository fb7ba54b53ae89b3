"""What every store promises that keeps anything, and what the one does that keeps nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from tests.redis_server import RedisServer, needs_redis
from tests.unit.cache.stores.nouns import (
    FINGERPRINT,
    PARTITION,
    answer,
    entry,
    key,
    running,
    settled,
    vector,
)
from tests.unit.clock import Clock
from wrp_proxy.cache.base import Entry, Store
from wrp_proxy.cache.index.partitions import PartitionedIndex
from wrp_proxy.cache.stores.limits import StoreLimits, weight
from wrp_proxy.cache.stores.memory import MemoryStore
from wrp_proxy.cache.stores.null import NullStore
from wrp_proxy.cache.stores.redis_options import RedisOptions
from wrp_proxy.cache.stores.redis_store import RedisStore
from wrp_proxy.cache.stores.sharded import ShardedStore

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Laboratory:
    """Makes stores of one kind and runs them until the test ends."""

    make: Callable[["Laboratory", StoreLimits], Store]
    stack: AsyncExitStack
    url: str
    clock: Clock = field(default_factory=Clock)
    prefix: str = field(default_factory=lambda: f"test-{uuid4().hex}")

    async def start(self, **limits: Any) -> Store:
        store = self.make(self, StoreLimits(**limits))
        await self.stack.enter_async_context(running(store))
        return store


def in_memory(lab: Laboratory, limits: StoreLimits) -> Store:
    return MemoryStore(
        vectors=PartitionedIndex(), limits=limits, clock=lab.clock, fingerprint=FINGERPRINT
    )


def in_redis(lab: Laboratory, limits: StoreLimits, *, cluster: bool = False) -> Store:
    return RedisStore(
        RedisOptions(url=lab.url, prefix=lab.prefix, cluster=cluster, timeout_s=5),
        vectors=PartitionedIndex(),
        limits=limits,
        clock=lab.clock,
        fingerprint=FINGERPRINT,
        random=Random(1),  # noqa: S311 - jitter
    )


def in_a_cluster(lab: Laboratory, limits: StoreLimits) -> Store:
    return in_redis(lab, limits, cluster=True)


def in_shards(lab: Laboratory, limits: StoreLimits) -> Store:
    return ShardedStore({name: in_memory(lab, limits) for name in ("one", "two", "three")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of store, on one kind of event loop."""

    make: Callable[[Laboratory, StoreLimits], Store]
    server: str = ""
    """The fixture of the Redis that it needs."""
    use_uvloop: bool = False


KINDS = {
    "memory": Kind(make=in_memory),
    "shards": Kind(make=in_shards, use_uvloop=True),
    "redis": Kind(make=in_redis, server="redis"),
    "redis-uvloop": Kind(make=in_redis, server="redis", use_uvloop=True),
    "cluster": Kind(make=in_a_cluster, server="cluster", use_uvloop=True),
}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("cluster"), cluster=True) as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param(kind, marks=needs_redis if kind.server else (), id=name)
        for name, kind in KINDS.items()
    ]
)
def kind(request: pytest.FixtureRequest) -> Kind:
    assert isinstance(request.param, Kind)
    return request.param


@pytest.fixture
def anyio_backend(kind: Kind) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": kind.use_uvloop}


@pytest.fixture
async def lab(kind: Kind, request: pytest.FixtureRequest) -> AsyncIterator[Laboratory]:
    url = request.getfixturevalue(kind.server).url if kind.server else ""
    async with AsyncExitStack() as stack:
        yield Laboratory(kind.make, stack, url)


@pytest.fixture
async def store(lab: Laboratory) -> Store:
    return await lab.start()


def add(store: Store, name: object, clock: Clock, **said: Any) -> Entry:
    """Add an entry with its answer and a vector of its own."""
    made = entry(name, clock, **said)
    assert store.add(made, answer(name), vector(name))
    return made


async def near(store: Store, name: object, partition: bytes = PARTITION) -> list[Entry]:
    found = await asyncio.to_thread(store.nearest, partition, vector(name), 5)
    return [one.entry for one in found]


async def test_what_was_added_is_found_in_every_way(store: Store, lab: Laboratory) -> None:
    kept = add(store, 1, lab.clock, canonical=key("folded"))

    assert store.find(kept.id) == kept
    assert store.find_canonical(key("folded")) == kept
    assert await store.payload(kept) == answer(1)
    assert list(store.entries()) == [kept]
    found = await asyncio.to_thread(store.nearest, PARTITION, vector(1), 1)
    assert [one.entry for one in found] == [kept]
    assert found[0].similarity == pytest.approx(1, abs=1e-3)


async def test_what_was_not_added_is_not_found(store: Store, lab: Laboratory) -> None:
    kept = add(store, 1, lab.clock)

    for unknown in (key(2), b"", kept.id[:-1], kept.id + b"x"):
        assert store.find(unknown) is None
        assert store.find_canonical(unknown) is None
    assert await near(store, 1, key("another partition")) == []
    assert await store.payload(entry(2, lab.clock)) is None


async def test_the_nearest_come_first(store: Store, lab: Laboratory) -> None:
    for name in range(9):
        add(store, name, lab.clock)

    found = await asyncio.to_thread(store.nearest, PARTITION, vector(3), 4)

    assert found[0].entry.id == key(3)
    similarities = [one.similarity for one in found]
    assert similarities == sorted(similarities, reverse=True)
    assert len(found) == 4


async def test_the_same_id_takes_the_place_of_the_first(store: Store, lab: Laboratory) -> None:
    add(store, 1, lab.clock, canonical=key("first"), partition=key("first partition"))
    later = entry(1, lab.clock, canonical=key("second"), size=40, model="another")
    assert store.add(later, answer("later"), vector("later"))

    assert store.find(later.id) == later
    assert store.find_canonical(key("first")) is None
    assert store.find_canonical(key("second")) == later
    assert await store.payload(later) == answer("later")
    assert await near(store, 1, key("first partition")) == []
    assert await near(store, "later") == [later]
    assert store.status().entries == 1


async def test_a_vector_may_follow_its_entry(store: Store, lab: Laboratory) -> None:
    made = entry(1, lab.clock)
    store.add(made, answer(1), None)
    assert await near(store, 1) == []

    assert store.add(made, answer(1), vector(1))

    assert await near(store, 1) == [made]
    assert store.status().vectors == 1


async def test_a_vector_of_another_embedder_is_not_compared(store: Store, lab: Laboratory) -> None:
    other = add(store, 1, lab.clock, fingerprint="another embedder")

    assert await near(store, 1) == []
    assert store.find(other.id) == other


async def test_what_has_expired_is_returned_by_nothing(store: Store, lab: Laboratory) -> None:
    kept = add(store, 1, lab.clock, canonical=key("folded"))

    lab.clock.now += 60

    assert list(store.entries()) == []
    assert await near(store, 1) == []
    assert await store.payload(kept) is None
    assert store.find_canonical(key("folded")) is None
    assert store.find(kept.id) is None
    assert store.status().entries == 0


async def test_a_hit_does_not_keep_an_entry_alive(store: Store, lab: Laboratory) -> None:
    kept = add(store, 1, lab.clock)

    for _ in range(59):
        lab.clock.now += 1
        assert await store.payload(kept) == answer(1)
    lab.clock.now += 1

    assert await store.payload(kept) is None


async def test_what_was_deleted_is_gone(store: Store, lab: Laboratory) -> None:
    kept = [add(store, name, lab.clock, canonical=key(f"c{name}")) for name in range(3)]

    assert await store.delete([kept[0].id, kept[2].id, key("unknown")]) == 2

    assert store.find(kept[0].id) is None
    assert store.find_canonical(key("c2")) is None
    assert await store.payload(kept[2]) is None
    assert await near(store, 0) == [kept[1]]
    assert store.status().entries == 1
    assert await store.delete([kept[0].id]) == 0


async def test_what_was_deleted_can_be_added_again(store: Store, lab: Laboratory) -> None:
    kept = add(store, 1, lab.clock)
    await store.delete([kept.id])

    add(store, 1, lab.clock)

    assert await store.payload(kept) == answer(1)


async def test_a_flush_ends_what_one_scope_has(store: Store, lab: Laboratory) -> None:
    one, other = (add(store, name, lab.clock, scope=f"key:{name}") for name in "ab")

    epoch = await store.flush("key:a")

    assert store.epoch("key:a") == epoch
    assert store.epoch("key:b") == 0
    assert store.find(one.id) is None
    assert await near(store, "a") == [other]
    assert await store.payload(other) == answer("b")


async def test_a_flush_of_all_ends_what_every_scope_has(store: Store, lab: Laboratory) -> None:
    kept = [add(store, name, lab.clock, scope=f"key:{name}") for name in range(9)]

    await store.flush(None)

    assert [store.find(one.id) for one in kept] == [None] * 9
    assert list(store.entries()) == []
    assert store.status().entries == 0
    fresh = add(store, 1, lab.clock, scope="key:1", epoch=store.epoch("key:1"))
    assert await store.payload(fresh) == answer(1)


async def test_an_entry_of_an_earlier_epoch_is_a_miss(store: Store, lab: Laboratory) -> None:
    late = entry(1, lab.clock, epoch=store.epoch("key:a"))
    await store.flush("key:a")

    store.add(late, answer(1), vector(1))

    assert store.find(late.id) is None
    assert await store.payload(late) is None
    assert await near(store, 1) == []


async def test_bytes_are_bounded(lab: Laboratory, kind: Kind) -> None:
    each = weight(entry(100))
    store = await lab.start(max_bytes=10 * each)

    for name in range(100, 200):
        add(store, name, lab.clock)

    shares = 3 if kind.make is in_shards else 1
    assert 10 <= len(list(store.entries())) <= 10 * shares
    assert store.find(key(199)) is not None
    assert store.find(key(100)) is None
    assert store.status().evicted >= 100 - 10 * shares


async def test_entries_are_bounded(lab: Laboratory) -> None:
    store = await lab.start(max_entries=7)

    for name in range(30):
        add(store, name, lab.clock)

    assert {one.id for one in store.entries()} == {key(name) for name in range(23, 30)}
    assert await near(store, 1, PARTITION)
    assert store.status().vectors == 7


async def test_what_is_used_outlives_what_is_not(lab: Laboratory) -> None:
    store = await lab.start(max_entries=10)
    popular = add(store, "popular", lab.clock)

    for name in range(40):
        assert await store.payload(popular) == answer("popular")
        add(store, name, lab.clock)

    assert store.find(popular.id) == popular


async def test_an_entry_too_large_for_the_store_is_refused(lab: Laboratory) -> None:
    store = await lab.start(max_bytes=10_000)
    kept = add(store, 1, lab.clock)

    assert not store.add(entry(2, lab.clock, size=20_000), bytes(20_000), None)

    assert list(store.entries()) == [kept]


async def test_an_entry_that_cannot_be_written_is_refused(store: Store, lab: Laboratory) -> None:
    assert not store.add(entry(1, lab.clock, question="half a pair: \ud83d"), answer(1), None)

    kept = add(store, 2, lab.clock, question="whole: \U0001f600")
    assert list(store.entries()) == [kept]


async def test_a_category_has_no_more_than_its_quota(lab: Laboratory) -> None:
    each = weight(entry(100))
    store = await lab.start(max_bytes=20 * each, quotas={"news": 0.25})
    for name in range(200, 210):
        add(store, name, lab.clock, category="code")

    for name in range(100, 130):
        add(store, name, lab.clock, category="news")

    kept = [one.category for one in store.entries()]
    assert (kept.count("news"), kept.count("code")) == (5, 10)


async def test_a_flood_of_one_scope_evicts_only_its_own(lab: Laboratory) -> None:
    each = weight(entry(1000))
    store = await lab.start(max_bytes=20 * each, tenant_share=0.5)
    ours = [add(store, name, lab.clock, scope="key:ours") for name in range(2000, 2010)]

    for name in range(1000, 1100):
        add(store, name, lab.clock, scope="key:flood")

    assert [store.find(one.id) for one in ours] == ours


async def test_a_scope_that_is_alone_may_have_all(lab: Laboratory) -> None:
    store = await lab.start(max_entries=20, tenant_share=0.1)

    for name in range(20):
        add(store, name, lab.clock)

    assert store.status().entries == 20


async def test_a_scope_may_write_so_often(lab: Laboratory) -> None:
    store = await lab.start(writes_per_minute=3)
    taken = [store.add(entry(name, lab.clock), answer(name), None) for name in range(5)]
    assert taken == [True, True, True, False, False]
    assert store.add(entry(9, lab.clock, scope="key:b"), answer(9), None)

    lab.clock.now += 20

    assert store.add(entry(5, lab.clock), answer(5), None)
    assert not store.add(entry(6, lab.clock), answer(6), None)


async def test_adding_the_vector_later_is_no_second_write(lab: Laboratory) -> None:
    store = await lab.start(writes_per_minute=1)
    made = entry(1, lab.clock)
    assert store.add(made, answer(1), None)

    assert store.add(made, answer(1), vector(1))

    assert await near(store, 1) == [made]


async def test_notes_kept_earlier_are_told_to_who_listens(store: Store) -> None:
    store.note(b"bound", b"1")
    store.note(b"bound", b"2")
    heard: dict[bytes, bytes] = {}

    store.listen(heard.__setitem__)

    assert heard == {b"bound": b"2"}


async def test_ones_own_notes_are_not_told_back(store: Store) -> None:
    heard: dict[bytes, bytes] = {}
    store.listen(heard.__setitem__)

    store.note(b"bound", b"1")
    await settled(lambda: store.status().waiting_writes == 0)

    assert heard == {}


async def test_entries_can_be_walked_while_they_come_and_go(store: Store, lab: Laboratory) -> None:
    first = [add(store, name, lab.clock) for name in range(50)]

    seen = []
    for place, one in enumerate(store.entries()):
        seen.append(one.id)
        add(store, f"late {place}", lab.clock)
        if place < 10:
            await store.delete([first[place].id])

    assert len(seen) == len(set(seen))
    assert {one.id for one in first[10:]} <= set(seen) | {one.id for one in store.entries()}


async def test_threads_search_while_entries_come_and_go(store: Store, lab: Laboratory) -> None:
    stopping = asyncio.Event()

    def search() -> int:
        found = 0
        while not stopping.is_set():
            found += len(store.nearest(PARTITION, vector(1), 5))
        return found

    threads = [asyncio.create_task(asyncio.to_thread(search)) for _ in range(2)]
    for name in range(60):
        add(store, name % 40, lab.clock, request_id=str(name))
        await store.delete([key((name + 7) % 40)])
    stopping.set()

    assert all(found >= 0 for found in await asyncio.gather(*threads))


async def test_the_status_counts_what_is_held(store: Store, lab: Laboratory) -> None:
    for name in range(6):
        add(store, name, lab.clock, partition=key(name % 2))
    store.add(entry(7, lab.clock, partition=key(1)), answer(7), None)

    status = store.status()

    assert (status.state, status.entries, status.partitions, status.vectors) == ("ok", 7, 2, 6)
    assert status.payload_bytes >= 7 * 40
    assert status.lost_writes == 0


async def test_the_store_of_nothing_keeps_nothing() -> None:
    store = NullStore()
    async with running(store):
        assert store.add(entry(1), answer(1), vector(1))
        store.note(b"bound", b"1")

        assert store.find(key(1)) is None
        assert store.find_canonical(key(1)) is None
        assert store.nearest(PARTITION, vector(1), 1) == ()
        assert await store.payload(entry(1)) is None
        assert list(store.entries()) == []
        assert (await store.delete([key(1)]), await store.flush(None), store.epoch("a")) == (
            0,
            0,
            0,
        )
        assert store.status().entries == 0
