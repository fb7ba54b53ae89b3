"""The small parts of stores: rate, epochs, notes, recent answers, breaker, names."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,  # noqa: A004 - Redis's own
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from tests.unit.cache.stores.nouns import NumpyVectors, answer, entry, settled
from tests.unit.clock import Clock
from wrp_proxy.cache.stores.answers import RecentAnswers
from wrp_proxy.cache.stores.breaker import Breaker
from wrp_proxy.cache.stores.epochs import Epochs
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.memory import MemoryStore
from wrp_proxy.cache.stores.notes import Notes
from wrp_proxy.cache.stores.redis_keys import RedisKeys, member, members
from wrp_proxy.cache.stores.redis_link import words
from wrp_proxy.cache.stores.redis_options import RedisOptions
from wrp_proxy.cache.stores.sharded import ShardedStore
from wrp_proxy.cache.stores.write_rate import WriteRate


@given(st.lists(st.floats(0, 100), max_size=200))
def test_no_scope_writes_more_than_its_rate_and_one_burst(pauses_s: list[float]) -> None:
    clock = Clock()
    rate = WriteRate(6, clock)

    taken = 0
    for pause_s in pauses_s:
        clock.now += pause_s
        taken += rate.allows("key:a")

    assert taken <= 6 + (clock.now - 1000) * 6 / 60 + 1e-6
    assert rate.allows("key:b")


def test_a_clock_that_is_set_back_gives_nothing() -> None:
    clock = Clock()
    rate = WriteRate(1, clock)
    assert rate.allows("key:a")

    clock.now -= 500

    assert not rate.allows("key:a")


def test_scopes_that_wait_are_forgotten() -> None:
    clock = Clock()
    rate = WriteRate(1, clock)
    for number in range(10_000):
        rate.allows(f"key:{number}")

    clock.now += 60

    assert rate.allows("key:0")
    assert not rate.allows("key:0")


def test_an_epoch_changes_with_its_scope_and_with_all() -> None:
    epochs = Epochs()

    assert epochs.begin("key:a") == 1
    assert epochs.begin(None) == 1
    assert (epochs.of("key:a"), epochs.of("key:b")) == (2, 1)


def test_old_news_of_epochs_changes_nothing() -> None:
    epochs = Epochs()
    epochs.learn("key:a", 5)
    epochs.learn(None, 2)

    epochs.learn("key:a", 3)
    epochs.learn(None, 1)

    assert epochs.of("key:a") == 7


def test_the_last_note_counts_and_the_oldest_is_forgotten() -> None:
    notes = Notes(2)

    assert [notes.keep(bytes([n]), b"") for n in (1, 2, 1, 3)] == [None, None, None, b"\x02"]
    assert [key for key, _ in notes.items()] == [b"\x01", b"\x03"]


def test_a_note_is_told_once() -> None:
    notes, heard = Notes(9), list[bytes]()
    notes.listen(lambda _, value: heard.append(value))

    notes.hear(b"bound", b"1")
    notes.hear(b"bound", b"1")
    notes.hear_earlier({b"bound": b"0", b"other": b"2"})

    assert heard == [b"1", b"2"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60)), max_size=50))
def test_recent_answers_are_bounded(puts: list[tuple[int, int]]) -> None:
    answers = RecentAnswers(100)

    for name, size in puts:
        answers.put(bytes([name]), bytes(size))
        kept = [answers.get(bytes([known])) for known in range(6)]
        assert answers.bytes == sum(len(one) for one in kept if one is not None) <= 100
        assert answers.get(bytes([name])) == bytes(size)


def test_pauses_grow_with_jitter_within_bounds() -> None:
    breaker = Breaker(Random(1))  # noqa: S311 - jitter
    pauses_s, pause_s = list[float](), 0.0
    for _ in range(200):
        pause_s = breaker.next_pause_s(pause_s)
        pauses_s.append(pause_s)

    assert all(0.25 <= pause <= 5 for pause in pauses_s)
    assert pauses_s[0] <= 0.5
    assert max(pauses_s) == 5
    assert len(set(pauses_s)) > 100


@pytest.mark.anyio
async def test_an_open_breaker_closes_when_the_other_side_answers() -> None:
    breaker = Breaker(Random(1))  # noqa: S311 - jitter
    reasons = ["still away", ""]

    async def ask() -> str:
        return reasons.pop(0)

    watching = asyncio.create_task(breaker.watch(ask))
    assert breaker.is_closed
    breaker.open("away")
    assert (breaker.is_closed, breaker.reason) == (False, "away")
    await settled(lambda: breaker.reason == "still away")
    await breaker.wait_until_closed()

    assert (breaker.is_closed, breaker.reason, reasons) == (True, "", [])
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


@pytest.mark.parametrize(
    "kind",
    [
        AuthenticationError,
        BusyLoadingError,
        ConnectionError,
        NoPermissionError,
        OSError,
        OutOfMemoryError,
        ReadOnlyError,
        RedisClusterException,
        RedisError,
        ResponseError,
        TimeoutError,
    ],
)
def test_trouble_is_told_in_words_without_what_redis_quotes(kind: type[Exception]) -> None:
    said = words(kind("SET wrp:{x}:payload 'a private question' redis://:secret@host"))

    assert len(said) > 8
    assert "private" not in said
    assert "secret" not in said


def test_options_do_not_show_the_address() -> None:
    assert "secret" not in repr(RedisOptions(url="redis://:secret@127.0.0.1"))


def test_keys_of_one_scope_share_a_slot() -> None:
    keys = RedisKeys("wrp")
    one, other = (member(entry(n, scope="key:a")) for n in (1, 2))
    another = member(entry(3, scope="key:b"))

    tags = [
        name[name.index(b"{") : name.index(b"}")]
        for name in (keys.payload(one), keys.record(other), keys.epoch(one[:8]))
    ]

    assert len(set(tags)) == 1
    assert keys.payload(another)[: len("wrp:{") + 16] != keys.payload(one)[: len("wrp:{") + 16]
    assert members(one + other + another) == [one, other, another]


def test_a_prefix_with_braces_is_refused() -> None:
    with pytest.raises(ValueError, match="braces"):
        RedisKeys("wrp{1}")


def sharded(names: Sequence[str]) -> tuple[ShardedStore, dict[str, MemoryStore]]:
    stores = {
        name: MemoryStore(
            vectors=NumpyVectors(), limits=StoreLimits(), clock=Clock(), fingerprint=""
        )
        for name in names
    }
    return ShardedStore(stores), stores


def test_only_the_scopes_of_a_shard_that_leaves_move() -> None:
    homes = []
    for names in (("one", "two", "three"), ("one", "two")):
        store, stores = sharded(names)
        for number in range(100):
            store.add(entry(number, scope=f"key:{number}"), answer(number), None)
        homes.append({found.scope: name for name, one in stores.items() for found in one.entries()})

    before, after = homes
    assert all(after[scope] == home for scope, home in before.items() if home != "three")
    assert {home for scope, home in after.items() if before[scope] == "three"} == {"one", "two"}
