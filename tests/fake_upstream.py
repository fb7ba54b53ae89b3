"""A model server for tests: real sockets, scripted answers, everything received is kept."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(slots=True)
class Received:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client_left: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Wire:
    """The way back to the client, byte for byte."""

    writer: asyncio.StreamWriter
    release: asyncio.Event
    """Set by the test through FakeUpstream.release(); for answers that pause half-way."""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: int, **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Status"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def whole(self, status: int, body: bytes, **headers: str) -> None:
        named = {"content_type": "application/json", **headers}
        await self.head(status, content_length=str(len(body)), **named)
        await self.send(body)

    async def begin_stream(self, **headers: str) -> None:
        named = {"content_type": "text/event-stream", "transfer_encoding": "chunked", **headers}
        await self.head(200, **named)

    async def piece(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def end_stream(self) -> None:
        await self.send(b"0\r\n\r\n")

    def reset(self) -> None:
        """Break the connection without a goodbye."""
        self.writer.transport.abort()


Answer = Callable[[Received, Wire], Awaitable[None]]


class FakeUpstream:
    """Serves in a thread of its own; use as a context. `answer` may be exchanged at any time."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.failures: list[BaseException] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._release = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="fake-upstream", daemon=True)
        self._started = threading.Event()
        self._stopping = asyncio.Event()
        self._connections: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def last(self) -> Received:
        return self.received[-1]

    def release(self) -> None:
        """Let answers that wait on `wire.release` go on."""
        self._loop.call_soon_threadsafe(self._release.set)

    def kill(self) -> None:
        """Close the listener and break all connections, as when its process ends."""
        asyncio.run_coroutine_threadsafe(self._die(), self._loop).result(10)

    def revive(self) -> None:
        """Listen again, at the same port."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        await self._listen()
        self._started.set()
        await self._stopping.wait()
        await self._die()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._die()  # what has connected in the very last moment

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _die(self) -> None:
        if self._server is not None:
            self._server.close()
        while self._connections:
            for transport in self._connections:
                transport.abort()
            await asyncio.sleep(0)

    def _protocol(self) -> asyncio.Protocol:
        left = asyncio.Event()
        reader = asyncio.StreamReader(limit=2**24)

        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._converse(reader, writer, left)

        return _Connection(reader, connection, left, self._connections)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: asyncio.Event
    ) -> None:
        try:
            while received := await _read(reader):
                self.received.append(received)
                await self._exchange(received, writer, left)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _exchange(
        self, received: Received, writer: asyncio.StreamWriter, left: asyncio.Event
    ) -> None:
        """Answer, and notice when the client leaves meanwhile."""
        answering = asyncio.ensure_future(self.answer(received, Wire(writer, self._release)))
        leaving = asyncio.ensure_future(left.wait())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                received.client_left.set()
                answering.cancel()
            elif error := answering.exception():
                self.failures.append(error)
        finally:
            leaving.cancel()


class _Connection(asyncio.StreamReaderProtocol):
    """Tells when the other side has gone, while its request is still being answered."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        connected: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        left: asyncio.Event,
        connections: set[asyncio.Transport],
    ) -> None:
        """It is among `connections` while it lasts."""
        super().__init__(reader, connected)
        self._left = left
        self._connections = connections
        self._own: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._own = transport
        self._connections.add(transport)
        super().connection_made(transport)

    def eof_received(self) -> bool | None:
        self._left.set()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._left.set()
        if self._own is not None:
            self._connections.discard(self._own)
        super().connection_lost(exc)


async def _read(reader: asyncio.StreamReader) -> Received | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body)
