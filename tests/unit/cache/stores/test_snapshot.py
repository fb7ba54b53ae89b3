"""The file gives back what can be read of it, whatever has happened to it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.unit.cache.stores.nouns import (
    FINGERPRINT,
    PARTITION,
    NumpyVectors,
    answer,
    entry,
    key,
    running,
    settled,
    vector,
)
from tests.unit.clock import Clock
from wrp_proxy.cache.base import Entry
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.memory import MemoryStore
from wrp_proxy.cache.stores.snapshot import Answers, Heading, Piece, SnapshotFile

pytestmark = pytest.mark.anyio


def store_on(path: Path, clock: Clock, **said: Any) -> MemoryStore:
    return MemoryStore(
        **{
            "vectors": NumpyVectors(),
            "limits": StoreLimits(),
            "clock": clock,
            "fingerprint": FINGERPRINT,
            "snapshot": SnapshotFile(path),
            **said,
        }
    )


async def saved(path: Path, clock: Clock, *names: object, **said: Any) -> list[Entry]:
    """Leave a snapshot with some entries."""
    store = store_on(path, clock)
    async with running(store):
        kept = [entry(name, clock, **said) for name in names]
        for name, one in zip(names, kept, strict=True):
            store.add(one, answer(name), vector(name))
    return kept


def leave(path: Path, found: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(found)


def content(path: Path) -> bytes:
    return path.read_bytes()


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.snapshot"


async def test_a_restart_keeps_everything(path: Path) -> None:
    clock = Clock()
    before = store_on(path, clock)
    async with running(before):
        await before.flush("key:a")
        kept = entry(1, clock, epoch=before.epoch("key:a"), canonical=key("folded"))
        before.add(kept, answer(1), vector(1))
        before.note(b"bound", b"1")

    after = store_on(path, clock)
    heard: dict[bytes, bytes] = {}
    after.listen(heard.__setitem__)
    async with running(after):
        assert after.find_canonical(key("folded")) == kept
        assert await after.payload(kept) == answer(1)
        found = after.nearest(PARTITION, vector(1), 1)
        assert [near.entry for near in found] == [kept]
        assert found[0].similarity == pytest.approx(1, abs=1e-3)
        assert after.epoch("key:a") == 1
        assert heard == {b"bound": b"1"}


async def test_what_expires_meanwhile_is_left_out(path: Path) -> None:
    clock = Clock()
    await saved(path, clock, 1)

    clock.now += 60

    after = store_on(path, clock)
    async with running(after):
        assert after.status().entries == 0


async def test_another_embedder_takes_the_answers_without_vectors(path: Path) -> None:
    clock = Clock()
    (kept,) = await saved(path, clock, 1)

    after = store_on(path, clock, fingerprint="another embedder")
    async with running(after):
        assert await after.payload(kept) == answer(1)
        assert after.nearest(PARTITION, vector(1), 1) == []
        assert after.status().vectors == 0


async def test_only_its_owner_may_read_it(path: Path) -> None:
    leave(path.with_name("cache.snapshot.part"), b"readable by all, from a crash")

    await saved(path, Clock(), 1)

    assert modes(path.parent) == {"cache.snapshot": 0o600}


async def test_it_is_written_now_and_then(path: Path) -> None:
    clock = Clock()
    before = store_on(path, clock, snapshot_every_s=0.01)
    async with running(before):
        kept = entry(1, clock)
        before.add(kept, answer(1), None)
        await settled(path.exists)

        copy = path.with_name("copy")
        leave(copy, content(path))

    after = store_on(copy, clock)
    async with running(after):
        assert after.find(kept.id) == kept


async def test_one_that_is_not_loaded_yet_is_not_written_over(path: Path) -> None:
    clock = Clock()
    await saved(path, clock, *range(50))
    before = content(path)

    early = store_on(path, clock)
    early.add(entry("early", clock), answer("early"), None)
    assert early.status().state == "starting"
    await early.close()

    assert content(path) == before


async def test_what_happens_before_it_is_loaded_counts(path: Path) -> None:
    clock = Clock()
    kept, deleted, replaced = await saved(path, clock, 1, 2, 3)
    early = store_on(path, clock)
    later = entry(3, clock, model="later")
    early.add(later, answer("later"), None)
    await early.delete([deleted.id])
    async with running(early):
        assert early.find(kept.id) == kept
        assert early.find(deleted.id) is None
        assert early.find(replaced.id) == later


async def test_a_flush_before_it_is_loaded_ends_what_is_in_it(path: Path) -> None:
    clock = Clock()
    (kept,) = await saved(path, clock, 1)

    early = store_on(path, clock)
    await early.flush("key:a")
    async with running(early):
        assert early.find(kept.id) is None

    after = store_on(path, clock)
    async with running(after):
        assert after.find(kept.id) is None
        assert after.epoch("key:a") == 1


async def test_a_foreign_file_is_set_aside(path: Path) -> None:
    leave(path, b"something else entirely")

    with capture_logs() as logs:
        await saved(path, Clock(), 1)

    assert content(path.with_name("cache.snapshot.set-aside")) == b"something else entirely"
    assert content(path).startswith(b"wrp-proxy cache 1")
    assert [log["log_level"] for log in logs] == ["warning"]


async def test_a_file_that_cannot_be_read_prevents_nothing(path: Path) -> None:
    leave(path / "in the way", b"")

    with capture_logs() as logs:
        store = store_on(path, Clock())
        async with running(store):
            assert store.add(entry(1), answer(1), None)

    assert "the snapshot cannot be written" in store.status().detail
    assert {log["log_level"] for log in logs} == {"warning"}


async def test_it_is_written_in_small_pieces(path: Path) -> None:
    pieces = 0

    def many() -> Iterator[Piece]:
        nonlocal pieces
        yield Heading(0, {})
        for _ in range(100):
            pieces += 1
            yield Answers([])

    task = asyncio.create_task(SnapshotFile(path).write(many()))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1

    assert pieces == 100
    assert turns >= 100


def read(path: Path, clock: Clock) -> tuple[set[bytes], dict[bytes, bytes]]:
    """Load a snapshot and return the ids of its entries, and the answers by id."""

    async def load() -> dict[bytes, bytes]:
        store = store_on(path, clock)
        task = asyncio.create_task(store.run())
        await settled(lambda: store.status().state == "ok")
        answers = {one.id: await store.payload(one) for one in store.entries()}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return {entry_id: found for entry_id, found in answers.items() if found is not None}

    found = asyncio.run(load())
    return set(found), found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a snapshot with entries 0 to 29 in a few pieces."""
    path = tmp_path_factory.mktemp("whole") / "cache.snapshot"
    asyncio.run(saved(path, Clock(), *range(30)))
    return path.read_bytes()


EXPECTED = {key(name): answer(name) for name in range(30)}


@given(st.data())
def test_a_file_that_was_cut_off_gives_what_is_whole(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    length = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.mktemp("cut") / "cache.snapshot"
    path.write_bytes(whole[:length])

    _, answers = read(path, Clock())

    assert answers.items() <= EXPECTED.items()
    assert (len(answers) == 30) == (length == len(whole))


@given(st.data())
def test_a_damaged_file_gives_nothing_that_was_not_written(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=20))
    path = tmp_path_factory.mktemp("damaged") / "cache.snapshot"
    path.write_bytes(whole[:at] + junk + whole[at + len(junk) :])

    _, answers = read(path, Clock())

    assert answers.items() <= EXPECTED.items()
