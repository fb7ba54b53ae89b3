"""`POST /v1/chat/completions`: a plain ASGI endpoint, for it is the hot path."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing

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
from wrp_proxy.api.chat_body import parse_chat
from wrp_proxy.api.errors import error_event, internal_error, send_error
from wrp_proxy.api.front import CALLER
from wrp_proxy.errors import BodyTooLargeError, ShuttingDownError, WrpError
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.trace import Trace

_STREAM_HEADERS: HeaderList = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]
_CLOSE = (b"connection", b"close")


class ChatCompletions:
    """Reads, asks the pipeline, and sends what comes as it comes."""

    def __init__(self, pipeline: Pipeline, *, max_body_bytes: int) -> None:
        self._pipeline = pipeline
        self._max_body_bytes = max_body_bytes
        self._log = structlog.get_logger("wrp_proxy.chat")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller = scope[CALLER]
        try:
            raw = await read_body(receive, caller.headers, self._max_body_bytes)
            trace = Trace(parse_chat(raw, caller))
        except BodyTooLargeError as error:
            await send_error(send, error, [_CLOSE])
        except WrpError as error:
            await send_error(send, error)
        except ClientLeftError:
            return
        else:
            try:
                await while_connected(receive, self._answer(trace, send))
            except ShuttingDownError as error:
                await self._break_off(trace, send, error)

    async def _answer(self, trace: Trace, send: Send) -> None:
        async with aclosing(self._pipeline.answer(trace.request, trace)) as pieces:
            try:
                first = await anext(pieces)
            except Exception as error:  # noqa: BLE001 - border: every request gets an answer
                known = self._known(trace, error)
                await send_error(send, known, answer_headers(trace))
                return
            if trace.request.stream:
                await send_start(send, [*_STREAM_HEADERS, *answer_headers(trace)])
                await self._relay(trace, first, pieces, send)
            else:
                body = b"".join([first, *[piece async for piece in pieces]])
                await send_whole(send, 200, answer_headers(trace), body)

    async def _relay(
        self, trace: Trace, first: bytes, pieces: AsyncGenerator[bytes, None], send: Send
    ) -> None:
        try:
            await send_piece(send, first)
            async for piece in pieces:
                await send_piece(send, piece)
        except Exception as error:  # noqa: BLE001 - border: a stream never just breaks off
            await send_piece(send, error_event(self._known(trace, error)))
        await send_piece(send, b"", more=False)

    async def _break_off(self, trace: Trace, send: Send, error: ShuttingDownError) -> None:
        self._log.warning("request broken off", request_id=trace.request.id, code=error.code)
        if trace.request.stream and trace.is_committed:
            await send_piece(send, error_event(error))
            await send_piece(send, b"", more=False)
        else:
            await send_error(send, error, answer_headers(trace))

    def _known(self, trace: Trace, error: Exception) -> WrpError:
        """Log an error and return what the client may see of it."""
        log = self._log.bind(request_id=trace.request.id, attempts=len(trace.tried))
        if isinstance(error, WrpError):
            log.info("request failed", status=error.status, code=error.code)
            return error
        log.error("request failed by a fault of the proxy", exc_info=error)
        return internal_error()


async def while_connected(receive: Receive, work: Coroutine[object, object, None]) -> None:
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
