"""A model that is asked over the network."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import structlog

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.job import ENDINGS, Ending
from wrp_proxy.cache.embedders.vectors import unit

T = TypeVar("T")
Ask = Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]
"""Texts to their embeddings, in the same order; may raise anything."""


class RemoteEmbedder:
    """Send texts one by one, and no more than a few at the same time.

    A text waits for its turn as long as the caller says, and then for its answer, for at most
    `timeout_s`. One of more than `window_characters` is not sent: most models cut it or refuse it.
    """

    def __init__(
        self,
        ask: Ask,
        *,
        model: str,
        dimensions: int,
        concurrency: int = 8,
        timeout_s: float = 1.0,
        window_characters: int = 8000,
    ) -> None:
        self.dimensions = dimensions
        self.fingerprint = f"{model}:{dimensions}"
        self._ask = ask
        self._timeout_s = timeout_s
        self._window_characters = window_characters
        self._turns = asyncio.Semaphore(concurrency)
        self._counts: Counter[Ending] = Counter()
        self._has_warned = False
        self._log = structlog.get_logger("wrp_proxy.embedder")

    async def start(self) -> None:
        """There is nothing to load."""

    async def close(self) -> None:
        """There is nothing to give back."""

    def counts(self) -> Mapping[str, int]:
        return {ending: self._counts[ending] for ending in ENDINGS}

    async def embed(self, text: str, then: Callable[[Vector], T], wait_s: float) -> T | None:
        if len(text) > self._window_characters:
            self._counts["too_long"] += 1
            return None
        try:
            async with asyncio.timeout(wait_s):
                await self._turns.acquire()
        except TimeoutError:
            self._counts["busy"] += 1
            return None
        try:
            return await self._embed(text, then)
        finally:
            self._turns.release()

    async def _embed(self, text: str, then: Callable[[Vector], T]) -> T | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                answers = await self._ask([text])
            vector = unit(answers[0], self.dimensions)
            made = await asyncio.to_thread(then, vector)
        except Exception:  # noqa: BLE001 - border: what cannot be embedded is a miss, no failed request
            if not self._has_warned:
                self._log.exception("a text cannot be embedded; others are only counted")
            self._has_warned = True
            self._counts["failed"] += 1
            return None
        self._counts["embedded"] += 1
        return made
