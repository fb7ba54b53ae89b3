"""One call of LiteLLM, and its answer as an OpenAI-compatible server would send it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Self, TypeVar

import structlog

from wrp_proxy.errors import DisconnectedError, UpstreamError
from wrp_proxy.providers.litellm_answers import DONE, StreamWriter
from wrp_proxy.providers.litellm_errors import Refusal, chain_of, refusal_of

T = TypeVar("T")
Ask = Callable[[], Coroutine[Any, Any, Any]]
End = Callable[[Coroutine[Any, Any, None]], None]


class LiteLLMExchange:
    """See `upstream.Exchange`.

    Whatever waits for a vendor is a task, so that leaving is a matter of cancelling it: what
    LiteLLM does about that, and however long it takes, is nobody's wait.
    """

    def __init__(self, ask: Ask, end: End, *, needs_finish: bool) -> None:
        """`ask` returns bytes or a stream; `end` runs what is left to do behind our back."""
        self.status = 0
        self.headers: Mapping[bytes, bytes] = {}
        self._ask = ask
        self._end = end
        self._needs_finish = needs_finish
        self._writer = StreamWriter()
        self._body: bytes | None = None
        self._stream: Any = None
        self._task: asyncio.Task[Any] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._error: UpstreamError | None = None

    async def __aenter__(self) -> Self:
        try:
            self._body = await self._wait(self._begin())
        except BaseException:
            self._leave()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._leave()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._error is not None:
            raise self._error
        if self._body is not None:
            body, self._body = self._body, None
            return body
        if self._stream is None:
            raise StopAsyncIteration
        return await self._wait(self._next_event())

    @property
    def has_unread(self) -> bool:
        """Nobody waits, so it is not the vendor who is slow; what LiteLLM holds is unknown."""
        return self._task is None

    def abort(self, error: UpstreamError) -> None:
        self._error = error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self._leave()

    def drain(self) -> None:
        """Leave the rest to `__aexit__`: there is no connection of ours to keep."""

    async def _begin(self) -> bytes | None:
        try:
            answer = await self._ask()
        except Exception as raised:  # noqa: BLE001 - LiteLLM raises whatever the vendors' SDKs do
            return self._refuse(_refusal(raised))
        self.status = 200
        if isinstance(answer, bytes):
            self.headers = {b"content-type": b"application/json"}
            return answer
        self.headers = {b"content-type": b"text/event-stream"}
        self._stream = answer
        return None

    def _refuse(self, refusal: Refusal) -> bytes:
        self.status, self.headers = refusal.status, refusal.headers
        return refusal.body

    async def _next_event(self) -> bytes:
        try:
            chunk = await anext(self._stream)
            if self._needs_finish:
                _refuse_made_up_finish(self._stream, chunk)
            return self._writer.event(chunk)
        except StopAsyncIteration:
            self._stream = None
            return DONE
        except Exception as raised:  # noqa: BLE001 - LiteLLM raises whatever the vendors' SDKs do
            event = _refusal(raised).event
            self._close_stream()
            return event

    async def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` in a task; stop waiting at once when aborted or cancelled."""
        if self._error is not None:
            work.close()
            raise self._error
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        self._task = task = asyncio.create_task(work)
        task.add_done_callback(lambda _: _wake(waiter))
        try:
            await waiter
        finally:
            self._waiter = None
        self._task = None
        if task.cancelled():
            raise DisconnectedError("LiteLLM broke off its own call.")
        return task.result()

    def _leave(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            self._end(self._give_up(task))
        else:
            self._close_stream()

    async def _give_up(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
        self._close_stream()

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None and hasattr(stream, "aclose"):
            self._end(_closed(stream.aclose()))


def _refusal(raised: Exception) -> Refusal:
    """Name in the log what nobody is told; the classes only, since messages quote prompts."""
    refusal = None
    try:
        refusal = refusal_of(raised)
    finally:
        if refusal is None or refusal.status >= 500:
            names = [type(error).__name__ for error in chain_of(raised)]
            structlog.get_logger("wrp_proxy.litellm").warning("call failed", errors=names)
    return refusal


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def _closed(closing: Awaitable[object]) -> None:
    with suppress(Exception):
        await closing


def _refuse_made_up_finish(stream: object, chunk: Any) -> None:
    """LiteLLM ends a stream that just stops with a finish of its own making."""
    if getattr(stream, "received_finish_reason", "") is not None:
        return
    if getattr(stream, "intermittent_finish_reason", None) is not None:
        return
    if any(choice.finish_reason is not None for choice in chunk.choices):
        raise DisconnectedError("The upstream's stream ended without a finish.")
