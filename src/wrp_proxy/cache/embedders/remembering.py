"""An embedder shared by cache and classifier: a text is embedded once for both."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TypeVar

from wrp_proxy.cache.base import Embedder, Vector

T = TypeVar("T")
_REMEMBERED = 256


class RememberingEmbedder:
    """Remembers the latest vectors, for those who look at the same text a moment later."""

    def __init__(self, embedder: Embedder, *, is_eager: bool) -> None:
        """`is_eager`: load the model at start, not when it is asked for the first time."""
        self._embedder = embedder
        self._is_eager = is_eager
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._failed = 0
        self._starting: asyncio.Task[None] | None = None

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    async def embed(self, text: str, then: Callable[[Vector], T], wait_s: float) -> T | None:
        if self._starting is None:
            self._starting = asyncio.create_task(self._embedder.start())
        vector = self._vectors.get(text)
        if vector is not None:
            return await self._again(vector, then)
        made = await self._embedder.embed(text, lambda new: (new, then(new)), wait_s)
        if made is None:
            return None
        self._vectors[text] = made[0]
        while len(self._vectors) > _REMEMBERED:
            self._vectors.popitem(last=False)
        return made[1]

    async def _again(self, vector: Vector, then: Callable[[Vector], T]) -> T | None:
        try:
            return await asyncio.to_thread(then, vector)
        except Exception:  # noqa: BLE001 - border: as in the embedder, no request fails by it
            self._failed += 1
            return None

    async def vector(self, text: str, wait_s: float) -> Vector | None:
        """Return the vector of a text; None where there is none in time."""
        known = self._vectors.get(text)
        return known if known is not None else await self.embed(text, _itself, wait_s)

    def counts(self) -> Mapping[str, int]:
        """Count as the embedder does; what was remembered is not embedded anew."""
        counts = dict(self._embedder.counts())
        if self._failed:
            counts["failed"] = counts.get("failed", 0) + self._failed
        return counts

    async def start(self) -> None:
        if self._is_eager and self._starting is None:
            self._starting = asyncio.create_task(self._embedder.start())
            await self._starting

    async def close(self) -> None:
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
        await self._embedder.close()


def _itself(vector: Vector) -> Vector:
    return vector
