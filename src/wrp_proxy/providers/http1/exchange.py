"""One call and its answer."""

import asyncio
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, urlsplit

from wrp_proxy.errors import DisconnectedError, UpstreamError
from wrp_proxy.providers.upstream import Call

if TYPE_CHECKING:
    from wrp_proxy.providers.http1.connection import Connection

_HIGH_WATER = 256 * 1024
"""Unread bytes of a body above which the socket is not read any more."""
_MAX_HEAD = 64 * 1024
_MAX_INFLATED = 32 * 1024 * 1024
"""What one read from the socket may expand to."""


class Http1Exchange:
    """One call and its answer over one connection; see `upstream.Exchange`."""

    def __init__(
        self, acquire: Callable[[SplitResult], Awaitable["Connection"]], call: Call
    ) -> None:
        self.status = 0
        self.headers: Mapping[bytes, bytes] = {}
        self.is_complete = False
        self.is_drained = False
        self._acquire = acquire
        self._call = call
        self._connection: Connection | None = None
        self._received: dict[bytes, bytes] = {}
        self._head_size = 0
        self._unparsed = 0
        self._keep_alive = False
        self._started = False
        self._inflate: zlib._Decompress | None = None
        self._is_inflating = False
        self._pieces: deque[bytes] = deque()
        self._unread = 0
        self.is_paused = False
        self._error: UpstreamError | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        url = urlsplit(self._call.url)
        request = encode_call(self._call, url)
        self._connection = connection = await self._acquire(url)
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
        if self._connection is not None:
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

    # called by the connection

    def add_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if self._head_size > _MAX_HEAD:
            raise ValueError("the head of the answer is too long")
        self._received[name] = value

    def start(self, status: int, *, keep_alive: bool) -> None:
        if self._started:
            raise ValueError("the upstream answered twice")
        if 100 <= status < 200:
            self._received = {}
            return
        self.status, self.headers = status, self._received
        self._keep_alive = keep_alive
        self._started = True
        encoding = self.headers.get(b"content-encoding", b"identity").lower()
        if encoding in {b"gzip", b"x-gzip", b"deflate"}:
            self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        elif encoding != b"identity":
            raise ValueError("the answer has a content encoding that was not asked for")
        self._wake()

    def add(self, piece: bytes) -> None:
        if self._inflate is not None:
            self._is_inflating = True
            piece = self._inflate.decompress(piece, _MAX_INFLATED)
            if self._inflate.unconsumed_tail:
                raise ValueError("the compressed body expands without measure")
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
                raise ValueError("the head of the answer is too long")

    def complete(self) -> None:
        if not self._started:
            return
        if self._is_cut():
            raise ValueError("the compressed body breaks off")
        self.is_complete = True
        self._wake()

    def end_of_stream(self, *, is_clean: bool) -> None:
        """Take the end of the connection as the end of a body that has no other."""
        is_delimited = b"content-length" in self._received or b"transfer-encoding" in self._received
        if self._started and is_clean and not is_delimited and not self._is_cut():
            self.complete()
        else:
            self.fail(DisconnectedError("The upstream closed the connection."))

    def _is_cut(self) -> bool:
        return self._is_inflating and self._inflate is not None and not self._inflate.eof

    def fail(self, error: UpstreamError) -> None:
        if self._error is None and not self.is_complete:
            self._error = error
            self._wake()

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


def encode_call(call: Call, url: SplitResult) -> bytes:
    """Write the request in the form of RFC 9112; refuse header values that could smuggle."""
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    host = url.netloc.rpartition("@")[2]
    lines = [f"{call.method} {target} HTTP/1.1\r\nhost: {host}\r\n".encode("ascii")]
    for name, value in call.headers:
        if b"\r" in value or b"\n" in value:
            raise ValueError(f"header {name.decode()} has a line break")
        lines.append(b"%b: %b\r\n" % (name, value))
    lines.append(b"content-length: %d\r\n\r\n" % len(call.body))
    lines.append(call.body)
    return b"".join(lines)
