"""The endpoints that answer, one for each API: plain ASGI, for they are the hot path."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Protocol

import structlog

from wrp_proxy.api.answer_headers import answer_headers
from wrp_proxy.api.asgi import (
    ClientLeftError,
    HeaderList,
    Receive,
    Scope,
    Send,
    read_body,
    send_piece,
    send_start,
    send_whole,
)
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.errors import known_error, send_error
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.api.request_ids import HAS_BEGUN
from wrp_proxy.api.requests import read_request
from wrp_proxy.attempt import too_late
from wrp_proxy.dialects.base import Dialect
from wrp_proxy.errors import BodyTooLargeError, DeadlineError, ShuttingDownError, WrpError
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.trace import Trace
from wrp_proxy.types import LARGE_BODY_BYTES, Api, ChatRequest

_STREAM_HEADERS: HeaderList = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
_CLOSE = (b"connection", b"close")


class ClientApi(Protocol):
    """One API, as far as its requests and answers differ from those of others."""

    @property
    def api(self) -> Api: ...

    def read(self, raw: bytes, caller: Caller, query: bytes) -> ChatRequest:
        """Understand a body; raise RequestError."""
        ...

    def watch(
        self, trace: Trace, pieces: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[bytes, None]:
        """See an answer pass by."""
        ...

    def error(self, error: WrpError) -> bytes:
        """Return the JSON body of an answer that is an error."""
        ...

    def error_event(self, error: WrpError) -> bytes:
        """Return the event that ends a stream of which nothing else is known."""
        ...


class PlainApi:
    """A dialect whose answers concern nobody but the client."""

    def __init__(self, api: Api, dialect: Dialect) -> None:
        self.api = api
        self._dialect = dialect
        self.error = dialect.error
        self.error_event = dialect.error_event

    def read(self, raw: bytes, caller: Caller, query: bytes) -> ChatRequest:
        return read_request(self.api, self._dialect, raw, caller, query)

    def watch(
        self, trace: Trace, pieces: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[bytes, None]:
        return pieces


class Answers:
    """Reads, asks the pipeline, and sends what comes as it comes."""

    def __init__(
        self, api: ClientApi, pipeline: Pipeline, idempotency: Idempotency, *, max_body_bytes: int
    ) -> None:
        self._api = api
        self._pipeline = pipeline
        self._idempotency = idempotency
        self._max_body_bytes = max_body_bytes
        self._log = structlog.get_logger("wrp_proxy.answers").bind(api=api.api)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller = scope[CALLER]
        try:
            raw = await read_body(receive, caller.headers, self._max_body_bytes)
            trace = Trace(await self._read(raw, caller, scope["query_string"]))
            work = self._work(trace, raw, caller.headers.get(b"idempotency-key"), send)
        except ClientLeftError:
            return
        except Exception as error:  # noqa: BLE001 - border: every request gets an answer
            headers = [_CLOSE] if isinstance(error, BodyTooLargeError) else []
            await send_error(send, known_error(error), headers, self._api.error)
        else:
            try:
                await while_connected(receive, work)
            except (ShuttingDownError, DeadlineError) as error:
                await self._break_off(trace, send, error, has_begun=scope[HAS_BEGUN])

    async def _read(self, raw: bytes, caller: Caller, query: bytes) -> ChatRequest:
        """Understand a body; a large one in a thread, for that takes its time."""
        if len(raw) < LARGE_BODY_BYTES:
            return self._api.read(raw, caller, query)
        return await asyncio.to_thread(self._api.read, raw, caller, query)

    def _work(
        self, trace: Trace, raw: bytes, key: bytes | None, send: Send
    ) -> Coroutine[object, object, object]:
        if key is None:
            return self._answer(trace, send)
        self._idempotency.find((trace.request.tenant, self._api.api, key), raw)
        return self._answer_once(trace, raw, key, send)

    async def _answer_once(self, trace: Trace, raw: bytes, key: bytes, send: Send) -> None:
        slot = (trace.request.tenant, self._api.api, key)
        work = partial(self._answer, trace)
        timeout_s = trace.request.timeout_s
        try:
            await self._idempotency.answer(slot, raw, send, work, timeout_s)
        except TimeoutError as error:
            raise too_late() from error

    async def _answer(self, trace: Trace, send: Send) -> bool:
        """Send an answer; tell whether it was complete."""
        pieces = self._api.watch(trace, self._pipeline.answer(trace.request, trace))
        async with aclosing(pieces):
            try:
                first = await anext(pieces)
                if not trace.request.stream:
                    first = b"".join([first, *[piece async for piece in pieces]])
            except Exception as error:  # noqa: BLE001 - border: every request gets an answer
                known = self._known(trace, error)
                await send_error(send, known, answer_headers(trace), self._api.error)
                return False
            if not trace.request.stream:
                await send_whole(send, 200, answer_headers(trace), first)
                return True
            await send_start(send, [*_STREAM_HEADERS, *answer_headers(trace)])
            return await self._relay(trace, first, pieces, send)

    async def _relay(
        self, trace: Trace, first: bytes, pieces: AsyncGenerator[bytes, None], send: Send
    ) -> bool:
        is_complete = False
        try:
            await send_piece(send, first)
            async for piece in pieces:
                await send_piece(send, piece)
            is_complete = True
        except Exception as error:  # noqa: BLE001 - border: a stream never just breaks off
            await send_piece(send, self._last_words(trace, self._known(trace, error)))
        await send_piece(send, b"", more=False)
        return is_complete

    async def _break_off(
        self, trace: Trace, send: Send, error: WrpError, *, has_begun: bool
    ) -> None:
        self._log.warning("request broken off", request_id=trace.request.id, code=error.code)
        if has_begun:
            await send_piece(send, self._last_words(trace, error))
            await send_piece(send, b"", more=False)
        else:
            await send_error(send, error, answer_headers(trace), self._api.error)

    def _last_words(self, trace: Trace, error: WrpError) -> bytes:
        if trace.decoder is not None:
            return trace.decoder.failure(error)
        return self._api.error_event(error)

    def _known(self, trace: Trace, error: Exception) -> WrpError:
        """Log an error and return what the client may see of it."""
        log = self._log.bind(request_id=trace.request.id, attempts=len(trace.tried))
        if isinstance(error, WrpError):
            log.info("request failed", status=error.status, code=error.code)
            return error
        return known_error(error)


async def while_connected(receive: Receive, work: Coroutine[object, object, object]) -> None:
    """Run `work` until it is done or the client has left, which cancels it at once.

    Raise ShuttingDownError when the server cancels it, which it does when told to stop.
    """
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - ASGI servers run every request in a task
    has_left = False

    async def watch() -> None:
        nonlocal has_left
        while (await receive())["type"] != "http.disconnect":
            pass
        has_left = True
        task.cancel()

    watcher = asyncio.create_task(watch())
    try:
        await work
    except asyncio.CancelledError:
        if task.uncancel():
            raise
        if not has_left:
            raise ShuttingDownError("The proxy is shutting down.") from None
    finally:
        watcher.cancel()
