import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.routers.replicas import Totals, exchange, hand_over
from wrp_proxy import statistics as module
from wrp_proxy.statistics import Statistics


def values(statistics: Statistics, key: str = "key") -> list[float]:
    sums = statistics.get(key)
    assert sums is not None
    found: list[float] = sums.tolist()
    return found


def test_what_was_added_is_summed_up() -> None:
    statistics = Statistics("sums", clock=Clock())

    statistics.add("key", (1.0, 2.0))
    statistics.add("key", (1.0, 5.0))

    assert values(statistics) == [2.0, 7.0]
    assert list(statistics.keys()) == ["key"]
    assert statistics.get("other") is None


def test_sums_are_halved_in_each_half_life() -> None:
    clock = Clock()
    statistics = Statistics("sums", half_life_s=60.0, clock=clock)
    statistics.add("key", (8.0,))

    clock.now += 60.0
    assert values(statistics) == [4.0]
    statistics.add("key", (1.0,))
    clock.now += 120.0

    assert values(statistics) == [1.25]


def test_each_addition_discounts_what_was_before() -> None:
    statistics = Statistics("sums", discount=0.5, clock=Clock())

    for _ in range(3):
        statistics.add("key", (1.0,))
    statistics.add("key", (1.0,), discounts=False)

    assert values(statistics) == [2.75]


def test_without_fading_the_time_does_not_matter() -> None:
    clock = Clock()
    statistics = Statistics("sums", clock=clock)
    statistics.add("key", (8.0,))

    clock.now += 1e9

    assert values(statistics) == [8.0]


def test_a_clock_that_is_put_back_does_not_let_sums_grow() -> None:
    clock = Clock()
    statistics = Statistics("sums", half_life_s=60.0, clock=clock)
    statistics.add("key", (8.0,))

    clock.now -= 600.0

    assert values(statistics) == [8.0]


def test_the_version_grows_with_every_change() -> None:
    statistics = Statistics("sums", clock=Clock())
    versions = [statistics.version]

    statistics.add("key", (1.0,))
    versions.append(statistics.version)
    statistics.replace({"key": ([3.0], 1000.0)})
    versions.append(statistics.version)
    statistics.clear()
    versions.append(statistics.version)

    assert versions == sorted(set(versions))
    assert not statistics.dump()


def test_it_is_known_by_its_place_in_a_wrapper() -> None:
    statistics = Statistics("sums", clock=Clock())

    assert statistics.under("inner").under("outer") is statistics
    assert statistics.name == "outer.inner.sums"


def test_a_dump_taken_over_is_the_same() -> None:
    clock = Clock()
    statistics = Statistics("sums", half_life_s=60.0, clock=clock)
    statistics.add("key", (1.0, 2.0))
    clock.now += 30.0
    statistics.add("other", (3.0,))
    fresh = Statistics("sums", half_life_s=60.0, clock=clock)

    fresh.replace(statistics.dump())

    assert fresh.dump() == statistics.dump()
    assert values(fresh) == values(statistics)


def test_changes_are_given_once() -> None:
    statistics = Statistics("sums", discount=0.5, clock=Clock())
    statistics.add("key", (1.0,))
    statistics.add("key", (1.0,))

    (change,) = statistics.changes()

    assert (change.key, change.factor, change.added) == ("key", 0.25, [1.5])
    assert statistics.changes() == []


def test_what_is_added_during_an_exchange_is_kept_on_top_of_the_totals() -> None:
    statistics = Statistics("sums", clock=Clock())
    statistics.add("key", (1.0,))
    statistics.changes()
    statistics.add("key", (10.0,))

    statistics.replace({"key": ([101.0], 1000.0)})

    assert values(statistics) == [111.0]


def test_totals_that_are_later_than_own_changes_do_not_fade_twice() -> None:
    clock = Clock()
    statistics = Statistics("sums", half_life_s=60.0, clock=clock)
    statistics.add("key", (8.0,))

    clock.now += 60.0
    statistics.replace({"key": ([100.0], clock.now)})

    assert values(statistics) == [104.0]


def test_changes_taken_back_are_given_again_with_what_came_after() -> None:
    clock = Clock()
    statistics = Statistics("sums", half_life_s=60.0, discount=0.5, clock=clock)
    statistics.add("key", (8.0,))
    lost = statistics.changes()
    clock.now += 60.0
    statistics.add("key", (1.0,))

    statistics.take_back(lost)

    (change,) = statistics.changes()
    assert (change.factor, change.added) == (0.25, [3.0])
    assert values(statistics) == [3.0]


