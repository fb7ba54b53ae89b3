"""Measure the whole cache as the pipeline calls it: look-ups of questions in other words.

    python benchmarks/cache_lookup.py [--quick]

Real embedder, index, guard and store; the entries around the one that answers have random vectors.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
import numpy as np
import typer

from wrp_proxy.cache.base import Entry, Lookup
from wrp_proxy.cache.inquiry import Inquiry
from wrp_proxy.cache.payload import Payload, encode
from wrp_proxy.cache_maker import CacheParts, make_cache
from wrp_proxy.embedder_maker import make_embedder
from wrp_proxy.settings.schema import Settings
from wrp_proxy.types import ChatRequest, Workload

KNOWN = "How do I renew the lease of a mooring in the old harbour before the first of {}?"
ASKED = "How can I renew the lease of a mooring in the old harbour before the first of {}?"
MONTHS = ("March", "April", "May", "June", "July", "August", "September", "October")
WORKLOAD = Workload(
    input_tokens=20,
    tokens_exact=True,
    text_bytes=80,
    max_output_tokens=None,
    expected_output_tokens=100,
    kind="chat",
    needs=frozenset(),
)
ANSWER = msgspec.json.encode(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "mock",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Yes. " * 180},
                "finish_reason": "stop",
            }
        ],
    }
)


@dataclass(slots=True)
class Taken:
    """What look-ups took, and what they did to the event loop."""

    milliseconds: list[float] = field(default_factory=list)
    hits: int = 0
    skipped: int = 0
    blocked_ms: float = 0.0
    """The longest time that the event loop did nothing else."""

    def percentile(self, percent: float) -> float:
        return float(np.percentile(self.milliseconds, percent))


def main(quick: Annotated[bool, typer.Option("--quick")] = False) -> None:
    """Print p50 and p99 of look-ups, and what happens at four times the embedder's capacity."""
    for entries in (1_000, 10_000) if quick else (10_000, 100_000):
        taken = asyncio.run(lookups(entries, 200 if quick else 400))
        print(
            f"semantic look-up among {entries:,}: p50 {taken.percentile(50):.2f} ms, "
            f"p99 {taken.percentile(99):.2f} ms, {taken.hits} hits of {len(taken.milliseconds)}, "
            f"longest block of the loop {taken.blocked_ms:.2f} ms"
        )
    taken = asyncio.run(overload(3.0 if quick else 10.0))
    print(
        f"at 4x capacity: p50 {taken.percentile(50):.2f} ms, p99 {taken.percentile(99):.2f} ms "
        f"added, {taken.skipped / len(taken.milliseconds):.0%} skipped, "
        f"longest block of the loop {taken.blocked_ms:.2f} ms"
    )


async def lookups(entries: int, count: int) -> Taken:
    """Look questions up one after the other, in a partition with so many entries."""
    async with running_cache() as parts:
        await fill(parts, entries)
        taken = Taken()
        ticking = asyncio.create_task(_tick(taken))
        for number in range(count):
            await _look_up(parts, ASKED.format(MONTHS[number % len(MONTHS)]), taken)
            await asyncio.sleep(0.005)  # as requests come, not in one breath
        ticking.cancel()
        return taken


async def overload(seconds: float) -> Taken:
    """Send four times as many different questions as can be embedded."""
    async with running_cache() as parts:
        await fill(parts, 1000)
        alone = Taken()
        for number in range(50):
            await _look_up(parts, _other_question(number), alone)
        gap_s = alone.percentile(50) / 1000 / 4
        taken = Taken()
        ticking = asyncio.create_task(_tick(taken))
        tasks = []
        began = time.perf_counter()
        number = 0
        while (now := time.perf_counter()) < began + seconds:
            while number * gap_s < now - began:
                number += 1
                question = _other_question(1000 + number)
                tasks.append(asyncio.create_task(_look_up(parts, question, taken)))
            await asyncio.sleep(0.001)
        await asyncio.gather(*tasks)
        ticking.cancel()
        return taken


@asynccontextmanager
async def running_cache() -> AsyncIterator[CacheParts]:
    settings = Settings.model_validate(
        {
            "routes": {"auto": {"cache": "balanced"}},
            "cache": {"snapshot": False, "writes_per_minute": 10**9},
        }
    )
    with TemporaryDirectory() as folder:
        embedder, _ = make_embedder(
            settings.cache.embedder, _NoModels().embeddings, is_semantic=True
        )
        parts = make_cache(settings, Path(folder), _NoModels(), lambda route: 0.0, embedder)
        tasks = [asyncio.create_task(work()) for work in parts.background]
        while await _is_loading(parts):  # noqa: ASYNC110 - as a caller sees it
            await asyncio.sleep(0.05)
        yield parts
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in parts.closing:
            await close()


