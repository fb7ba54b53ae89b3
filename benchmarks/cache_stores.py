"""Measure the stores of the cache alone: memory, a million entries, Redis.

Prints one figure a line. Vectors are random: how well they find is another benchmark's question.
"""

import asyncio
import gc
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import psutil
import typer

from wrp_proxy.cache.base import Entry, Store, Vector
from wrp_proxy.cache.index.partitions import PartitionedIndex
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.memory import MemoryStore
from wrp_proxy.cache.stores.redis_options import RedisOptions
from wrp_proxy.cache.stores.redis_store import RedisStore
from wrp_proxy.cache.stores.snapshot import SnapshotFile
from wrp_proxy.cache.stores.vectors import Vectors

DIMENSIONS = 384
FINGERPRINT = "benchmark"
QUESTION = "How do I keep the sea out of a wooden boat that lies dry all winter? " * 2
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result."""

    name: str
    value: float
    unit: str

    def __str__(self) -> str:
        return f"{self.name:<70} {self.value:>10,.2f} {self.unit}"


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A fiftieth of the entries.")] = False,
) -> None:
    """Measure everything and print it."""
    share = 50 if quick else 1
    for figures in (
        memory(100_000 // share),
        asyncio.run(many(1_000_000 // share, 1000 // share)),
        asyncio.run(snapshot(100_000 // share)),
    ):
        print(*figures, sep="\n")
    if shutil.which("redis-server") is None:
        sys.exit("cache_stores: Redis is left out, there is no redis-server")
    print(*asyncio.run(redis(100_000 // share, changes=2000 // share)), sep="\n")


def memory(count: int, answer_bytes: int = 1000) -> list[Figure]:
    """Measure what entries take in one partition, vectors and all."""
    index = PartitionedIndex()
    store = _memory_store(index, StoreLimits(max_bytes=2**40))
    gc.collect()
    before = _rss()
    for number, vector in _vectors(count):
        entry = _entry(number, partition=0, size=answer_bytes)
        store.add(entry, np.random.default_rng(number).bytes(answer_bytes), vector)
        if number % 1000 == 0:
            index.settle()
    index.settle()
    gc.collect()
    taken = _rss() - before
    vectors = index.counts()["bytes"]
    payloads = store.status().payload_bytes
    name = f"memory, {count:,} entries, answers of {answer_bytes} B:"
    return [
        Figure(f"{name} all", taken / 1e6, "MB"),
        Figure(f"{name} vectors", vectors / 1e6, "MB"),
        Figure(f"{name} payloads", payloads / 1e6, "MB"),
        Figure(f"{name} the rest, per entry", (taken - vectors - payloads) / count, "B"),
    ]


async def many(count: int, partitions: int) -> list[Figure]:
    """Fill a store to its bound, look things up, and add a tenth more."""
    index = PartitionedIndex()
    store = _memory_store(index, StoreLimits(max_entries=count, max_bytes=2**40))
    adding = _Times()
    for number, vector in _vectors(count):
        entry = _entry(number, partition=number % partitions)
        with adding:
            store.add(entry, bytes(entry.size), vector)
        if number % 1000 == 0:
            index.settle()
    index.settle()
    full = store.status().payload_bytes
    finding, searching = _Times(), _Times()
    random = Random(1)  # noqa: S311 - draws entries
    for _, vector in _vectors(10_000):
        number = random.randrange(count)
        with finding:
            assert store.find(_name(number)) is not None  # noqa: S101 - else nothing is measured
        with searching:
            store.nearest(_name(f"partition {number % partitions}"), vector, 4)
    evicting = _Times()
    for number, vector in _vectors(count // 10):
        entry = _entry(count + number, partition=number % partitions)
        with evicting:
            store.add(entry, bytes(entry.size), vector)
        if number % 1000 == 0:
            index.settle()
    started = time.thread_time()
    gc.collect()
    collected_ms = (time.thread_time() - started) * 1e3
    name = f"{count:,} entries, {partitions:,} partitions:"
    return [
        *adding.figures(f"{name} add"),
        *finding.figures(f"{name} find"),
        *searching.figures(f"{name} nearest"),
        *evicting.figures(f"{name} add and evict"),
        Figure(f"{name} bytes at the end / at the bound", store.status().payload_bytes / full, ""),
        Figure(f"{name} CPU of one run of the garbage collector", collected_ms, "ms"),
    ]


async def snapshot(count: int, answer_bytes: int = 1000) -> list[Figure]:
    """Write a snapshot and load it."""
    with TemporaryDirectory() as folder:
        file = SnapshotFile(Path(folder) / "cache.snapshot")
        index = PartitionedIndex()
        store = _memory_store(index, StoreLimits(max_bytes=2**40), file)
        async with _running(store):
            for number, vector in _vectors(count):
                store.add(_entry(number, 0, answer_bytes), bytes(answer_bytes), vector)
            index.settle()
            with _Lag() as writing:
                started = time.perf_counter()
                await store.close()
                written_s = time.perf_counter() - started
        again = _memory_store(PartitionedIndex(), StoreLimits(max_bytes=2**40), file)
        with _Lag() as loading:
            started = time.perf_counter()
            async with _running(again):
                loaded_s = time.perf_counter() - started
        held = again.status().entries
    name = f"snapshot of {held:,} entries:"
    return [
        Figure(f"{name} written in", written_s, "s"),
        Figure(f"{name} meanwhile the loop was late by, p99", await writing.p99_ms(), "ms"),
        Figure(f"{name} loaded in", loaded_s, "s"),
        Figure(f"{name} meanwhile the loop was late by, p99", await loading.p99_ms(), "ms"),
    ]


async def redis(count: int, changes: int, answer_bytes: int = 1000) -> list[Figure]:
    """Fill a Redis, start a replica on it, and see how soon it hears of changes."""
    with _redis_server() as url:
        one = _redis_store(url, PartitionedIndex())
        async with _running(one):
            written_s = await _fill(one, count, answer_bytes)
            heard = _Hearing()
            other = _redis_store(url, heard)
            started = time.perf_counter()
            task = asyncio.gather(other.run(), _settle(heard.index))
            ready_s = time.perf_counter() - started
            with _Lag() as loading:
                await _until(lambda: other.status().state == "ok")
                warm_s = time.perf_counter() - started
            late_ms = await _changes(one, heard, count, changes)
            serving = _Times()
            for number in range(min(count, 5000)):
                entry = other.find(_name(number))
                assert entry is not None  # noqa: S101 - else nothing is measured
                with serving:
                    await other.payload(entry)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await other.close()
    name = f"Redis, {count:,} entries:"
    return [
        Figure(f"{name} written in", written_s, "s"),
        Figure(f"{name} a replica is ready in", ready_s * 1e3, "ms"),
        Figure(f"{name} and warm in", warm_s, "s"),
        Figure(f"{name} meanwhile the loop was late by, p99", await loading.p99_ms(), "ms"),
        Figure(f"{name} meanwhile the loop was late by, at most", loading.worst_ms(), "ms"),
        Figure(f"{name} a change is heard of, p50", float(np.percentile(late_ms, 50)), "ms"),
        Figure(f"{name} a change is heard of, p99", float(np.percentile(late_ms, 99)), "ms"),
        *serving.figures(f"{name} payload"),
    ]


class _Times:
    """Collects how long something takes."""

    def __init__(self) -> None:
        self._spent: list[float] = []
        self._started = 0.0

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._spent.append(time.perf_counter() - self._started)

    def figures(self, name: str) -> list[Figure]:
        spent_us = np.array(self._spent) * 1e6
        return [
            Figure(f"{name}, p50", float(np.percentile(spent_us, 50)), "us"),
            Figure(f"{name}, p99", float(np.percentile(spent_us, 99)), "us"),
            Figure(f"{name}, longest", float(spent_us.max()), "us"),
        ]


class _Lag:
    """Watches how late the event loop is."""

    def __enter__(self) -> "_Lag":
        self._late: list[float] = [0.0]
        self._task = asyncio.create_task(self._watch())
        return self

    def __exit__(self, *_: object) -> None:
        self._task.cancel()

    async def p99_ms(self) -> float:
        await asyncio.gather(self._task, return_exceptions=True)
        return float(np.percentile(self._late, 99)) * 1e3

    def worst_ms(self) -> float:
        return max(self._late) * 1e3

    async def _watch(self) -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            self._late.append(time.perf_counter() - started - 0.001)


class _Hearing:
    """An index that notes when it is told of vectors."""

    def __init__(self) -> None:
        self.index = PartitionedIndex()
        self.at: dict[bytes, float] = {}

    def put(self, partition: bytes, entry_id: bytes, vector: Vector) -> None:
        self.at[entry_id] = time.perf_counter()
        self.index.put(partition, entry_id, vector)

    def remove(self, partition: bytes, entry_id: bytes) -> None:
        self.index.remove(partition, entry_id)

    def clear(self) -> None:
        self.index.clear()

    def search(self, partition: bytes, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        return self.index.search(partition, vector, count)

    def get(self, partition: bytes, entry_id: bytes) -> Vector | None:
        return self.index.get(partition, entry_id)


async def _fill(store: RedisStore, count: int, answer_bytes: int) -> float:
    started = time.perf_counter()
    for number, vector in _vectors(count):
        store.add(_entry(number, number % 100, answer_bytes), bytes(answer_bytes), vector)
        if number % 500 == 0:
            await _until(lambda: store.status().waiting_writes < 500)
    await _until(lambda: store.status().waiting_writes == 0)
    return time.perf_counter() - started


async def _changes(one: RedisStore, heard: _Hearing, first: int, count: int) -> Sequence[float]:
    """Add entries to one store and return after how many ms the other knew each."""
    told: dict[bytes, float] = {}
    for number, vector in _vectors(count):
        entry = _entry(first + number, partition=0)
        told[entry.id] = time.perf_counter()
        one.add(entry, bytes(entry.size), vector)
        await asyncio.sleep(0.005)
    await _until(lambda: told.keys() <= heard.at.keys())
    return [(heard.at[entry_id] - at) * 1e3 for entry_id, at in told.items()]


def _memory_store(
    index: PartitionedIndex, limits: StoreLimits, file: SnapshotFile | None = None
) -> MemoryStore:
    return MemoryStore(
        vectors=index, limits=limits, clock=time.time, fingerprint=FINGERPRINT, snapshot=file
    )


def _redis_store(url: str, index: Vectors) -> RedisStore:
    return RedisStore(
        RedisOptions(url=url, timeout_s=5),
        vectors=index,
        limits=StoreLimits(max_bytes=2**40),
        clock=time.time,
        fingerprint=FINGERPRINT,
        random=Random(1),  # noqa: S311 - jitter
    )


@asynccontextmanager
async def _running(store: Store) -> AsyncIterator[None]:
    task = asyncio.create_task(store.run())
    await _until(lambda: store.status().state == "ok")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.close()


async def _settle(index: PartitionedIndex) -> None:
    """Do what the proxy does beside a store that loads."""
    while True:
        await asyncio.sleep(1)
        await asyncio.to_thread(index.settle)


async def _until(look: Callable[[], bool]) -> None:
    while not look():  # noqa: ASYNC110 - stores say how they are, not when it changes
        await asyncio.sleep(0.001)


@contextmanager
def _redis_server() -> Iterator[str]:
    with TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = ["redis-server", "--port", str(port), "--dir", folder, "--save", ""]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while not _answers(port):
                time.sleep(0.01)
            yield f"redis://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _answers(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def _entry(number: int, partition: int, size: int = 100) -> Entry:
    """Make an entry as one that was read: nothing in it is shared but what stores share."""
    now = time.time()
    return Entry(
        id=_name(number),
        partition=_name(f"partition {partition}"),
        canonical=_name(f"canonical {number}"),
        scope=f"key:team-{partition}",
        tenant="team",
        request_id=f"req_{number:024}",
        route="auto",
        model="some-model-2026",
        category="chat",
        question=f"{QUESTION}{number}",
        created_at=now,
        expires_at=now + 86_400,
        size=size,
        fingerprint=FINGERPRINT,
    )


def _name(of: object) -> bytes:
    return blake2b(repr(of).encode(), digest_size=16).digest()


def _vectors(count: int) -> Iterator[tuple[int, Vector]]:
    """Draw numbered vectors of length 1, some at a time."""
    random = np.random.default_rng(1)
    for start in range(0, count, _CHUNK):
        drawn = random.normal(size=(min(_CHUNK, count - start), DIMENSIONS)).astype(np.float32)
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        for place, vector in enumerate(drawn):
            yield start + place, vector.copy()


def _rss() -> int:
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    typer.run(main)
