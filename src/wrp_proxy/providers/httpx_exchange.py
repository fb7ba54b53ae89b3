"""One call by httpx and its answer."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

from wrp_proxy.errors import DisconnectedError, UpstreamError, UpstreamTimeoutError
from wrp_proxy.providers.http1.request import refuse_line_breaks
from wrp_proxy.providers.inflate import ENCODINGS, Inflater
from wrp_proxy.providers.upstream import Call

if TYPE_CHECKING:
    import httpcore
    import httpx

    from wrp_proxy.providers.httpx_upstream import HttpxUpstream

_HIGH_WATER = 256 * 1024
"""Unread bytes of a body above which nothing more is read."""
_MAX_HEAD = 64 * 1024
_MAX_PIECE = 32 * 1024 * 1024


class HttpxExchange:
    """One call and its answer; see `upstream.Exchange`.

    A task carries the call from its first byte to its last, so that leaving need not wait.
    """

    def __init__(self, upstream: "HttpxUpstream", call: Call) -> None:
        self.status = 0
        self.headers: Mapping[bytes, bytes] = {}
        self._upstream = upstream
        self._call = call
        self._task: asyncio.Task[None] | None = None
        self._started = False
        self._is_complete = False
        self._is_drained = False
        self._pieces: deque[bytes] = deque()
        self._unread = 0
        self._room = asyncio.Event()
        self._error: UpstreamError | None = None
        self._change = asyncio.Event()

    async def __aenter__(self) -> Self:
        refuse_line_breaks(self._call.headers)
        if self._error is not None:
            raise self._error
        self._task = task = self._upstream.start(self._carry())
        try:
            while not self._started:
                await self._wait()
        except BaseException:
            self._upstream.stop(task)
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        task = self._task
        if task is None or task.done():
            return
        if self._is_drained:
            self._pieces.clear()
            self._room.set()
            self._upstream.stop_soon(task)
        elif not self._is_complete:
            self._upstream.stop(task)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._is_complete:
                raise StopAsyncIteration
            await self._wait()
        piece = self._pieces.popleft() if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._unread = 0
        self._room.set()
        return piece

    @property
    def has_unread(self) -> bool:
        return bool(self._pieces)

    def abort(self, error: UpstreamError) -> None:
        self._fail(error)
        if self._task is not None and not self._is_complete:
            self._upstream.stop(self._task)

    def drain(self) -> None:
        self._is_drained = True

    async def _wait(self) -> None:
        if self._error is not None:
            raise self._error
        self._change.clear()
        await self._change.wait()

    def _fail(self, error: UpstreamError) -> None:
        if self._error is None and not self._is_complete:
            self._error = error
            self._change.set()

    # the task

    async def _carry(self) -> None:
        try:
            async with self._upstream.transport(self._call.url) as transport:
                await self._converse(transport)
        except UpstreamError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - a task in the background; nobody else sees it
            self._fail(_classified(error, is_answered=self._started))

    async def _converse(self, transport: "httpx.AsyncHTTPTransport") -> None:
        import httpx

        call, socket = self._call, _Socket()
        request = httpx.Request(
            call.method,
            call.url,
            headers=[*call.headers, (b"connection", b"close")],
            content=call.body,
            extensions={"timeout": self._upstream.time_limits, "trace": socket.watch},
        )
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await socket.close()
            raise
        try:
            await self._receive(response)
        finally:
            await response.aclose()
        self._is_complete = True
        self._change.set()

    async def _receive(self, response: "httpx.Response") -> None:
        self.status, self.headers = response.status_code, _head(response)
        pieces = _inflated(response, self.headers.get(b"content-encoding", b"identity"))
        self._started = True
        self._change.set()
        async for piece in pieces:
            if piece and not self._is_drained:
                await self._give_out(piece)

    async def _give_out(self, piece: bytes) -> None:
        """Wait while the reader is behind; that holds the server back, too."""
        self._pieces.append(piece)
        self._unread += len(piece)
        self._change.set()
        while self._unread > _HIGH_WATER and not self._is_drained:
            self._room.clear()
            await self._room.wait()


class _Socket:
    """Closes what httpcore forgets when a call ends while TLS is being agreed on."""

    def __init__(self) -> None:
        self._stream: httpcore.AsyncNetworkStream | None = None

    async def watch(self, event: str, seen: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self._stream = seen["return_value"]

    async def close(self) -> None:
        if self._stream is not None:
            await self._stream.aclose()


def _head(response: "httpx.Response") -> Mapping[bytes, bytes]:
    """Refuse what is no answer, and what two readers may frame in two ways (RFC 9112, 6.3)."""
    headers: dict[bytes, bytes] = {}
    for raw_name, value in response.headers.raw:
        name = raw_name.lower()
        headers[name] = b"%b, %b" % (headers[name], value) if name in headers else value
    if sum(len(name) + len(value) for name, value in headers.items()) > _MAX_HEAD:
        raise DisconnectedError("The head of the upstream's answer is too long.")
    if response.status_code < 200 or {b"content-length", b"transfer-encoding"} <= headers.keys():
        raise DisconnectedError("The upstream sent a malformed answer.")
    return headers


def _inflated(response: "httpx.Response", encoding: bytes) -> AsyncIterator[bytes]:
    encoding = encoding.lower()
    if encoding in ENCODINGS | {b"identity"}:
        return _inflated_here(response, encoding != b"identity")
    if any(part.strip() not in _known_to_httpx() for part in encoding.split(b",")):
        raise DisconnectedError("The upstream's answer has a content encoding not asked for.")
    return _inflated_by_httpx(response)


async def _inflated_here(response: "httpx.Response", is_compressed: bool) -> AsyncIterator[bytes]:
    inflater = Inflater()
    async for piece in response.aiter_raw():
        yield inflater.feed(piece) if is_compressed else piece
    if inflater.is_cut:
        raise DisconnectedError("The upstream's compressed body breaks off.")


def _known_to_httpx() -> set[bytes]:
    """Name the encodings that httpx undoes; what it does not know it would leave as it is."""
    known = {b"identity", b"gzip", b"deflate"}
    if find_spec("brotli") or find_spec("brotlicffi"):
        known.add(b"br")
    if find_spec("zstandard"):
        known.add(b"zstd")
    return known


async def _inflated_by_httpx(response: "httpx.Response") -> AsyncIterator[bytes]:
    async for piece in response.aiter_bytes():
        if len(piece) > _MAX_PIECE:
            raise DisconnectedError("The upstream's body expands without measure.")
        yield piece


def _classified(error: Exception, *, is_answered: bool) -> UpstreamError:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        classified: UpstreamError = UpstreamTimeoutError(
            "The upstream did not accept a connection."
        )
    elif isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol | httpx.InvalidURL):
        classified = DisconnectedError("The upstream could not be reached.")
    elif isinstance(error, httpx.ProxyError):
        classified = DisconnectedError("The proxy before the upstream refused the call.")
    elif is_answered:
        classified = DisconnectedError("The upstream broke off its answer.")
    else:
        classified = DisconnectedError("The upstream closed the connection.")
    classified.__cause__ = error
    return classified
