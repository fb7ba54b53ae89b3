"""What runs beside the requests, from the first to the last moment of the process."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from fastapi import FastAPI

from wrp_proxy.accounting.recorder import BackgroundRecorder

_GC_THRESHOLD = 10_000
"""Objects made before the youngest are looked through; a request makes hundreds, and no cycles."""
Work = Callable[[], Coroutine[object, object, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifespan:
    """Opens in turn, runs the rest in the background, and closes in turn.

    The recorder is the first to begin and the last to end, so that no outcome is lost.
    """

    recorder: BackgroundRecorder
    opening: Sequence[Work]
    background: Sequence[Work]
    closing: Sequence[Work]

    @asynccontextmanager
    async def __call__(self, app: FastAPI) -> AsyncIterator[None]:
        self.recorder.start()
        for step in self.opening:
            await step()
        tasks = [asyncio.create_task(work()) for work in self.background]
        for task in tasks:
            task.add_done_callback(_log_crash)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for close in self.closing:
                await close()
            await asyncio.to_thread(self.recorder.close)


def _log_crash(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log = structlog.get_logger("wrp_proxy")
        log.error("work in the background has ended by a fault of the proxy", exc_info=error)
