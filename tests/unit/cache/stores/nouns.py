"""What the tests of stores put into them, and how they run."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import blake2b
from time import monotonic
from typing import Any, TypeVar

import numpy as np

from wrp_proxy.cache.base import Entry, Store, Vector

T = TypeVar("T")

FINGERPRINT = "lab-embedder"
DIMENSIONS = 16
PARTITION = b"partition".ljust(16)


class NumpyVectors:
    """The simplest index: every vector of a partition is compared."""

    def __init__(self) -> None:
        self._partitions: dict[bytes, dict[bytes, Vector]] = {}

    def put(self, partition: bytes, entry_id: bytes, vector: Vector) -> None:
        self._partitions.setdefault(partition, {})[entry_id] = vector

    def remove(self, partition: bytes, entry_id: bytes) -> None:
        self._partitions.get(partition, {}).pop(entry_id, None)

    def clear(self) -> None:
        self._partitions.clear()

    def search(self, partition: bytes, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        known = list(self._partitions.get(partition, {}).items())
        near = [(entry_id, float(other @ vector)) for entry_id, other in known]
        return sorted(near, key=lambda found: -found[1])[:count]

    def get(self, partition: bytes, entry_id: bytes) -> Vector | None:
        return self._partitions.get(partition, {}).get(entry_id)


def key(name: object) -> bytes:
    """Make a name of 16 bytes."""
    return blake2b(repr(name).encode(), digest_size=16).digest()


def entry(name: object, clock: Callable[[], float] = lambda: 1000.0, **said: Any) -> Entry:
    """Make an entry that is good for a minute; `name` becomes its id."""
    now = clock()
    usual = {
        "id": key(name),
        "partition": PARTITION,
        "scope": "key:a",
        "tenant": "a",
        "request_id": f"request-{name}",
        "created_at": now,
        "expires_at": now + 60,
        "size": len(answer(name)),
        "fingerprint": FINGERPRINT,
    }
    return Entry(**{**usual, **said})


def answer(name: object, size: int = 40) -> bytes:
    """Make the answer of an entry."""
    return f"answer to {name}".encode().ljust(size)


def vector(name: object, dimensions: int = DIMENSIONS) -> Vector:
    """Make a vector of length 1 in a direction of its own."""
    seed = int.from_bytes(key(name)[:8], "big")
    drawn = np.random.default_rng(seed).normal(size=dimensions).astype(np.float32)
    return drawn / np.linalg.norm(drawn).astype(np.float32)


async def settled(look: Callable[[], T], within_s: float = 10.0) -> T:
    """Return what `look` sees once that is true; fail when it takes too long."""
    deadline = monotonic() + within_s
    while not (seen := look()):
        assert monotonic() < deadline, f"still {seen!r} after {within_s} s"
        await asyncio.sleep(0.005)
    return seen


@asynccontextmanager
async def running(store: Store, *, state: str | None = "ok") -> AsyncIterator[None]:
    """Run a store and close it; wait for a state first, None: for none."""
    task = asyncio.create_task(store.run())
    try:
        if state is not None:
            await settled(lambda: task.done() or store.status().state == state)
        yield
    finally:
        task.cancel()
        ended = await asyncio.gather(task, return_exceptions=True)
        await store.close()
    assert isinstance(ended[0], asyncio.CancelledError), ended
