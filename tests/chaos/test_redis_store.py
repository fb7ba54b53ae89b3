"""Whatever happens to Redis: requests go on, in time, and the store comes back by itself."""

import asyncio
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.chaos.conftest import Replicas
from tests.redis_server import RedisServer, needs_redis
from tests.unit.cache.stores.nouns import answer, key, settled
from wrp_proxy.cache.stores.redis_store import RedisStore

pytestmark = [pytest.mark.anyio, needs_redis]

BUDGET_S = 0.02
SHOCK_S = 1.0
"""Far more than the budget, for a busy machine; far less than Redis is away."""


class Load:
    """Twenty clients that look up what they know, and add what they do not."""

    def __init__(self, store: RedisStore, replicas: Replicas) -> None:
        self.served = 0
        self._store = store
        self._replicas = replicas
        self._numbers = count()
        self._random = Random(1)  # noqa: S311 - a choice of entries
        self._stopping = False

    async def __aenter__(self) -> "Load":
        self._tasks = [asyncio.create_task(self._ask()) for _ in range(20)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def goes_on(self) -> None:
        """Wait until some more requests were served from the cache."""
        before = self.served
        await settled(lambda: self.served > before + 100)

    async def _ask(self) -> None:
        while not self._stopping:
            name = self._random.randrange(200)
            known = self._store.find(key(name))
            if known is None:
                self._replicas.add(self._store, name, request_id=str(next(self._numbers)))
            else:
                async with asyncio.timeout(SHOCK_S):
                    found = await self._store.payload(known)
                assert found in {None, answer(name)}
                self.served += found is not None
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("keeps_data", [True, False])
async def test_redis_is_killed_and_comes_back_under_load(
    redis: RedisServer, replicas: Replicas, *, keeps_data: bool
) -> None:
    one = await replicas.start(timeout_s=BUDGET_S)
    other = await replicas.start(timeout_s=BUDGET_S)

    async with Load(one, replicas) as load, Load(other, replicas) as more:
        await load.goes_on()
        await asyncio.to_thread(redis.kill)
        await replicas.reached(one, "unreachable")
        await replicas.reached(other, "unreachable")
        await load.goes_on()
        if not keeps_data:
            redis.wipe()
        await asyncio.to_thread(redis.start)
        await replicas.reached(one, "ok")
        await replicas.reached(other, "ok")
        await load.goes_on()
        await more.goes_on()

    await replicas.shared("afterwards", one, other)
    await replicas.shared("the other way round", other, one)


async def test_a_redis_that_does_not_answer_costs_no_more_than_the_budget(
    redis: RedisServer, replicas: Replicas
) -> None:
    one = await replicas.start(timeout_s=BUDGET_S, local_bytes=0)
    kept = [await replicas.shared(name, one) for name in range(20)]
    assert await one.payload(kept[0]) == answer(0)

    redis.pause()
    async with asyncio.timeout(SHOCK_S):
        found = await asyncio.gather(*(one.payload(entry) for entry in kept))

    assert found == [None] * 20
    assert one.status().state == "unreachable"
    assert one.status().detail == "Redis does not answer in time"
    redis.resume()
    await replicas.reached(one, "ok")
    assert await one.payload(kept[0]) == answer(0)


async def test_after_a_failure_no_request_waits(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start(timeout_s=0.2, local_bytes=0)
    kept = await replicas.shared(1, one)
    redis.pause()
    assert await one.payload(kept) is None

    async with asyncio.timeout(SHOCK_S):
        found = [await one.payload(kept) for _ in range(100)]

    assert found == [None] * 100
    redis.resume()


async def test_what_was_served_of_late_is_served_while_redis_is_away(
    redis: RedisServer, replicas: Replicas
) -> None:
    one = await replicas.start()
    other = await replicas.start(local_bytes=3 * len(answer(0)))
    kept = [await replicas.shared(name, one, other) for name in range(5)]
    for known in kept:
        await other.payload(known)

    redis.kill()
    await replicas.reached(other, "unreachable")

    assert [await other.payload(known) for known in kept[:2]] == [None, None]
    assert [await other.payload(known) for known in kept[2:]] == [answer(n) for n in (2, 3, 4)]
    assert other.find(kept[0].id) == kept[0], "it is only out of reach"


async def test_what_is_told_while_redis_is_away_reaches_it_later(
    redis: RedisServer, replicas: Replicas
) -> None:
    one, other = await replicas.start(), await replicas.start()
    deleted = await replicas.shared("deleted", one, other)
    flushed = await replicas.shared("flushed", one, other, scope="key:b")
    redis.kill()
    await replicas.reached(one, "unreachable")

    assert await one.delete([deleted.id]) == 1
    await one.flush("key:b")
    kept = replicas.add(one, "kept")
    one.note(b"bound", b"1")
    assert await one.payload(kept) == answer("kept")
    assert one.status().waiting_writes >= 4

    heard: dict[bytes, bytes] = {}
    other.listen(heard.__setitem__)
    redis.start()
    await settled(lambda: heard == {b"bound": b"1"})
    await settled(lambda: {found.id for found in other.entries()} == {kept.id})
    assert await other.payload(kept) == answer("kept")
    assert await other.payload(flushed) is None


async def test_writes_wait_up_to_a_bound(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start(max_writes=10)
    redis.kill()
    await replicas.reached(one, "unreachable")

    kept = [replicas.add(one, name) for name in range(25)]

    assert (one.status().waiting_writes, one.status().lost_writes) == (10, 15)
    redis.start()
    await replicas.told(one)
    late = await replicas.start()
    assert {found.id for found in late.entries()} == {known.id for known in kept[15:]}


async def test_what_expires_while_it_waits_is_not_written(
    redis: RedisServer, replicas: Replicas
) -> None:
    one = await replicas.start()
    redis.kill()
    await replicas.reached(one, "unreachable")
    replicas.add(one, 1)

    replicas.clock.now += 60
    redis.start()

    await replicas.told(one)
    with redis.client() as client:
        assert client.zcard("wrp:{wrp}:expiry") == 0


async def test_a_store_starts_without_redis(redis: RedisServer, replicas: Replicas) -> None:
    redis.kill()
    one = await replicas.start(state="unreachable")
    kept = replicas.add(one, 1)
    assert await one.payload(kept) == answer(1)

    redis.start()

    await replicas.reached(one, "ok")
    await replicas.told(one)
    late = await replicas.start()
    assert await late.payload(kept) == answer(1)


@pytest.mark.parametrize("password", ["wrong-secret", ""])
async def test_a_wrong_password_is_seen_and_told_to_nobody(
    tmp_path: Path, password: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with RedisServer(tmp_path / "locked", password="right-secret") as server:
        replicas = Replicas(server.url_with(password))
        one = await replicas.start(state="unreachable")

        assert await replicas.serves_alone(one)
        assert one.status().detail == "Redis refuses the password, or wants one"
        assert "secret" not in repr(one.status()) + "".join(capfd.readouterr())
        with server.client() as client:
            client.config_set("requirepass", password)
        await replicas.reached(one, "ok")
        await replicas.told(one)
        await replicas.close()


async def test_a_database_that_is_not_there_is_seen(redis: RedisServer) -> None:
    replicas = Replicas(redis.url_with("", database=99))
    one = await replicas.start(state="unreachable")

    assert await replicas.serves_alone(one)
    assert one.status().detail == "Redis has no database with this number"
    await replicas.close()


async def test_a_redis_that_is_full_is_still_read(redis: RedisServer, replicas: Replicas) -> None:
    one = await replicas.start()
    kept = await replicas.shared(1, one)
    with redis.client() as client:
        client.config_set("maxmemory", 1)
        replicas.add(one, 2)
        await replicas.reached(one, "unreachable")

        assert one.status().detail == "Redis has no memory left for writes"
        assert await one.payload(kept) == answer(1)
        late = await replicas.start(state="ok")
        assert late.find(kept.id) == kept
        client.config_set("maxmemory", 0)
    await replicas.reached(one, "ok")
    await settled(lambda: late.find(key(2)) is not None)


async def test_a_redis_that_takes_no_writes_is_still_read(
    redis: RedisServer, replicas: Replicas
) -> None:
    one = await replicas.start()
    kept = await replicas.shared(1, one)
    with redis.client() as client:
        client.config_set("min-replicas-to-write", 0)
        client.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
        replicas.add(one, 2)
        await replicas.reached(one, "unreachable")

        assert one.status().detail == "this Redis is a replica that takes no writes"
        assert await one.payload(kept) == answer(1)
        client.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]
    await replicas.reached(one, "ok")
    await replicas.told(one)


async def test_a_user_who_may_not_read_is_seen(redis: RedisServer, replicas: Replicas) -> None:
    with redis.client() as client:
        client.acl_setuser("guest", enabled=True, nopass=True, commands=["+ping"], keys=["*"])
    guest = Replicas(redis.url.replace("redis://", "redis://guest:x@"))
    one = await guest.start(state="unreachable")

    assert await guest.serves_alone(one)
    assert one.status().detail == "the user of Redis may not do this; look at its access list"
    await guest.close()