async def fill(parts: CacheParts, entries: int) -> None:
    """Put in the answers that will be asked for, and random vectors around them."""
    for month in MONTHS:
        await _save(parts, KNOWN.format(month))
    store = parts.report.store
    inquiry = _inquiry(await parts.cache.lookup(_request("Who?"), "auto"))
    random = np.random.default_rng(7)
    payload = encode(Payload(body=ANSWER, model="mock", workload=WORKLOAD, usage=None))
    now = time.time()
    for number in range(entries - len(MONTHS)):
        vector = random.standard_normal(384, dtype=np.float32)
        entry = Entry(
            id=number.to_bytes(16, "big"),
            partition=inquiry.names[inquiry.scope].partition,
            scope=inquiry.scope,
            tenant="anonymous",
            request_id=str(number),
            question=f"What is number {number} of the list?",
            created_at=now,
            expires_at=now + 3600,
            size=len(payload),
            fingerprint=inquiry.fingerprint,
        )
        store.add(entry, payload, vector / np.linalg.norm(vector))
        if number % 1000 == 0:
            await asyncio.sleep(0)
    while store.status().vectors < entries:  # noqa: ASYNC110 - as an operator sees it
        await asyncio.sleep(0.1)
    await asyncio.sleep(12.0 if entries > 50_000 else 2.0)  # large partitions are divided


async def _save(parts: CacheParts, text: str) -> None:
    request = _request(text)
    lookup = await parts.cache.lookup(request, "auto")
    lookup = await parts.cache.nearest(lookup, WORKLOAD)
    inquiry = _inquiry(lookup)
    payload = encode(Payload(body=ANSWER, model="mock", workload=WORKLOAD, usage=None))
    now = time.time()
    entry = Entry(
        id=inquiry.entry_id,
        partition=inquiry.names[inquiry.scope].partition,
        scope=inquiry.scope,
        tenant="anonymous",
        request_id=text,
        question=text,
        created_at=now,
        expires_at=now + 3600,
        size=len(payload),
        fingerprint=inquiry.fingerprint,
    )
    parts.report.store.add(entry, payload, inquiry.found.vector if inquiry.found else None)


async def _look_up(parts: CacheParts, text: str, taken: Taken) -> None:
    began = time.perf_counter()
    lookup = await parts.cache.lookup(_request(text, debug=True), "auto")
    lookup = await parts.cache.nearest(lookup, WORKLOAD)
    taken.milliseconds.append((time.perf_counter() - began) * 1000)
    taken.hits += lookup.hit is not None
    taken.skipped += _was_skipped(lookup)


def _inquiry(lookup: Lookup) -> Inquiry:
    if not isinstance(lookup.own, Inquiry):
        raise TypeError("the request passed the cache by")
    return lookup.own


def _was_skipped(lookup: Lookup) -> bool:
    return lookup.notes.get("not-semantic") == "skipped"


async def _is_loading(parts: CacheParts) -> bool:
    lookup = await parts.cache.lookup(_request("Is anybody there?"), "auto")
    return _was_skipped(await parts.cache.nearest(lookup, WORKLOAD))


async def _tick(taken: Taken) -> None:
    """Notice how long the loop does nothing else than what is measured."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0)
        taken.blocked_ms = max(taken.blocked_ms, (time.perf_counter() - before) * 1000)
        await asyncio.sleep(0.001)


def _other_question(number: int) -> str:
    return f"Which of the boats that lie at pier {number} is to be painted before the next summer?"


def _request(text: str, *, debug: bool = False) -> ChatRequest:
    body = {"model": "auto", "messages": [{"role": "user", "content": text}]}
    return ChatRequest(
        id="bench",
        tenant="anonymous",
        session=None,
        model="auto",
        body=body,
        raw=msgspec.json.encode(body),
        debug=debug,
    )


class _NoModels:
    """Nothing is asked here."""

    async def chat(self, model: str, messages: object) -> tuple[str, float | None]:
        raise NotImplementedError

    async def embeddings(self, model: str, texts: object) -> list[list[float]]:
        raise NotImplementedError


if __name__ == "__main__":
    typer.run(main)
