"""A local model that does as it is told."""

import asyncio
import threading
from dataclasses import dataclass, field

import numpy as np

from wrp_proxy.cache.base import Vector

LONG_S = 60.0


@dataclass(slots=True)
class FakeModel:
    """Stops at the text `stop` until it is told to go on."""

    fingerprint: str = "fake:1"
    dimensions: int = 4
    window_characters: int = 100
    load_error: Exception | None = None
    error: Exception | None = None
    texts: list[str] = field(default_factory=list)
    stopped: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Event = field(default_factory=threading.Event)

    def load(self) -> None:
        if self.load_error:
            raise self.load_error

    def embed_one(self, text: str) -> Vector | None:
        self.texts.append(text)
        if text == "stop":
            self.stopped.release()
            assert self.go_on.wait(LONG_S)
        if self.error:
            raise self.error
        return None if text == "long" else np.ones(self.dimensions, np.float32)

    async def has_stopped(self) -> None:
        assert await asyncio.to_thread(self.stopped.acquire, timeout=LONG_S)
