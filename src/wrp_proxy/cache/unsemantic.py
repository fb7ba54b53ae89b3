"""Null objects for a cache that looks for no other words: no vectors, no embedder."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from wrp_proxy.cache.base import Vector

T = TypeVar("T")


class NoVectors:
    """Holds none."""

    def put(self, partition: bytes, entry_id: bytes, vector: Vector) -> None:
        return

    def remove(self, partition: bytes, entry_id: bytes) -> None:
        return

    def clear(self) -> None:
        return

    def search(self, partition: bytes, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        return []

    def get(self, partition: bytes, entry_id: bytes) -> Vector | None:
        return None


class NoEmbedder:
    """Skips every text."""

    fingerprint = ""
    dimensions = 0

    async def embed(self, text: str, then: Callable[[Vector], T], wait_s: float) -> T | None:
        return None

    def counts(self) -> Mapping[str, int]:
        return {}

    async def start(self) -> None:
        return

    async def close(self) -> None:
        return