def test_changes_taken_back_of_keys_that_made_room_are_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_KEYS", 3)
    statistics = Statistics("sums", clock=Clock())

    for number in range(20):
        lost = statistics.changes()
        for key in range(3):
            statistics.add(f"{number}-{key}", (1.0,))
        statistics.take_back(lost)

    assert len(statistics.changes()) <= 3


def test_the_key_that_was_added_to_the_longest_ago_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_KEYS", 3)
    statistics = Statistics("sums", clock=Clock())

    for key in ("a", "b", "c", "a", "d"):
        statistics.add(key, (1.0,))
    statistics.replace({f"new-{number}": ([1.0], 1000.0) for number in range(2)})

    assert list(statistics.keys()) == ["d", "new-0", "new-1"]
    assert {change.key for change in statistics.changes()} == {"d"}


@pytest.mark.parametrize(
    "total",
    [
        ([math.nan], 1000.0),
        ([math.inf], 1000.0),
        ([1.0, 2.0], 1000.0),
        ([1.0], math.nan),
        ([1.0], math.inf),
    ],
    ids=["nan", "infinite", "longer", "no-time", "end-of-time"],
)
def test_totals_that_make_no_sense_are_not_taken_over(total: tuple[list[float], float]) -> None:
    clock = Clock()
    statistics = Statistics("sums", half_life_s=60.0, clock=clock)
    statistics.add("key", (8.0,))
    statistics.changes()

    statistics.replace({"key": total})
    clock.now += 60.0

    assert values(statistics) == [4.0]


def test_sums_of_another_length_begin_anew() -> None:
    statistics = Statistics("sums", clock=Clock())
    statistics.add("key", (8.0,))

    statistics.add("key", (1.0, 2.0))

    assert values(statistics) == [1.0, 2.0]
    assert [change.added for change in statistics.changes()] == [[1.0, 2.0]]


additions = st.tuples(
    st.integers(0, 1),
    st.sampled_from(["a", "b"]),
    st.lists(st.floats(-100, 100), min_size=2, max_size=2),
    st.floats(0, 500),
    st.booleans(),
)


@given(st.lists(additions, max_size=30), st.none() | st.floats(1, 1e6))
def test_two_replicas_together_have_the_sums_of_one(
    added: list[tuple[int, str, list[float], float, bool]], half_life_s: float | None
) -> None:
    clock = Clock()
    alone, *replicas = (Statistics("s", half_life_s=half_life_s, clock=clock) for _ in range(3))
    totals: Totals = {}

    for which, key, numbers, seconds, exchanges in added:
        clock.now += seconds
        alone.add(key, numbers)
        replicas[which].add(key, numbers)
        if exchanges:
            exchange(replicas, totals)
    exchange(replicas, totals)

    for key in alone.keys():  # noqa: SIM118 - it is no mapping
        for replica in replicas:
            assert np.allclose(values(replica, key), values(alone, key), rtol=1e-9, atol=1e-9)


@given(st.lists(additions, max_size=30), st.none() | st.floats(1, 1e6))
def test_additions_during_exchanges_and_exchanges_that_fail_lose_nothing(
    added: list[tuple[int, str, list[float], float, bool]], half_life_s: float | None
) -> None:
    clock = Clock()
    alone, *replicas = (Statistics("s", half_life_s=half_life_s, clock=clock) for _ in range(3))
    totals: Totals = {}

    for which, key, numbers, seconds, arrives in added:
        clock.now += seconds
        under_way = replicas[which].changes()
        alone.add(key, numbers)
        replicas[1 - which].add(key, numbers)
        clock.now += seconds
        alone.add(key, numbers)
        replicas[which].add(key, numbers)
        if arrives:
            hand_over(under_way, totals, half_life_s)
            replicas[which].replace(totals)
        else:
            replicas[which].take_back(under_way)
    exchange(replicas, totals)

    for key in alone.keys():  # noqa: SIM118 - it is no mapping
        for replica in replicas:
            assert np.allclose(values(replica, key), values(alone, key), rtol=1e-9, atol=1e-9)


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0.9, 1.0))
def test_discounts_of_replicas_multiply(first: int, second: int, discount: float) -> None:
    replicas = [Statistics("sums", discount=discount, clock=Clock()) for _ in range(2)]
    for replica, count in zip(replicas, (first, second), strict=True):
        for _ in range(count):
            replica.add("key", (1.0,))

    totals: Totals = {}
    exchange(replicas, totals)

    alone = Statistics("sums", discount=discount, clock=Clock())
    for _ in range(first + second):
        alone.add("key", (1.0,))
    assert totals["key"][0] == pytest.approx(values(alone))
