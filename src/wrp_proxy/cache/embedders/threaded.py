"""A local model in threads of its own, behind a queue that is never long."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Literal, TypeVar

import structlog

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.base import LocalModel
from wrp_proxy.cache.embedders.job import ENDINGS, Ending, Job, Result
from wrp_proxy.cache.embedders.pace import Pace

T = TypeVar("T")
_State = Literal["loading", "ready", "broken", "closed"]
_REFUSALS: Mapping[_State, Ending] = {"loading": "busy", "broken": "failed", "closed": "busy"}
_WARM_UP = "How long does a question of this length take?"
_JOIN_S = 5.0
"""How long `close` waits for the model that is being loaded, or a text that is embedded."""


class ThreadedEmbedder:
    """Take a text only if it can be expected to be done within the caller's time.

    An idle model takes any text. Else a text is skipped where those before it and itself are
    expected to take more than `wait_s`, and withdrawn where it has not begun when no time is left
    for waiting, or when its caller is cancelled. What has begun is awaited, but for no more than
    `patience` times `wait_s`.
    """

    def __init__(
        self,
        model: LocalModel,
        *,
        threads: int = 1,
        max_waiting: int = 64,
        patience: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._threads = [
            threading.Thread(target=self._run, name=f"wrp-embedder-{number}", daemon=True)
            for number in range(threads)
        ]
        self._loader: threading.Thread | None = None
        self._max_waiting = max_waiting
        self._patience = patience
        self._clock = clock
        self._pace = Pace()
        self._state: _State = "loading"
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._unfinished: dict[Job, None] = {}
        self._counts: Counter[Ending] = Counter()
        self._has_warned = False
        self._log = structlog.get_logger("wrp_proxy.embedder")

    @property
    def fingerprint(self) -> str:
        return self._model.fingerprint

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    def counts(self) -> Mapping[str, int]:
        return {ending: self._counts[ending] for ending in ENDINGS}

    async def start(self) -> None:
        loading: Future[bool] = Future()
        loader = threading.Thread(target=self._load, args=(loading,), name="wrp-load", daemon=True)
        self._loader = loader
        loader.start()
        is_loaded = await asyncio.wrap_future(loading)
        if self._state == "loading":
            self._state = "ready" if is_loaded else "broken"
            for thread in self._threads:
                thread.start()

    async def close(self) -> None:
        self._state = "closed"
        if self._loader is not None:  # a library that is loading must not meet the process's end
            await asyncio.to_thread(self._loader.join, _JOIN_S)
        running = [thread for thread in self._threads if thread.is_alive()]
        for _ in running:
            self._queue.put(None)
        for thread in running:
            await asyncio.to_thread(thread.join, _JOIN_S)

    async def embed(self, text: str, then: Callable[[Vector], T], wait_s: float) -> T | None:
        ending, value = await self._embed(text, then, wait_s)
        self._counts[ending] += 1
        made: T | None = value
        return made

    async def _embed(self, text: str, then: Callable[[Vector], T], wait_s: float) -> Result:
        if self._state != "ready":
            return Result(_REFUSALS[self._state])
        if len(text) > self._model.window_characters:
            return Result("too_long")
        job = Job(text, then, self._pace.expect_s(text))
        begins_within_s = self._room_s(job, wait_s)
        if begins_within_s < 0:
            return Result("busy")
        self._unfinished[job] = None
        self._queue.put(job)
        try:
            return await self._result(job, begins_within_s, self._patience * wait_s)
        finally:
            if job.future.cancel():
                del self._unfinished[job]

    def _room_s(self, job: Job, wait_s: float) -> float:
        """Return how long a text may wait for its turn; less than 0: there is no room for it."""
        if len(self._unfinished) < len(self._threads):
            return wait_s
        if len(self._unfinished) >= len(self._threads) + self._max_waiting:
            return -1.0
        now = self._clock()
        ahead = tuple(self._unfinished)  # at once, since threads take theirs out
        ahead_s = sum(other.left_s(now) for other in ahead) / len(self._threads)
        room_s = wait_s - job.expected_s
        return room_s if ahead_s <= room_s else -1.0

    async def _result(self, job: Job, begins_within_s: float, ends_within_s: float) -> Result:
        answer = asyncio.wrap_future(job.future)
        await asyncio.wait((answer,), timeout=begins_within_s)
        if not answer.done():
            if job.future.cancel():
                return Result("busy")
            await asyncio.wait((answer,), timeout=ends_within_s)
        return answer.result() if answer.done() else Result("failed")

    def _load(self, loading: "Future[bool]") -> None:
        loading.set_running_or_notify_cancel()
        try:
            self._model.load()
            self._model.embed_one(_WARM_UP)
            began_at = self._clock()
            self._model.embed_one(_WARM_UP)
            self._pace.learn(_WARM_UP, self._clock() - began_at)
        except Exception as error:  # noqa: BLE001 - border: without a model, texts are skipped
            self._log.warning("the embedder cannot be loaded", reason=str(error))
            loading.set_result(False)
        else:
            loading.set_result(True)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                job.began_at = self._clock()
                result = self._work(job, job.began_at)
                del self._unfinished[job]
                job.future.set_result(result)

    def _work(self, job: Job, began_at: float) -> Result:
        try:
            vector = self._model.embed_one(job.text)
            if vector is None:
                return Result("too_long")
            value = job.then(vector)
        except Exception:  # noqa: BLE001 - border: neither the thread ends nor the request fails
            if not self._has_warned:
                self._log.exception("a text cannot be embedded; others are only counted")
            self._has_warned = True
            return Result("failed")
        self._pace.learn(job.text, self._clock() - began_at)
        return Result("embedded", value)
