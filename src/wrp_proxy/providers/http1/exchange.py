"""One call and its answer."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult

from wrp_proxy.errors import DisconnectedError, UpstreamError
from wrp_proxy.providers.http1.errors import NotUnderstoodError
from wrp_proxy.providers.http1.request import encode_call, split_url
from wrp_proxy.providers.inflate import ENCODINGS, Inflater
from wrp_proxy.providers.upstream import Call

if TYPE_CHECKING:
    from wrp_proxy.providers.http1.connection import Connection
    from wrp_proxy.providers.http1.pool import OriginPool

_HIGH_WATER = 256 * 1024
"""Unread bytes of a body above which the socket is not read any more."""
_MAX_HEAD = 64 * 1024
_REPEATABLE = frozenset({"GET", "HEAD"})


class Http1Exchange:
    """One call and its answer over one connection; see `upstream.Exchange`."""

    def __init__(self, pool_of: Callable[[SplitResult], "OriginPool"], call: Call) -> None:
        self.status = 0
        self.headers: Mapping[bytes, bytes] = {}
        self.is_complete = False
        self.is_drained = False
        self.is_paused = False
        self._pool_of = pool_of
        self._call = call
        self._connecting: asyncio.Task[Connection] | None = None
        self._connection: Connection | None = None
        self._received: dict[bytes, bytes] = {}
        self._head_size = 0
        self._unparsed = 0
        self._keep_alive = False
        self._started = False
        self._inflater: Inflater | None = None
        self._pieces: deque[bytes] = deque()
        self._unread = 0
        self._error: UpstreamError | None = None
        self._is_unanswered = False
        self._waiter: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        url = split_url(self._call.url)
        request = encode_call(self._call, url)
        pool = self._pool_of(url)
        connection = pool.take()
        if connection is None:
            connection = await self._connect(pool)
        elif self._call.method in _REPEATABLE:
            return await self._ask_again_if_unanswered(pool, connection, request)
        return await self._ask(connection, request)

    async def __aexit__(self, *exc_info: object) -> None:
        if self._connection is not None:
            self._connection.release()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        connection = self._connection
        assert connection is not None  # noqa: S101 - entered, for mypy
        while not self._pieces:
            if self.is_complete:
                raise StopAsyncIteration
            await self._wait(connection)
        piece = self._pieces.popleft() if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._unread = 0
        if self.is_paused:
            self.is_paused = False
            connection.resume()
        return piece

    @property
    def has_unread(self) -> bool:
        return bool(self._pieces)

    def abort(self, error: UpstreamError) -> None:
        self.fail(error)
        if self._connecting is not None:
            self._connecting.cancel()
        elif self._connection is not None:
            self._connection.close()

    def drain(self) -> None:
        self.is_drained = True

    def keep_alive_s(self, at_most_s: float) -> float:
        """Say for how long the connection may be idle: less than the server promises."""
        if not self._keep_alive:
            return 0.0
        promise = self.headers.get(b"keep-alive", b"").partition(b"timeout=")[2]
        promised_s = promise.partition(b",")[0].strip()
        return min(float(promised_s) - 1.0, at_most_s) if promised_s.isdigit() else at_most_s

    async def _connect(self, pool: "OriginPool") -> "Connection":
        """Connect in a task of its own, which may be ended from outside."""
        if self._error is not None:
            raise self._error
        self._connecting = connecting = asyncio.create_task(pool.open())
        try:
            return await connecting
        except asyncio.CancelledError:
            if connecting.done() and not connecting.cancelled() and not connecting.exception():
                connecting.result().close()
            task = asyncio.current_task()
            if self._error is not None and (task is None or not task.cancelling()):
                raise self._error from None
            raise
        finally:
            self._connecting = None

    async def _ask(self, connection: "Connection", request: bytes) -> Self:
        """Send the request and wait for the head of the answer."""
        self._connection = connection
        if self._error is None:
            connection.send(self, request)
        try:
            while not self._started:
                await self._wait(connection)
        except BaseException:
            connection.exchange = self
            connection.release()
            raise
        return self

    async def _ask_again_if_unanswered(
        self, pool: "OriginPool", connection: "Connection", request: bytes
    ) -> Self:
        """Forgive a kept connection that dies without a byte of the answer."""
        try:
            return await self._ask(connection, request)
        except DisconnectedError:
            if not self._is_unanswered:
                raise
        self._error = self._connection = None
        return await self._ask(await self._connect(pool), request)

    # called by the connection

    def add_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > _MAX_HEAD:
            raise DisconnectedError("The head of the upstream's answer is too long.")
        if name in self._received:
            value = b"%b, %b" % (self._received[name], value)
        self._received[name] = value

    def start(self, status: int, *, keep_alive: bool) -> None:
        if self._started:
            raise NotUnderstoodError("The upstream answered twice.")
        if 100 <= status < 200 and status != 101:
            self._received = {}
            return
        self.status, self.headers = status, self._received
        self._refuse_the_odd()
        self._keep_alive = keep_alive
        self._started = True
        self._wake()

    def add(self, piece: bytes) -> None:
        if self._inflater is not None:
            piece = self._inflater.feed(piece)
        if self.is_drained or not piece:
            return
        self._pieces.append(piece)
        self._unread += len(piece)
        if self._unread > _HIGH_WATER and not self.is_paused:
            self.is_paused = True
            if self._connection is not None:
                self._connection.pause()
        self._wake()

    def count_head(self, size: int) -> None:
        """Bound a head that does not end: the parser tells of a header only when it is whole."""
        if not self._started:
            self._unparsed += size
            if self._unparsed > _MAX_HEAD:
                raise DisconnectedError("The head of the upstream's answer is too long.")

    def complete(self) -> None:
        if not self._started:
            return
        if self._inflater is not None and self._inflater.is_cut:
            raise DisconnectedError("The upstream's compressed body breaks off.")
        self.is_complete = True
        self._wake()

    def end_of_stream(self, *, is_clean: bool) -> None:
        """Take the end of the connection as the end of a body that has no other."""
        is_delimited = b"content-length" in self._received or b"transfer-encoding" in self._received
        is_cut = self._inflater is not None and self._inflater.is_cut
        if self._started and is_clean and not is_delimited and not is_cut:
            self.complete()
            return
        self._is_unanswered = self._error is None and not self._unparsed
        self.fail(DisconnectedError("The upstream closed the connection."))

    def fail(self, error: UpstreamError) -> None:
        if self._error is None and not self.is_complete:
            self._error = error
            self._wake()

    def _refuse_the_odd(self) -> None:
        headers = self.headers
        if (
            self.status == 101
            or headers.get(b"transfer-encoding", b"chunked").lower() != b"chunked"
        ):
            raise NotUnderstoodError("The upstream's answer is framed in an unknown way.")
        encoding = headers.get(b"content-encoding")
        if encoding is None or encoding.lower() == b"identity":
            return
        if encoding.lower() not in ENCODINGS:
            raise NotUnderstoodError("The upstream's answer has a content encoding not asked for.")
        self._inflater = Inflater()

    async def _wait(self, connection: "Connection") -> None:
        if self._error is not None:
            raise self._error
        self._waiter = connection.loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
