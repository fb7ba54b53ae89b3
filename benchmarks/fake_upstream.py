"""A very fast OpenAI-like upstream: no framework, canned bytes, one process.

A prompt steers the stream that answers it: `chunks=20` events, written one at a time with
`gap_us=1000` between them, or all in one write with `burst=1`. A prompt passes every proxy
unchanged, which query strings, headers and unknown body fields do not.
"""

import asyncio
import re
import socket
import sys
from typing import Annotated, cast

import httptools
import typer
import uvloop

import replies

STREAM = re.compile(rb'"stream":\s*true')
INCLUDE_USAGE = re.compile(rb'"include_usage":\s*true')
CHUNKS = re.compile(rb"chunks=(\d+)")
GAP_US = re.compile(rb"gap_us=(\d+)")

COMPLETION = replies.completion()
MODELS = replies.models()
NOT_FOUND = replies.json_reply({"error": {"message": "no such path"}}, "404 Not Found")


class Served:
    """How many chat requests this process has answered, over all connections."""

    def __init__(self) -> None:
        self.chats = 0


class UpstreamConnection(asyncio.Protocol):
    """Answer the requests of one kept-alive connection."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""
        self._body: list[bytes] = []
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        own_socket = transport.get_extra_info("socket")
        own_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url
        self._body = []

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        path = self._path.partition(b"?")[0]
        if path == b"/v1/chat/completions":
            self._answer_chat(b"".join(self._body))
        elif path == b"/v1/models":
            self._transport.write(MODELS)
        elif path == b"/served":
            self._transport.write(replies.json_reply({"chats": self._served.chats}))
        else:
            self._transport.write(NOT_FOUND)

    def _answer_chat(self, body: bytes) -> None:
        self._served.chats += 1
        if not STREAM.search(body):
            self._transport.write(COMPLETION)
            return
        include_usage = INCLUDE_USAGE.search(body) is not None
        frames = replies.stream_frames(_number(CHUNKS, body, 20), include_usage)
        if b"burst=1" in body:
            self._transport.write(replies.STREAM_HEAD + b"".join(frames))
            return
        self._transport.write(replies.STREAM_HEAD)
        self._write_frame(frames, 0, _number(GAP_US, body, 0) / 1e6)

    def _write_frame(self, frames: tuple[bytes, ...], position: int, gap_s: float) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(frames[position])
        if position + 1 < len(frames):
            loop = asyncio.get_running_loop()
            loop.call_later(gap_s, self._write_frame, frames, position + 1, gap_s)


def _number(pattern: re.Pattern[bytes], body: bytes, default: int) -> int:
    found = pattern.search(body)
    return int(found[1]) if found else default


async def serve(port: int) -> None:
    """Serve on 127.0.0.1, print the port, and end when the standard input ends."""
    served = Served()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: UpstreamConnection(served), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


def main(port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0) -> None:
    """Serve until the standard input ends."""
    uvloop.run(serve(port))


if __name__ == "__main__":
    typer.run(main)
