"""Vectors for entries that came while the embedder was busy, or still loading."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from wrp_proxy.cache.base import Embedder, Entry, Store, Vector

_MOST = 1000
"""Entries that wait; without a vector they are answered by their words only."""
_TRIES = 60
_PAUSE_S = 0.5
"""Between tries; longer texts than the model takes are given up after them."""


class LateVectors:
    """Embeds one text at a time, so that no lookup waits for more than one of them."""

    def __init__(
        self,
        *,
        store: Store,
        embedder: Embedder,
        wait_s: float,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`wait_s` is how long a text waits in line, as one that is looked up does."""
        self._store = store
        self._embedder = embedder
        self._wait_s = wait_s
        self._pause = pause
        self._waiting: deque[tuple[Entry, bytes, int]] = deque(maxlen=_MOST)
        self._has_come = asyncio.Event()

    def want(self, entry: Entry, payload: bytes) -> None:
        """Have an entry embedded when there is time; the oldest wish is given up for it."""
        self._waiting.append((entry, payload, _TRIES))
        self._has_come.set()

    async def run(self) -> None:
        """Embed what waits until cancelled."""
        while True:
            self._has_come.clear()
            while self._waiting:
                entry, payload, tries = self._waiting.popleft()
                if not await self._embed(entry, payload) and tries > 1:
                    self._waiting.append((entry, payload, tries - 1))
                    await self._pause(_PAUSE_S)
            await self._has_come.wait()

    async def _embed(self, entry: Entry, payload: bytes) -> bool:
        """Tell whether nothing is left to be done."""
        if self._store.find(entry.id) != entry:
            return True
        vector = await self._embedder.embed(entry.question, _itself, self._wait_s)
        if vector is not None and self._store.find(entry.id) == entry:
            self._store.add(entry, payload, vector)
        return vector is not None


def _itself(vector: Vector) -> Vector:
    return vector
