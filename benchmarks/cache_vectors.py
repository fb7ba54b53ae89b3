"""Measure the cache's vectors: embedding, search, memory, and what an overload does to requests.

Milliseconds are those of the machine as it is at the moment: measure on an idle one.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt
import psutil
import typer

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.onnx import OnnxMiniLM
from wrp_proxy.cache.embedders.threaded import ThreadedEmbedder
from wrp_proxy.cache.index.cells import train_cells
from wrp_proxy.cache.index.partitions import PartitionedIndex

Milliseconds = npt.NDArray[np.float64]

_DIMENSIONS = 384
_SENTENCES = {
    20: "Which of the two rivers that meet near the old town carries more water in summer?",
    200: " ".join(
        ["The river that comes down from the hills is wide and slow in a dry summer."] * 11
    ),
}
_WAIT_S = 0.015
_OVERLOAD = 4


@dataclass(slots=True)
class Overload:
    """What requests feel while more come than can be embedded."""

    per_second: float
    added_ms: list[float] = field(default_factory=list)
    skipped: int = 0
    blocked_ms: float = 0.0
    """The longest time that the event loop did nothing else."""


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Leave out a million vectors.")] = False,
    seconds: Annotated[float, typer.Option(min=0.5, help="Length of the overload.")] = 10.0,
    seed: Annotated[int, typer.Option(help="Of vectors, and of when texts come.")] = 0,
) -> None:
    """Print p50 and p99 of each time, and the memory that vectors take."""
    shapes = [(1_000, 1), (10_000, 1), (100_000, 1), (1_000_000, 1_000)]
    for entries, partitions in shapes[:-1] if quick else shapes:
        taken = search_ms(entries, partitions, seed)
        _show(f"search {entries:,} vectors in {partitions:,} partition(s)", taken)
    for partitions in (1, 100, 10_000):
        grown = _in_process_of_its_own(partitions, seed)
        print(f"{f'100,000 vectors in {partitions:,} partition(s)':48} {grown:6.1f} MB")
    for tokens, text in _SENTENCES.items():
        _show(f"embed {tokens} tokens", embed_ms(text))
    for threads in (1, 2):
        felt = asyncio.run(overload(threads, seconds, seed))
        _show(f"added at {felt.per_second:.0f} texts/s by {threads} thread(s)", felt.added_ms)
        share = felt.skipped / len(felt.added_ms)
        print(f"{'':48} {share:.0%} skipped, event loop blocked {felt.blocked_ms:.1f} ms at most")


def search_ms(entries: int, partitions: int, seed: int) -> Sequence[float]:
    index, rng = PartitionedIndex(), np.random.default_rng(seed)
    fill(index, _names(entries), partitions, rng)
    taken = []
    for place in rng.integers(0, partitions, 1000):
        asked = _vectors(1, rng)[0]
        began_at = time.perf_counter()
        index.search(_names(1, int(place))[0], asked, 4)
        taken.append((time.perf_counter() - began_at) * 1e3)
    return taken


def memory_mb(partitions: int, seed: int) -> float:
    """Put 100,000 vectors one by one; return by how much the process has grown.

    The names of the entries are not counted: the entries have them too.
    """
    index, rng, process = PartitionedIndex(), np.random.default_rng(seed), psutil.Process()
    train_cells(_vectors(8000, rng), 400)  # libraries have buffers that they allocate once
    names = _names(100_000)
    before = process.memory_info().rss
    fill(index, names, partitions, rng)
    return (process.memory_info().rss - before) / 1e6


def embed_ms(text: str, times: int = 100) -> Sequence[float]:
    model = OnnxMiniLM()
    model.load()
    taken = []
    for _ in range(times):
        began_at = time.perf_counter()
        model.embed_one(text)
        taken.append((time.perf_counter() - began_at) * 1e3)
    return taken


async def overload(threads: int, seconds: float, seed: int) -> Overload:
    """Ask for four times as many short texts as can be embedded, at random moments."""
    text = _SENTENCES[20]
    alone_s = float(np.median(embed_ms(text))) / 1e3
    felt = Overload(per_second=_OVERLOAD * threads / alone_s)
    embedder = ThreadedEmbedder(OnnxMiniLM(), threads=threads)
    await embedder.start()
    ticking = asyncio.create_task(_tick(felt))
    asking: set[asyncio.Task[None]] = set()
    rng = np.random.default_rng(seed)
    loop = asyncio.get_running_loop()
    at = loop.time()
    ends_at = at + seconds
    while at < ends_at:
        at += rng.exponential(1 / felt.per_second)
        await asyncio.sleep(at - loop.time())
        asking.add(asyncio.create_task(_ask(embedder, text, felt)))
    await asyncio.gather(*asking)
    ticking.cancel()
    await embedder.close()
    return felt


def fill(
    index: PartitionedIndex, names: Sequence[bytes], partitions: int, rng: np.random.Generator
) -> None:
    """Put a vector for each name, in turns over the partitions."""
    held = _names(partitions)
    for start in range(0, len(names), 100):
        part = names[start : start + 100]
        for place, (name, vector) in enumerate(zip(part, _vectors(len(part), rng), strict=True)):
            index.put(held[(start + place) % partitions], name, vector.copy())
        index.settle()


async def _ask(embedder: ThreadedEmbedder, text: str, felt: Overload) -> None:
    began_at = time.perf_counter()
    vector = await embedder.embed(text, lambda vector: vector, _WAIT_S)
    felt.added_ms.append((time.perf_counter() - began_at) * 1e3)
    felt.skipped += vector is None


async def _tick(felt: Overload) -> None:
    while True:
        began_at = time.perf_counter()
        await asyncio.sleep(0)
        felt.blocked_ms = max(felt.blocked_ms, (time.perf_counter() - began_at) * 1e3)
        await asyncio.sleep(0.0005)


def _in_process_of_its_own(partitions: int, seed: int) -> float:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        return processes.submit(memory_mb, partitions, seed).result()


def _vectors(count: int, rng: np.random.Generator) -> Vector:
    """Return random vectors, one a row: no two are near each other."""
    rows = rng.standard_normal((count, _DIMENSIONS), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def _names(count: int, start: int = 0) -> list[bytes]:
    return [number.to_bytes(16) for number in range(start, start + count)]


def _show(what: str, taken: Sequence[float]) -> None:
    p50, p99 = np.percentile(taken, (50, 99))
    print(f"{what:48} p50 {p50:7.2f} ms, p99 {p99:7.2f} ms")


if __name__ == "__main__":
    typer.run(main)
