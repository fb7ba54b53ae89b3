"""Keeps requests from waiting for what does not answer."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

_SHORTEST_S = 0.25
_LONGEST_S = 5.0


class Breaker:
    """Closed while the other side answers; once open, only `watch` asks it, now and then.

    The pauses between its questions grow with jitter, until a request has been answered
    (decorrelated jitter: M. Brooker, "Exponential backoff and jitter", AWS, 2015).
    """

    def __init__(self, random: Random) -> None:
        self.reason = ""
        """Why it is open, in words; empty: it is closed."""
        self._random = random
        self._pause_s = 0.0
        self._opened = asyncio.Event()
        self._closed = asyncio.Event()
        self._closed.set()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def open(self, reason: str) -> None:
        self.reason = reason
        self._closed.clear()
        self._opened.set()

    def answered(self) -> None:
        """Hear that a request was answered, so that the next pause is short."""
        self._pause_s = 0.0

    async def wait_until_closed(self) -> None:
        await self._closed.wait()

    async def watch(self, ask: Callable[[], Awaitable[str]]) -> None:
        """Ask from time to time while it is open; close it when `ask` returns no reason."""
        while True:
            await self._opened.wait()
            self._pause_s = self.next_pause_s(self._pause_s)
            await asyncio.sleep(self._pause_s)
            self.reason = await ask()
            if not self.reason:
                self._opened.clear()
                self._closed.set()

    def next_pause_s(self, last_s: float) -> float:
        """Return how long to wait after having waited so long before; 0: not at all."""
        return min(_LONGEST_S, self._random.uniform(_SHORTEST_S, max(last_s * 3, 2 * _SHORTEST_S)))
