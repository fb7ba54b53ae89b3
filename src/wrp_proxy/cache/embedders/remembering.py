"""An embedder shared by cache and classifier: a text is embedded once for both."""

import asyncio
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TypeVar

from wrp_proxy.cache.base import Embedder, Vector

T = TypeVar("T")


class RememberingEmbedder:
    """Remembers the last vector of a request, for who looks at the same text a moment later.

    Of that request only, which is a task with a context of its own: what is quicker the second
    time would tell one caller what another has asked.
    """

    def __init__(self, embedder: Embedder, *, is_eager: bool) -> None:
        """`is_eager`: load the model at start, not when it is asked for the first time."""
        self._embedder = embedder
        self._is_eager = is_eager
        self._latest: ContextVar[tuple[str, Vector] | None] = ContextVar("latest", default=None)
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
        vector = self._known(text)
        if vector is not None:
            return await self._again(vector, then)
        made = await self._embedder.embed(text, lambda new: (new, then(new)), wait_s)
        if made is None:
            return None
        self._latest.set((text, made[0]))
        return made[1]

    def _known(self, text: str) -> Vector | None:
        latest = self._latest.get()
        return latest[1] if latest is not None and latest[0] == text else None

    async def _again(self, vector: Vector, then: Callable[[Vector], T]) -> T | None:
        try:
            return await asyncio.to_thread(then, vector)
        except Exception:  # noqa: BLE001 - border: as in the embedder, no request fails by it
            self._failed += 1
            return None

    async def vector(self, text: str, wait_s: float) -> Vector | None:
        """Return the vector of a text; None where there is none in time."""
        known = self._known(text)
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
