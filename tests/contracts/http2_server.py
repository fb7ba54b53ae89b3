"""A server that speaks HTTP/2 over TLS, as far as tests need it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

from tests.contracts.raw_server import PATIENCE_S, Peer, raw_server


@dataclass(slots=True)
class Stream:
    """One request over HTTP/2 and the way back."""

    peer: Peer
    connection: h2.connection.H2Connection
    number: int
    headers: dict[bytes, bytes]
    body: bytes = b""

    async def start(self, *headers: tuple[str, str]) -> None:
        self.connection.send_headers(self.number, [(":status", "200"), *headers])
        await self.flush()

    async def send(self, data: bytes, *, end: bool = False) -> None:
        self.connection.send_data(self.number, data, end_stream=end)
        await self.flush()

    async def reset(self) -> None:
        self.connection.reset_stream(self.number)
        await self.flush()

    async def flush(self) -> None:
        await self.peer.send(self.connection.data_to_send())


Answer = Callable[[Stream], Awaitable[None]]


@dataclass(slots=True)
class Http2Server:
    url: str = ""
    streams: list[Stream] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Some client has closed its connection."""


@asynccontextmanager
async def http2_server(answer: Answer, tls: ssl.SSLContext) -> AsyncIterator[Http2Server]:
    server = Http2Server()
    tls.set_alpn_protocols(["h2"])

    async def converse(peer: Peer) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        await peer.send(connection.data_to_send())
        requests: dict[int, Stream] = {}
        while data := await peer.reader.read(2**16):
            for event in connection.receive_data(data):
                await _take(event, peer, connection, requests)
                if isinstance(event, h2.events.StreamEnded):
                    stream = requests[event.stream_id]
                    server.streams.append(stream)
                    await answer(stream)
            await peer.send(connection.data_to_send())
        server.left.set()

    async with raw_server(converse, tls) as raw, asyncio.timeout(PATIENCE_S):
        server.url = raw.url
        yield server


async def _take(
    event: h2.events.Event,
    peer: Peer,
    connection: h2.connection.H2Connection,
    requests: dict[int, Stream],
) -> None:
    if isinstance(event, h2.events.RequestReceived):
        headers = {bytes(name): bytes(value) for name, value in event.headers}
        requests[event.stream_id] = Stream(peer, connection, event.stream_id, headers)
    elif isinstance(event, h2.events.DataReceived):
        requests[event.stream_id].body += event.data
        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
