"""What was learnt outlives a restart, whatever has happened to the file."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.unit.clock import Clock
from tests.unit.learning.nouns import (
    Redisless,
    batch,
    drop,
    found,
    leave,
    mode_of,
    names_beside,
    store_on,
    values,
)
from wrp_proxy.learning import store as module
from wrp_proxy.learning.base import named
from wrp_proxy.statistics import Statistics

pytestmark = pytest.mark.anyio

DAY_S = 24 * 3600.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "learning.msgpack"


def sums(clock: Clock, name: str = "sums", **said: float) -> Statistics:
    return Statistics(name, clock=clock, **said)


async def stopped(path: Path, clock: Clock, route: str = "auto") -> None:
    """Let a proxy learn 1 and 2, and stop."""
    statistics = sums(clock)
    store = store_on(path, clock, statistics, route=route)
    await store.load()
    statistics.add("key", (1.0, 2.0))
    await store.close()


async def loaded(path: Path, clock: Clock, route: str = "auto") -> Statistics:
    """Start and stop a proxy; return what it knew."""
    statistics = sums(clock)
    store = store_on(path, clock, statistics, route=route)
    await store.load()
    await store.close()
    return statistics


async def test_a_restart_goes_on_where_it_was(path: Path) -> None:
    clock = Clock()
    before = [sums(clock, half_life_s=60.0), sums(clock, "inner.sums")]
    store = store_on(path, clock, *before)
    await store.load()
    for number in range(1200):
        before[0].add(f"key-{number}", (float(number), 2.0))
    before[1].add("key", (5.0,))
    clock.now += 60.0
    await store.close()

    after = [sums(clock, half_life_s=60.0), sums(clock, "inner.sums")]
    await store_on(path, clock, *after).load()

    assert len(list(after[0].keys())) == 1200
    assert values(after[0], "key-1100") == [550.0, 1.0]
    assert values(after[1]) == [5.0]
    assert mode_of(path) == 0o600


async def test_time_goes_on_while_the_proxy_does_not_run(path: Path) -> None:
    clock = Clock()
    before = sums(clock, half_life_s=60.0)
    store = store_on(path, clock, before)
    await store.load()
    before.add("key", (8.0,))
    await store.close()

    clock.now += 120.0
    after = sums(clock, half_life_s=60.0)
    await store_on(path, clock, after).load()

    assert values(after) == [2.0]


async def test_nothing_is_written_before_the_file_is_loaded(path: Path) -> None:
    clock = Clock()
    await stopped(path, clock)
    written = found(path)
    statistics = sums(clock)
    store = store_on(path, clock, statistics)
    statistics.add("key", (9.0, 9.0))

    await store.save()

    assert found(path) == written


async def test_it_is_only_written_when_something_has_changed(path: Path) -> None:
    clock = Clock()
    await stopped(path, clock)
    statistics = sums(clock)
    store = store_on(path, clock, statistics)
    await store.load()
    drop(path)

    await store.save()
    assert not found(path)
    statistics.add("key", (1.0, 1.0))
    await store.save()

    assert found(path)
    assert store.status().saved_at == clock.now


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw[:40] + b"?" + raw[41:],
        lambda raw: raw.replace(b"learning 1", b"learning 9"),
        lambda raw: b"This is something else. " * 100,
    ],
    ids=["empty", "cut-off", "damaged", "another-version", "foreign"],
)
async def test_a_file_that_cannot_be_read_is_set_aside(path: Path, damage: object) -> None:
    assert callable(damage)
    clock = Clock()
    await stopped(path, clock)
    left = damage(found(path))
    leave(path, left)

    with capture_logs() as logs:
        statistics = await loaded(path, clock)

    assert [log["log_level"] for log in logs] == ["warning"]
    assert found(path.with_name("learning.msgpack.set-aside")) == left
    assert statistics.get("key") is None


async def test_sums_of_another_length_are_kept_out(path: Path) -> None:
    clock = Clock()
    await stopped(path, clock)
    statistics = sums(clock)
    statistics.add("key", (1.0, 2.0, 3.0))

    await store_on(path, clock, statistics).load()

    assert values(statistics) == [1.0, 2.0, 3.0]


async def test_a_route_that_is_away_for_a_day_is_not_forgotten(path: Path) -> None:
    clock = Clock()
    await stopped(path, clock)
    for _ in range(3):
        clock.now += 2 * DAY_S
        await stopped(path, clock, route="another")

    assert values(await loaded(path, clock)) == [1.0, 2.0]


async def test_a_route_that_is_away_for_long_is_forgotten(path: Path) -> None:
    clock = Clock()
    await stopped(path, clock)
    clock.now += 30 * DAY_S
    await stopped(path, clock, route="another")
    clock.now += 8 * DAY_S
    await stopped(path, clock, route="another")

    assert (await loaded(path, clock)).get("key") is None


async def test_a_disk_that_refuses_is_told_once_and_tried_again(
    path: Path,
) -> None:
    clock = Clock()
    statistics = sums(clock)
    store = store_on(path, clock, statistics)
    await store.load()
    statistics.add("key", (1.0, 2.0))
    leave(path.parent, b"a file where the folder should be")

    with capture_logs() as logs:
        await store.save()
        await store.save()
        failed = store.status()
        drop(path.parent)
        await store.save()

    assert len(logs) == 1
    assert (failed.failures, failed.trouble) == (2, "File exists")
    assert store.status().trouble == ""
    assert values(await loaded(path, clock)) == [1.0, 2.0]


async def test_a_file_that_may_not_be_read_is_no_error(tmp_path: Path) -> None:
    with capture_logs() as logs:
        await store_on(tmp_path, Clock(), sums(Clock())).load()

    assert [log["log_level"] for log in logs] == ["warning"]


async def test_a_key_that_cannot_be_written_does_not_keep_the_others_out(path: Path) -> None:
    clock = Clock()
    statistics = sums(clock)
    store = store_on(path, clock, statistics)
    await store.load()
    statistics.add("\ud800", (1.0, 2.0))
    statistics.add("key", (1.0, 2.0))
    statistics.add("nothing", (np.nan, 2.0))

    await store.close()

    assert list((await loaded(path, clock)).keys()) == ["key"]


async def test_what_others_have_not_confirmed_is_told_after_a_restart(path: Path) -> None:
    clock = Clock()
    statistics = sums(clock)
    store = store_on(path, clock, statistics, sharing=Redisless({"auto/sums": [batch()]}))
    await store.load()
    statistics.add("key", (1.0,))
    await store.close()

    sharing = Redisless()
    await store_on(path, clock, sums(clock), sharing=sharing).load()

    assert sharing.resumed == {"auto/sums": [batch()]}
    clock.now += 90 * DAY_S
    late = Redisless()
    await store_on(path, clock, sums(clock), sharing=late).load()
    assert late.resumed == {"auto/sums": []}


async def test_serving_does_not_wait_for_others_that_are_slow(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FIRST_EXCHANGE_S", 0.0)
    sharing = Redisless(is_slow=True)

    await store_on(path, Clock(), sums(Clock()), sharing=sharing).load()

    assert sharing.said == ["exchange"]


async def test_at_the_end_others_are_told_before_the_file_is_written(path: Path) -> None:
    sharing = Redisless()
    store = store_on(path, Clock(), sums(Clock()), sharing=sharing)
    await store.load()
    task = asyncio.create_task(store.run())
    await asyncio.sleep(0)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.close()

    assert sharing.said == ["exchange", "exchange", "close"]


async def test_a_save_that_is_cancelled_is_finished(path: Path) -> None:
    clock = Clock()
    statistics = sums(clock)
    store = store_on(path, clock, statistics)
    await store.load()
    statistics.add("key", (1.0, 2.0))
    saving = asyncio.create_task(store.save())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    saving.cancel()
    await asyncio.gather(saving, return_exceptions=True)
    await store.close()

    assert values(await loaded(path, clock)) == [1.0, 2.0]
    assert names_beside(path) == [path.name]


def test_two_statistics_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="auto/sums names two"):
        named({"auto": [sums(Clock()), sums(Clock())]})
