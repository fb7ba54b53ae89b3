"""A server of raw bytes: it can do what no well-behaved server does."""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from wrp_proxy.providers.upstream import Call, Exchange, Headers, Upstream

PATIENCE_S = 20
"""After this long a test that waits for what never comes is given up."""
CHUNKED = b"transfer-encoding: chunked"


@dataclass(slots=True)
class Peer:
    """The server's end of one connection."""

    number: int
    """1 for the first connection."""
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """Read one request, head and body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return head + await self.reader.readexactly(int(length or 0))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes, *headers: bytes) -> None:
        """Send a whole answer with a content-length."""
        await self.send(head(b"content-length: %d" % len(body), *headers) + body)

    async def left(self) -> None:
        """Wait until the client has closed the connection."""
        try:
            while await self.reader.read(2**16):
                pass
        except ConnectionError:
            return

    def reset(self) -> None:
        """Break the connection with a reset instead of a goodbye."""
        with socket.socket(fileno=os.dup(self.writer.get_extra_info("socket").fileno())) as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Conversation = Callable[[Peer], Awaitable[None]]


async def count(peer: Peer) -> None:
    """Answer every request with the number of its connection."""
    while True:
        await peer.request()
        await peer.answer(b"%d" % peer.number)


@dataclass(slots=True)
class RawServer:
    """Every connection is a conversation of its own."""

    converse: Conversation
    scheme: str = "http"
    host: str = "127.0.0.1"
    port: int = 0
    peers: list[Peer] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/v1"

    def call(self, *, body: bytes = b"{}", path: str = "/v1", headers: Headers = ()) -> Call:
        return Call(
            url=f"{self.scheme}://{self.host}:{self.port}{path}", headers=headers, body=body
        )

    def get(self) -> Call:
        return Call(url=self.url, headers=(), method="GET")

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(len(self.peers) + 1, reader, writer)
        self.peers.append(peer)
        task = asyncio.ensure_future(self._serve(peer))
        self._tasks.add(task)

    async def end(self) -> None:
        """Break off every conversation, also those that are only just beginning."""
        await loop_turns()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for peer in self.peers:
            with suppress(AttributeError):  # asyncio's transports cannot be aborted once they end
                peer.writer.transport.abort()
        await loop_turns()

    async def _serve(self, peer: Peer) -> None:
        try:
            await self.converse(peer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as failure:  # noqa: BLE001 - handed to the test
            self.failures.append(failure)
        finally:
            peer.writer.close()


@asynccontextmanager
async def raw_server(
    converse: Conversation, tls: ssl.SSLContext | None = None, *, host: str = "127.0.0.1"
) -> AsyncIterator[RawServer]:
    server = RawServer(converse, scheme="https" if tls else "http", host=host)
    listening = await asyncio.start_server(server.connected, server.host, 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield server
    finally:
        listening.close()
        await server.end()
    assert server.failures == []


def head(*headers: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"", b""])


def chunked(*pieces: bytes) -> bytes:
    """A whole body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


async def ask(client: Upstream, call: Call) -> bytes:
    """Make a call and read its answer to the end."""
    async with client.open(call) as exchange:
        return await read(exchange)


async def read(exchange: Exchange) -> bytes:
    return b"".join([piece async for piece in exchange])


async def loop_turns(count: int = 50) -> None:
    """Let everything happen that can happen without anybody doing anything more."""
    for _ in range(count):
        await asyncio.sleep(0)
