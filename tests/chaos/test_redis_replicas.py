"""Replicas on one Redis know the same, whatever they miss of each other."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.conftest import Replicas
from tests.redis_server import RedisServer, needs_redis
from tests.unit.cache.stores.nouns import PARTITION, answer, entry, key, settled, vector
from wrp_proxy.cache.stores.limits import StoreLimits, weight
from wrp_proxy.cache.stores.redis_store import RedisStore
from wrp_proxy.cache.stores.sharded import ShardedStore

pytestmark = [pytest.mark.anyio, needs_redis]


def ids(store: RedisStore) -> set[bytes]:
    return {one.id for one in store.entries()}


async def test_what_one_adds_the_other_serves(replicas: Replicas) -> None:
    one, other = await replicas.start(), await replicas.start()

    kept = await replicas.shared(1, one, other, canonical=key("folded"))

    assert await other.payload(kept) == answer(1)
    assert other.find_canonical(key("folded")) == kept
    assert [near.entry for near in other.nearest(PARTITION, vector(1), 1)] == [kept]


async def test_on_a_cluster_too(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "cluster", cluster=True) as server:
        replicas = Replicas(server.url)
        one, other = await replicas.start(cluster=True), await replicas.start(cluster=True)

        kept = [await replicas.shared(name, one, other, scope=f"key:{name}") for name in range(20)]
        await one.flush("key:3")
        await one.delete([kept[4].id])

        answers = [await other.payload(entry) for entry in kept]
        expected = [answer(name) if name not in {3, 4} else None for name in range(20)]
        assert answers == expected
        await replicas.close()


async def test_what_one_deletes_is_at_once_a_miss_for_the_other(replicas: Replicas) -> None:
    one, other = await replicas.start(), await replicas.start()
    kept = await replicas.shared(1, one, other)
    await replicas.stop(other)

    assert await one.delete([kept.id]) == 1

    assert other.find(kept.id) == kept, "it has not heard of it"
    assert await other.payload(kept) is None
    assert other.find(kept.id) is None


@pytest.mark.parametrize("scope", ["key:a", None])
async def test_what_one_flushes_is_at_once_a_miss_for_the_other(
    replicas: Replicas, scope: str | None
) -> None:
    one, other = await replicas.start(), await replicas.start()
    kept = await replicas.shared(1, one, other, scope="key:a")
    await replicas.stop(one)
    unknown = replicas.add(other, 2, scope="key:a")
    await replicas.told(other)
    await replicas.stop(other)

    await one.flush(scope)

    assert other.find(unknown.id) == unknown, "it has not heard of the flush"
    assert await other.payload(unknown) is None
    assert await other.payload(kept) is None


@pytest.mark.parametrize("scope", ["key:a", None])
async def test_epochs_are_the_same_everywhere(replicas: Replicas, scope: str | None) -> None:
    one, other = await replicas.start(), await replicas.start()
    await replicas.shared(1, one, other, scope="key:a")

    await one.flush(scope)
    await other.flush("key:a")
    late = await replicas.start()

    await settled(lambda: one.epoch("key:a") == other.epoch("key:a") == late.epoch("key:a"))
    fresh = await replicas.shared(2, one, other, late, epoch=one.epoch("key:a"))
    assert await late.payload(fresh) == answer(2)


async def test_a_flush_leaves_nothing_in_redis(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    for name in range(600):
        replicas.add(one, name)
    await replicas.told(one)

    await one.flush(None)
    await replicas.told(one)

    with redis.client() as client:
        assert list(client.scan_iter("*:payload:*")) == []
        assert list(client.scan_iter("*:entry:*")) == []
        assert client.zcard("wrp:{wrp}:expiry") == 0


async def test_an_id_that_is_unknown_here_is_deleted_by_who_knows_it(replicas: Replicas) -> None:
    one, other = await replicas.start(), await replicas.start()
    await replicas.stop(one)
    kept = replicas.add(other, 1)
    await replicas.told(other)

    assert await one.delete([kept.id]) == 0

    await settled(lambda: other.find(kept.id) is None)
    assert await other.payload(kept) is None
    replicas.run(one)
    late = await replicas.start()
    assert late.find(kept.id) is None


async def test_writers_of_the_same_id_agree_in_the_end(replicas: Replicas) -> None:
    stores = [await replicas.start() for _ in range(3)]
    for turn in range(20):
        for place, store in enumerate(stores):
            made = entry("raced", replicas.clock, request_id=f"{turn}-{place}")
            store.add(made, answer("raced"), vector("raced"))
        await asyncio.sleep(0)
    for store in stores:
        await replicas.told(store)

    await settled(lambda: len({store.find(key("raced")) for store in stores}) == 1)

    agreed = stores[0].find(key("raced"))
    assert agreed is not None
    assert [await store.payload(agreed) for store in stores] == [answer("raced")] * 3


async def test_notes_reach_the_other(replicas: Replicas) -> None:
    one, other = await replicas.start(), await replicas.start()
    told_one: dict[bytes, bytes] = {}
    told_other: dict[bytes, bytes] = {}
    one.listen(told_one.__setitem__)
    other.listen(told_other.__setitem__)

    for value in (b"1", b"2", b"3"):
        one.note(b"bound", value)
    await settled(lambda: told_other.get(b"bound") == b"3")

    late: dict[bytes, bytes] = {}
    (await replicas.start()).listen(late.__setitem__)
    assert (told_one, late) == ({}, {b"bound": b"3"})


async def test_ones_own_word_stands_against_what_is_read(
    redis: RedisServer, replicas: Replicas
) -> None:
    one = await replicas.start()
    deleted = await replicas.shared("deleted", one)
    await replicas.shared("replaced", one)
    one.note(b"bound", b"old")
    await replicas.told(one)
    await replicas.stop(one)
    heard: list[bytes] = []
    one.listen(lambda _, value: heard.append(value))
    with redis.client() as client:
        client.xtrim("wrp:{wrp}:log", maxlen=0, approximate=False)
        client.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
        await one.delete([deleted.id])
        newer = replicas.add(one, "replaced", request_id="newer")
        one.note(b"bound", b"new")

        replicas.run(one)
        await settled(lambda: one.loads == 2)

        assert list(one.entries()) == [newer]
        assert heard == [b"old"], "that is from when it began to listen"
        client.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]
    await replicas.told(one)
    late: dict[bytes, bytes] = {}
    (await replicas.start()).listen(late.__setitem__)
    assert late == {b"bound": b"new"}


async def test_a_newcomer_knows_all(replicas: Replicas) -> None:
    one = await replicas.start()
    kept = [replicas.add(one, n, scope=f"key:{n % 7}", canonical=key(f"c{n}")) for n in range(900)]
    await replicas.told(one)

    late = await replicas.start()

    assert ids(late) == {entry.id for entry in kept}
    assert late.status().vectors == 900
    assert late.find_canonical(key("c17")) == kept[17]
    assert await late.payload(kept[500]) == answer(500)


async def test_an_embedder_of_another_kind_takes_no_vectors(replicas: Replicas) -> None:
    one = await replicas.start()
    kept = await replicas.shared(1, one)

    other = await replicas.start(fingerprint="another embedder")

    assert other.find(kept.id) == kept
    assert other.status().vectors == 0
    assert other.nearest(PARTITION, vector(1), 1) == []


async def test_who_was_away_catches_up_with_the_log(replicas: Replicas) -> None:
    one, other = await replicas.start(), await replicas.start()
    gone = await replicas.shared("gone", one, other)
    await replicas.stop(other)
    await one.delete([gone.id])
    kept = replicas.add(one, "new")
    await replicas.told(one)

    replicas.run(other)

    await settled(lambda: ids(other) == {kept.id})
    assert other.loads == 1


async def test_who_missed_a_part_of_the_log_reads_all_anew(
    redis: RedisServer, replicas: Replicas
) -> None:
    one, other = await replicas.start(), await replicas.start()
    gone = await replicas.shared("gone", one, other)
    await replicas.stop(other)
    await one.delete([gone.id])
    first = replicas.add(one, "first")
    await replicas.told(one)
    with redis.client() as client:
        client.xtrim("wrp:{wrp}:log", maxlen=0, approximate=False)
    second = replicas.add(one, "second")
    await replicas.told(one)

    replicas.run(other)

    await settled(lambda: (ids(other), other.loads) == ({first.id, second.id}, 2))


async def test_the_log_is_trimmed(redis: RedisServer, replicas: Replicas) -> None:
    one, other = await replicas.start(log_length=50), await replicas.start()
    await replicas.stop(other)

    for name in range(250):
        replicas.add(one, name)
        await replicas.told(one)

    with redis.client() as client:
        assert int(client.xlen("wrp:{wrp}:log")) < 250
    replicas.run(other)
    await settled(lambda: len(ids(other)) == 250)


async def test_an_emptied_redis_empties_the_replicas(
    redis: RedisServer, replicas: Replicas
) -> None:
    one, other = await replicas.start(), await replicas.start()
    for name in range(20):
        await replicas.shared(name, one, other)
    await one.flush("key:another")

    with redis.client() as client:
        client.flushall()

    await settled(lambda: ids(one) == ids(other) == set())
    await settled(lambda: one.epoch("key:another") == other.epoch("key:another") == 0)
    kept = await replicas.shared("new", one, other)
    assert await other.payload(kept) == answer("new")


async def test_what_redis_evicts_is_a_miss(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    kept = await replicas.shared(1, one)
    with redis.client() as client:
        for name in client.scan_iter("*:payload:*"):
            client.delete(name)

    assert await one.payload(kept) is None
    assert one.find(kept.id) is None


async def test_the_bound_is_that_of_all_together(redis: RedisServer, replicas: Replicas) -> None:
    each = weight(entry(1000))
    limits = StoreLimits(max_bytes=20 * each)
    one, other = await replicas.start(limits=limits), await replicas.start(limits=limits)

    for name in range(1000, 1060):
        await replicas.shared(name, *((one, other) if name % 2 else (other, one)))

    for store in (one, other):
        await replicas.told(store)
    await settled(lambda: ids(one) == ids(other))
    assert len(ids(one)) == 20
    with redis.client() as client:
        assert len(list(client.scan_iter("*:payload:*"))) == 20
        assert client.zcard("wrp:{wrp}:expiry") == 20


async def test_what_is_kept_expires_in_redis_too(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    await replicas.shared(1, one, expires_at=replicas.clock() + 60)

    with redis.client() as client:
        left_ms = [client.pttl(name) for name in client.scan_iter("*:payload:*")]
        left_ms += [client.pttl(name) for name in client.scan_iter("*:entry:*")]

    assert len(left_ms) == 2
    assert all(0 < int(left) <= 60_000 for left in left_ms)


async def test_shards_have_tenants_of_their_own(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "a") as first, RedisServer(tmp_path / "b") as second:
        servers = {"a": first, "b": second}
        homes = {name: Replicas(server.url) for name, server in servers.items()}
        stores = {name: await home.start() for name, home in homes.items()}
        store = ShardedStore(stores)
        clock = homes["a"].clock
        kept = [entry(name, clock, scope=f"key:{name}") for name in range(40)]
        for one in kept:
            store.add(one, answer(int(one.request_id.split("-")[1])), None)
        await settled(lambda: store.status().waiting_writes == 0)
        here = [one for one in kept if stores["a"].find(one.id)]

        second.kill()
        await settled(lambda: store.status().state == "unreachable")
        late = [entry(f"late {name}", clock, scope=f"key:{name}") for name in range(40)]

        assert 5 < len(here) < 35
        assert [await store.payload(one) is not None for one in here] == [True] * len(here)
        assert all(store.add(one, answer("late"), None) for one in late)
        assert store.status().detail == "server 2: Redis cannot be reached"
        for home in homes.values():
            await home.close()
