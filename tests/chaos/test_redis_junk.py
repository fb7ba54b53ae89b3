"""What others write into Redis is left out, counted, and never raised."""

import pytest

from tests.chaos.conftest import Replicas
from tests.redis_server import RedisServer, needs_redis
from tests.unit.cache.stores.nouns import answer, entry, settled, vector

pytestmark = [pytest.mark.anyio, needs_redis]


async def test_junk_in_the_place_of_an_entry(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    kept = [await replicas.shared(name, one) for name in range(6)]
    with redis.client() as client:
        names = sorted(client.scan_iter("*:entry:*"))
        client.set(names[0], b"junk")
        client.set(names[1], b"")
        client.copy(names[3], names[2], replace=True)
        client.delete(names[4])
        client.lpush(names[4], b"a list")

    late = await replicas.start()

    assert len(list(late.entries())) == 2
    assert late.damaged == 3
    assert {found.id for found in late.entries()} < {known.id for known in kept}


async def test_junk_in_the_place_of_an_answer(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    kept = [await replicas.shared(name, one) for name in range(4)]
    with redis.client() as client:
        names = sorted(client.scan_iter("*:payload:*"))
        client.set(names[0], b"junk")
        client.set(names[1], b"")
        client.copy(names[2], names[3], replace=True)

    served = [await one.payload(known) for known in kept]

    assert served.count(None) == 3
    assert one.damaged == 3


async def test_junk_in_the_log(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    with redis.client() as client:
        client.xadd("wrp:{wrp}:log", {"change": b"junk"})
        client.xadd("wrp:{wrp}:log", {"something": b"else"})
        client.xadd("wrp:{wrp}:log", {"change": b"\x94\xc4\x03abc\x90\x90\xc4\x01x"})

    await settled(lambda: one.damaged == 3)

    kept = await replicas.shared(1, one)
    assert await one.payload(kept) == answer(1)


async def test_junk_in_the_list_of_entries(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    kept = await replicas.shared(1, one)
    with redis.client() as client:
        client.zadd("wrp:{wrp}:expiry", {b"short": 9e9, bytes(24): 9e9, bytes(1000): 9e9})

    late = await replicas.start()

    assert list(late.entries()) == [kept]
    assert late.damaged == 2


async def test_junk_in_the_epochs(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    kept = await replicas.shared(1, one)
    with redis.client() as client:
        client.hset("wrp:{wrp}:epochs", mapping={"key:a": "junk", "": "-1", b"\xff": "1"})
        for name in client.scan_iter("*:payload:*"):
            client.set(name.replace(b"payload:" + kept.id.hex().encode(), b"epoch"), b"junk")

    late = await replicas.start()

    assert late.find(kept.id) == kept
    assert await late.payload(kept) == answer(1)


async def test_a_note_that_nobody_can_read_is_left_out(
    redis: RedisServer, replicas: Replicas
) -> None:
    one, other = await replicas.start(), await replicas.start()
    heard: list[str] = []
    other.listen(lambda _, value: heard.append(value.decode()))

    one.note(b"junk", b"\xff")
    one.note(b"bound", b"1")

    await settled(lambda: heard == ["1"])
    assert other.damaged == 1


async def test_values_of_another_type_under_its_own_names_are_seen(
    redis: RedisServer, replicas: Replicas
) -> None:
    with redis.client() as client:
        for name in ("log", "expiry", "notes", "epochs"):
            client.set(f"wrp:{{wrp}}:{name}", b"a string")
        one = await replicas.start(state="unreachable")
        assert await replicas.serves_alone(one)
        assert one.status().detail == "Redis refuses a command"

        client.flushall()

    await replicas.reached(one, "ok")
    await replicas.told(one)


async def test_a_vector_that_is_none_is_left_out(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    await replicas.shared("own", one)
    giant = entry("giant", replicas.clock)
    long = entry("long", replicas.clock)
    one.add(giant, answer("giant"), vector("giant") * 100)
    one.add(long, answer("long"), vector("long", dimensions=99))
    await replicas.told(one)

    late = await replicas.start()
    await replicas.shared("another", late)

    assert late.find(giant.id) == giant
    assert late.damaged >= 1
    assert late.status().vectors < 4
