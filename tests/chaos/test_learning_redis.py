"""Replicas that learn at the same time know what one would that has seen all."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import time
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.redis_server import RedisServer, needs_redis
from tests.unit.cache.stores.nouns import settled
from tests.unit.clock import Clock
from tests.unit.learning.nouns import values
from tests.unit.nouns import outcome
from wrp_proxy.cache.stores.redis_link import RedisLink
from wrp_proxy.catalog import Route
from wrp_proxy.learning import shared as shared_module
from wrp_proxy.learning import sharing as sharing_module
from wrp_proxy.learning import store as store_module
from wrp_proxy.learning.sharing import RedisSharing
from wrp_proxy.learning.store import LearningStore
from wrp_proxy.learning_maker import make_learning
from wrp_proxy.routers.fastest import Fastest
from wrp_proxy.settings.cache import RedisSettings
from wrp_proxy.statistics import Statistics

pytestmark = [pytest.mark.anyio, needs_redis]

NAME = "auto/linucb/sums"
SUMS, VERSIONS = (f"wrp:learnt:{{{NAME}@0.0}}:{part}" for part in ("sums", "versions"))


class LossyLink(RedisLink):
    """Loses answers of Redis on their way, while it is told to."""

    loses = 0

    async def ask(self, *command: Any, **said: Any) -> Any:
        answer = await super().ask(*command, **said)
        if self.loses:
            self.loses -= 1
            raise ConnectionResetError
        return answer


@dataclass(slots=True)
class Replica:
    statistics: Statistics
    link: LossyLink
    sharing: RedisSharing
    store: LearningStore


@dataclass(slots=True)
class Replicas:
    url: str
    folder: Path
    stack: AsyncExitStack
    clock: Clock = field(default_factory=lambda: Clock(time() - 1e7))
    is_cluster: bool = False

    def make(self, name: str = "one", **said: Any) -> Replica:
        """Make a replica; one of the same name has its file."""
        statistics = Statistics("sums", clock=self.clock, **said)
        link = LossyLink(self.url, cluster=self.is_cluster)
        self.stack.push_async_callback(link.close)
        sharing = RedisSharing(
            link,
            "wrp",
            {NAME: statistics},
            clock=self.clock,
            random=Random(1),  # noqa: S311
        )
        path = self.folder / name
        store = LearningStore(path, {NAME: statistics}, sharing, clock=self.clock)
        return Replica(statistics, link, sharing, store)

    async def start(self, name: str = "one", **said: Any) -> Replica:
        replica = self.make(name, **said)
        await replica.store.load()
        return replica


async def exchange(*replicas: Replica) -> None:
    """Let all hear of all."""
    for _ in range(2):
        for replica in replicas:
            await replica.sharing.exchange()


@pytest.fixture
async def replicas(redis: RedisServer, tmp_path: Path) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        yield Replicas(redis.url, tmp_path, stack)


def agree(replicas: Iterable[Replica], alone: Statistics, tolerance: float = 1e-9) -> None:
    for replica in replicas:
        assert set(replica.statistics.keys()) == set(alone.keys())
        for key in alone.keys():  # noqa: SIM118 - it is no mapping
            expected = values(alone, key)
            found = values(replica.statistics, key)
            assert np.allclose(found, expected, rtol=tolerance, atol=tolerance), key


@pytest.mark.parametrize("half_life_s", [None, 100.0])
async def test_two_replicas_at_the_same_time_have_the_sums_of_one(
    replicas: Replicas, half_life_s: float | None
) -> None:
    pair = [await replicas.start(name, half_life_s=half_life_s) for name in ("one", "two")]
    alone = Statistics("alone", clock=replicas.clock, half_life_s=half_life_s)
    random = Random(1)  # noqa: S311 - what is learnt

    for _ in range(20):
        for _ in range(10):
            key, numbers = f"key-{random.randrange(5)}", [random.uniform(-1, 1) for _ in range(40)]
            replicas.clock.now += random.uniform(0, 5)
            random.choice(pair).statistics.add(key, numbers)
            alone.add(key, numbers)
        await asyncio.gather(*(one.sharing.exchange() for one in pair))
    await exchange(*pair)

    agree(pair, alone)


async def test_discounts_of_replicas_count_together(replicas: Replicas) -> None:
    pair = [await replicas.start(name, discount=0.99) for name in ("one", "two")]
    alone = Statistics("alone", discount=0.99, clock=replicas.clock)

    for number in range(60):
        for replica in pair:
            replica.statistics.add("key", (1.0, 0.5))
            alone.add("key", (1.0, 0.5))
        if number % 5 == 4:
            await exchange(*pair)

    assert values(pair[0].statistics) == values(pair[1].statistics)
    assert values(pair[0].statistics) == pytest.approx(values(alone), rel=1e-9)


async def test_a_replica_that_is_new_knows_all_before_it_serves(replicas: Replicas) -> None:
    one = await replicas.start("one")
    for number in range(2500):
        one.statistics.add(f"key-{number}", (float(number),))
    await one.store.close()

    two = await replicas.start("two")

    agree([two], one.statistics)


async def test_only_what_has_changed_travels(
    replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    for number in range(1500):
        one.statistics.add(f"key-{number}", (1.0,))
    await exchange(one, two)
    await exchange(one, two)
    taken: list[int] = []
    replace = two.statistics.replace

    def note(totals: Mapping[str, tuple[Sequence[float], float]]) -> None:
        taken.append(len(totals))
        replace(totals)

    monkeypatch.setattr(two.statistics, "replace", note)

    one.statistics.add("key-7", (1.0,))
    await exchange(one, two)

    assert taken == [1]
    assert values(two.statistics, "key-7") == [2.0]


async def test_an_answer_that_is_lost_adds_nothing_twice(replicas: Replicas) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    one.statistics.add("key", (1.0,))
    await exchange(one, two)

    one.statistics.add("key", (10.0,))
    one.link.loses = 3
    for _ in range(3):
        await one.sharing.exchange()
        one.statistics.add("key", (100.0,))
    assert values(one.statistics) == [311.0]
    await exchange(one, two)

    assert values(one.statistics) == values(two.statistics) == [311.0]


async def test_redis_is_away_for_a_while(redis: RedisServer, replicas: Replicas) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    one.statistics.add("key", (1.0,))
    await exchange(one, two)

    await asyncio.to_thread(redis.kill)
    with capture_logs() as logs:
        for replica in (one, two):
            for _ in range(3):
                replica.statistics.add("key", (10.0,))
                await replica.sharing.exchange()
    away = one.sharing.status
    await asyncio.to_thread(redis.start)
    await exchange(one, two)

    assert [log["log_level"] for log in logs] == ["warning"] * 2
    assert (away.failures, away.trouble) == (3, "Redis cannot be reached")
    assert one.sharing.status.trouble == ""
    assert values(one.statistics) == values(two.statistics) == [61.0]


async def test_redis_loses_all_and_is_told_again(redis: RedisServer, replicas: Replicas) -> None:
    pair = [await replicas.start("one"), await replicas.start("two")]
    alone = Statistics("alone", clock=replicas.clock)
    for number in range(700):
        for statistics in (pair[0].statistics, alone):
            statistics.add(f"key-{number}", (1.0, float(number)))
    await exchange(*pair)

    with redis.client() as client:
        client.flushall()
    for replica in pair:
        for statistics in (replica.statistics, alone):
            statistics.add("key-5", (1.0, 1.0))
    await exchange(*pair)

    agree(pair, alone)
    agree([await replicas.start("three")], alone)


async def test_half_of_it_is_lost_and_begun_anew(redis: RedisServer, replicas: Replicas) -> None:
    pair = [await replicas.start("one"), await replicas.start("two")]
    pair[0].statistics.add("key", (1.0,))
    pair[0].statistics.add("other", (1.0,))
    for lost in (SUMS, VERSIONS):
        await exchange(*pair)
        with redis.client() as client:
            client.delete(lost)
        pair[1].statistics.add("key", (1.0,))
    await exchange(*pair)

    late = await replicas.start("three")

    assert [values(one.statistics) for one in (*pair, late)] == [[3.0]] * 3
    assert values(late.statistics, "other") == [1.0]


async def test_what_was_learnt_before_there_was_a_redis_is_told_once(
    replicas: Replicas, tmp_path: Path
) -> None:
    before = Statistics("sums", clock=replicas.clock)
    store = LearningStore(tmp_path / "one", {NAME: before}, clock=replicas.clock)
    await store.load()
    before.add("key", (5.0,))
    await store.close()

    for _ in range(3):
        one = await replicas.start("one")
        await one.store.close()
    two = await replicas.start("two")

    assert values(one.statistics) == values(two.statistics) == [5.0]


async def test_the_sums_of_redis_win_over_those_of_a_file(replicas: Replicas) -> None:
    one = await replicas.start("one")
    one.statistics.add("key", (1.0,))
    await one.store.close()
    two = await replicas.start("two")
    two.statistics.add("key", (1.0,))
    await two.store.close()

    again = await replicas.start("one")

    assert values(again.statistics) == [2.0]


async def test_what_could_not_be_told_before_a_restart_is_told_after_it(
    redis: RedisServer, replicas: Replicas
) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    one.statistics.add("key", (1.0,))
    await exchange(one, two)
    one.link.loses = 1
    one.statistics.add("key", (10.0,))
    await one.sharing.exchange()
    await asyncio.to_thread(redis.kill)
    one.statistics.add("key", (100.0,))
    await one.store.close()

    away = await replicas.start("one")
    assert values(away.statistics) == [111.0]
    await away.store.close()
    await asyncio.to_thread(redis.start)
    again = await replicas.start("one")
    twin = await replicas.start("one")
    await exchange(two)

    found = [values(one.statistics) for one in (again, twin, two)]
    assert found == [[111.0]] * 3


async def test_a_file_from_before_a_crash_tells_nothing_twice(replicas: Replicas) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    one.statistics.add("key", (1.0,))
    await exchange(one, two)
    one.link.loses = 1
    one.statistics.add("key", (10.0,))
    await one.sharing.exchange()
    one.statistics.add("key", (100.0,))
    await one.store.save()
    await exchange(one, two)  # and then it is killed

    again = await replicas.start("one")
    await exchange(again, two)

    assert values(again.statistics) == values(two.statistics) == [111.0]


@pytest.mark.parametrize(
    "junk",
    [b"", b"junk", bytes(8), struct.pack("<2d", 1e9, float("nan")), bytes(8 * 99)],
    ids=["empty", "junk", "short", "nan", "long"],
)
async def test_junk_in_the_place_of_sums_is_put_right(
    redis: RedisServer, replicas: Replicas, junk: bytes
) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    one.statistics.add("key", (1.0,))
    one.statistics.add("other", (1.0,))
    await exchange(one, two)
    with redis.client() as client:
        client.hset(SUMS, mapping={"1:key": junk, "1:other": junk})
        client.zadd(VERSIONS, {b"1:other": 99, b"nobody": 100, b"\xff:\xff": 101})

    two.statistics.add("key", (1.0,))
    await exchange(one, two)

    late = await replicas.start("three")
    for replica in (one, two, late):
        assert values(replica.statistics) == [2.0]
        assert values(replica.statistics, "other") == [1.0]
    assert one.sharing.status.damaged == 1


@pytest.mark.parametrize("score", ["inf", "1e300", "-5"])
async def test_junk_in_the_place_of_versions_is_put_right(
    redis: RedisServer, replicas: Replicas, score: str
) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    one.statistics.add("key", (1.0,))
    await exchange(one, two)
    with redis.client() as client:
        client.zadd(VERSIONS, {"1:key": score})

    two.statistics.add("key", (1.0,))
    await exchange(one, two)

    assert values(one.statistics) == values(two.statistics) == [2.0]


async def test_something_else_of_that_name_is_told_and_waited_for(
    redis: RedisServer, replicas: Replicas
) -> None:
    one = replicas.make("one")
    with redis.client() as client:
        client.set(VERSIONS, b"a string")
        one.statistics.add("key", (1.0,))
        await one.sharing.exchange()
        refused = one.sharing.status.trouble
        client.delete(VERSIONS)
    await one.sharing.exchange()

    assert refused == "Redis refuses a command"
    assert one.sharing.status.trouble == ""
    assert values((await replicas.start("two")).statistics) == [1.0]


async def test_sums_that_are_no_numbers_are_not_told(replicas: Replicas) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    for replica in (one, two):
        replica.statistics.add("key", (1.0,))
        await exchange(one, two)

    one.statistics.add("key", (float("nan"),))
    one.statistics.add("\ud800", (1.0,))
    await exchange(one, two)

    assert values(two.statistics) == [2.0]
    assert values((await replicas.start("three")).statistics) == [2.0]
    assert one.sharing.status.trouble == ""


async def test_a_clock_that_is_far_ahead_does_not_stop_the_others(replicas: Replicas) -> None:
    mad = replicas.make("mad", half_life_s=60.0)
    replicas.clock.now = time() + 1e8
    mad.statistics.add("key", (1.0,))
    await mad.sharing.exchange()
    replicas.clock.now = time() - 60.0
    one = await replicas.start("one", half_life_s=60.0)

    one.statistics.add("key", (100.0,))
    await one.sharing.exchange()

    assert values(one.statistics)[0] > 40.0


async def test_other_half_lives_and_lengths_are_left_alone(replicas: Replicas) -> None:
    old, new = await replicas.start("one"), await replicas.start("two")
    other = await replicas.start("three", half_life_s=60.0)
    old.statistics.add("key", (1.0,))
    new.statistics.add("key", (1.0, 2.0))
    other.statistics.add("key", (5.0,))
    late = await replicas.start("four")
    late.statistics.add("key", (1.0,))

    await exchange(old, new, other, late)
    for one in (old, new):
        one.statistics.add("key", [3.0] * len(values(one.statistics)))
    await exchange(old, new, other, late)

    found = [values(one.statistics) for one in (old, new, other, late)]
    assert found == [[5.0], [4.0, 5.0], [5.0], [5.0]]


async def test_whatever_is_lost_while_others_learn_the_sums_are_those_of_one(
    replicas: Replicas,
) -> None:
    several = [await replicas.start(name) for name in ("one", "two", "three")]
    alone = Statistics("alone", clock=replicas.clock)
    random = Random(2)  # noqa: S311 - what is learnt, and what is lost

    async def keep_learning(replica: Replica) -> None:
        for _ in range(60):
            key, number = f"key-{random.randrange(40)}", float(random.randrange(100))
            for statistics in (replica.statistics, alone):
                statistics.add(key, (number, 1.0))
            await asyncio.sleep(0)

    async def keep_exchanging(replica: Replica) -> None:
        for _ in range(8):
            replica.link.loses = random.randrange(3)
            await replica.sharing.exchange()
            await replica.store.save()

    work = [one(replica) for replica in several for one in (keep_learning, keep_exchanging)]
    await asyncio.gather(*work)
    for replica in several:
        replica.link.loses = 0
    await exchange(*several)

    agree(several, alone)


async def test_the_oldest_make_room_and_all_of_it_expires(
    redis: RedisServer, replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_module, "MAX_KEYS", 3)
    one = await replicas.start("one")
    for key in ("a", "b", "c", "a", "d", "e"):
        one.statistics.add(key, (1.0,))
        await one.sharing.exchange()

    late = replicas.make("late")
    late.statistics.replace({"from before there was a Redis": ([9.0], 0.0)})
    await late.sharing.exchange()
    two = await replicas.start("two")

    assert sorted(two.statistics.keys()) == ["a", "d", "e"]
    with redis.client() as client:
        names = list(client.scan_iter("wrp:*"))
        ttls = [client.ttl(name) for name in names]
        assert client.hlen(SUMS) == 4
    assert len(names) >= 3
    assert all(60 * 24 * 3600 - 60 < ttl <= 60 * 24 * 3600 for ttl in ttls)


async def test_a_cluster_takes_it(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", cluster=True) as redis:
        async with AsyncExitStack() as stack:
            replicas = Replicas(redis.url, tmp_path, stack, is_cluster=True)
            one, two = await replicas.start("one"), await replicas.start("two")
            for replica in (one, two):
                replica.statistics.add("key", (1.0, 2.0))

            await exchange(one, two)

            assert values(one.statistics) == values(two.statistics) == [2.0, 4.0]


async def test_it_comes_back_by_itself(
    redis: RedisServer, replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing_module, "EXCHANGE_S", 0.01)
    monkeypatch.setattr(store_module, "SAVE_S", 0.01)
    one, two = await replicas.start("one"), await replicas.start("two")
    running = [asyncio.create_task(replica.store.run()) for replica in (one, two)]

    one.statistics.add("key", (1.0,))
    await settled(lambda: two.statistics.get("key") is not None)
    await asyncio.to_thread(redis.kill)
    await settled(lambda: one.sharing.status.trouble and two.sharing.status.trouble)
    one.statistics.add("key", (1.0,))
    await asyncio.to_thread(redis.start)
    await settled(lambda: values(two.statistics) == [2.0])
    await settled(lambda: two.store.status().saved_at)

    for task in running:
        task.cancel()
    ended = await asyncio.gather(*running, return_exceptions=True)
    assert [type(one) for one in ended] == [asyncio.CancelledError] * 2


async def test_serving_begins_while_redis_does_not_answer(
    redis: RedisServer, replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await replicas.start("one"), await replicas.start("two")
    one.statistics.add("key", (1.0,))
    await one.store.close()
    two.statistics.add("key", (1.0,))
    await exchange(two)
    monkeypatch.setattr(store_module, "_FIRST_EXCHANGE_S", 0.05)

    redis.pause()
    again = await replicas.start("one")
    first = values(again.statistics)
    again.statistics.add("key", (10.0,))
    redis.resume()
    await exchange(again)

    assert first == [1.0]
    assert values(again.statistics) == [12.0]


async def test_replicas_meet_on_the_same_one_of_several_servers(
    redis: RedisServer, tmp_path: Path
) -> None:
    with RedisServer(tmp_path / "other", password="secret") as other:
        found = []
        for name, urls in (("one", [redis.url, other.url]), ("two", [other.url, redis.url])):
            router = Fastest(explore=0)
            route = Route(name="auto", router=router, models=None)
            settings = RedisSettings(shards=urls, prefix="mine")
            store = make_learning(settings, tmp_path / name, [route], {})
            await store.load()
            router.learn(outcome(first_content_s=0.5))
            await store.close()
            found.append(values(router.statistics[0], "small")[1])
        with redis.client() as client:
            named = list(client.scan_iter("mine:learnt:{auto/fastest/speeds@600.0}:*"))

    assert found == pytest.approx([1.0, 1.9], abs=0.05)
    assert len(named) in {0, 4}
