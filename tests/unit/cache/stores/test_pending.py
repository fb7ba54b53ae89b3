"""What Redis is still to be told: the last word, within bounds."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cache.stores.nouns import answer, entry
from wrp_proxy.cache.stores.pending import Batch, Pending
from wrp_proxy.cache.stores.records import Record
from wrp_proxy.cache.stores.redis_keys import member


def record(name: object, **said: Any) -> Record:
    return Record(entry(name, **said), b"", answer(name))


def test_the_oldest_writes_are_lost_first() -> None:
    pending = Pending(max_writes=3, max_bytes=10_000)

    for name in range(5):
        pending.write(record(name))

    assert list(pending.writes) == [entry(name).id for name in (2, 3, 4)]
    assert pending.lost == 2


def test_writes_are_bounded_in_bytes() -> None:
    pending = Pending(max_writes=100, max_bytes=100)

    for name in range(5):
        pending.write(record(name))

    assert pending.bytes == 80


def test_a_delete_takes_back_a_write() -> None:
    pending = Pending(max_writes=10, max_bytes=1000)
    pending.write(record(1))

    pending.delete(member(entry(1)))

    batch = pending.batch()
    assert (list(batch.deletes), batch.writes, pending.bytes) == ([member(entry(1))], [], 0)


def test_what_people_delete_is_not_bounded_but_what_made_room_is() -> None:
    pending = Pending(max_writes=2, max_bytes=1000)

    for name in range(5):
        pending.delete(member(entry(name)))
    for name in range(5, 9):
        pending.clean_up(member(entry(name)))

    assert len(pending) == 5


def test_a_word_that_comes_meanwhile_is_still_to_be_told() -> None:
    pending = Pending(max_writes=10, max_bytes=1000)
    pending.delete(member(entry(1)))
    pending.write(record(1))
    pending.note(b"bound", b"1")
    pending.flush("key:a")
    batch = pending.batch()

    pending.delete(member(entry(1)))
    pending.write(record(1, request_id="later"))
    pending.note(b"bound", b"2")
    pending.flush("key:a")
    pending.told(batch)

    rest = pending.batch()
    assert list(rest.deletes) == [member(entry(1))]
    assert [one.entry.request_id for one in rest.writes] == ["later"]
    assert (rest.notes, rest.flushes) == ({b"bound": b"2"}, {"key:a": 1})


def test_a_batch_is_bounded() -> None:
    pending = Pending(max_writes=10_000, max_bytes=10**9)
    for name in range(2000):
        pending.delete(member(entry(name)))
        pending.write(record(name))
    large = Record(entry("large"), b"", bytes(10**6))
    first = Pending(max_writes=10, max_bytes=10**9)
    first.write(large)
    first.write(record("next"))

    batch = pending.batch()

    assert len(batch.writes) <= 64
    assert len(batch.deletes) <= 512
    assert first.batch().writes == [large]


WORDS: dict[str, Callable[[Pending, int], None]] = {
    "write": lambda pending, n: pending.write(record(n)),
    "delete": lambda pending, n: pending.delete(member(entry(n))),
    "clean up": lambda pending, n: pending.clean_up(member(entry(n))),
    "forget": lambda pending, n: pending.forget(entry(n).id),
    "flush": lambda pending, n: pending.flush(f"key:{n}" if n else None),
    "note": lambda pending, n: pending.note(bytes([n]), b"" if n % 2 else None),
}
steps = st.tuples(st.sampled_from([*WORDS, "batch", "told"]), st.integers(0, 5))


@given(st.lists(steps, max_size=60))
def test_everything_is_told_once_nothing_comes_any_more(turns: list[tuple[str, int]]) -> None:
    pending = Pending(max_writes=4, max_bytes=200)
    on_the_way: list[Batch] = []

    for do, name in turns:
        if do in WORDS:
            WORDS[do](pending, name)
        elif do == "batch" and not on_the_way:
            on_the_way.append(pending.batch())
        elif on_the_way:
            pending.told(on_the_way.pop())
        assert pending.bytes == sum(len(one.payload) for one in pending.writes.values()) <= 200
        assert pending.filled.is_set() or not len(pending)

    for batch in on_the_way:
        pending.told(batch)
    while len(pending):
        pending.told(pending.batch())
    assert pending.bytes == 0
