"""All that is known in this process stays consistent, whatever comes and goes."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cache.stores.nouns import (
    FINGERPRINT,
    PARTITION,
    NumpyVectors,
    answer,
    entry,
    key,
    vector,
)
from tests.unit.clock import Clock
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.table import SHELVES, EntryTable


def table(clock: Clock, vectors: NumpyVectors | None = None, **limits: int) -> EntryTable:
    return EntryTable(
        vectors=vectors or NumpyVectors(),
        limits=StoreLimits(**limits),  # type: ignore[arg-type] # a test's limits are whole numbers
        clock=clock,
        fingerprint=FINGERPRINT,
    )


def test_a_sweep_of_all_shelves_leaves_only_what_is_good() -> None:
    clock = Clock()
    swept = table(clock)
    kept = entry("kept", clock, expires_at=2000)
    expired = [entry(n, clock) for n in range(100)]
    behind = entry("behind", clock, scope="key:b", expires_at=2000)
    for one in (kept, *expired, behind):
        swept.put(one, answer(1), vector(one.id))

    clock.now += 60
    swept.epochs.begin("key:b")
    gone = [one for _ in range(SHELVES) for one in swept.sweep()]

    assert {one.id for one in gone} == {one.id for one in (*expired, behind)}
    assert (len(swept), swept.vectors, swept.payload_bytes) == (1, 1, 40)


def test_an_id_that_has_left_since_the_search_is_skipped() -> None:
    clock, vectors = Clock(), NumpyVectors()
    searched = table(clock, vectors)
    kept = entry(1, clock)
    searched.put(kept, b"", vector(1))
    vectors.put(PARTITION, key("left"), vector(1))

    assert [near.entry for near in searched.nearest(PARTITION, vector(1), 5)] == [kept]


def test_a_canonical_name_goes_with_its_last_entry_only() -> None:
    clock = Clock()
    named = table(clock)
    first, second = (entry(name, clock, canonical=key("same")) for name in (1, 2))
    named.put(first, b"", None)
    named.put(second, b"", None)

    named.remove(first.id)
    assert named.find_canonical(key("same")) == second
    named.remove(second.id)
    assert named.find_canonical(key("same")) is None


def test_entries_that_were_refused_are_counted() -> None:
    clock = Clock()
    refusing = table(clock, writes_per_minute=1, max_bytes=10_000)

    assert refusing.admits(entry(1, clock))
    assert not refusing.admits(entry(2, clock))
    assert not refusing.admits(entry(3, clock, scope="key:b", size=20_000))
    assert refusing.refused == 2


steps = st.tuples(
    st.sampled_from(["put", "put", "put", "bare", "remove", "find", "later", "flush", "sweep"]),
    st.integers(0, 12),
    st.sampled_from(["key:a", "key:b"]),
    st.integers(0, 3),
)


@given(st.lists(steps, max_size=100))
def test_the_counts_are_those_of_what_is_held(turns: list[tuple[str, int, str, int]]) -> None:
    clock, vectors = Clock(), NumpyVectors()
    counted = table(clock, vectors, max_entries=8)

    for do, name, scope, place in turns:
        made = entry(
            name,
            clock,
            scope=scope,
            partition=key(place),
            canonical=key(("canonical", place)),
            epoch=counted.epochs.of(scope),
        )
        if do in {"put", "bare"}:
            counted.put(made, answer(name), vector(name) if do == "put" else None)
            assert counted.find(made.id) == made
            assert counted.find_canonical(made.canonical) == made
        elif do == "remove":
            counted.remove(made.id)
            assert counted.find(made.id) is None
        elif do == "find":
            counted.find(made.id)
        elif do == "later":
            clock.now += 20
        elif do == "flush":
            counted.epochs.begin(scope if place else None)
        else:
            counted.sweep()

        held = [one for number in range(SHELVES) for one in counted.shelf(number)]
        assert len(counted) == len(held) <= 8
        assert counted.payload_bytes == sum(len(one.payload or b"") for one in held)
        assert counted.partitions == len({one.entry.partition for one in held})
        assert counted.vectors == sum(one.has_vector for one in held)
        found = {
            entry_id
            for place in range(4)
            for entry_id, _ in vectors.search(key(place), vector(0), 99)
        }
        assert found == {one.entry.id for one in held if one.has_vector}
        assert all(counted.is_good(one) for one in counted.entries())
