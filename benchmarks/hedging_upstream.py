"""Two upstreams in one process that answer quickly, but for a few answers that take long.

GET / at either port tells how many requests have come, and how many of their clients have left.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Annotated, cast

import httptools
import typer
import uvloop

import replies

PLACES = 2
CHUNKS = 8
ANSWER = replies.STREAM_HEAD + b"".join(replies.stream_frames(CHUNKS, include_usage=True))


@dataclass(slots=True)
class Site:
    """What all connections share."""

    usual_ms: float
    late_share: float
    late_times: float
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - times of service
    came: int = 0
    left: int = 0

    def service_s(self) -> float:
        """Draw the time to the first content: half of it always, half exponential."""
        half_s = self.usual_ms / 2000
        usual_s = half_s + self.random.expovariate(1 / half_s)
        is_late = self.random.random() < self.late_share
        return self.late_times * usual_s if is_late else usual_s


class Connection(asyncio.Protocol):
    """Answer the requests of one kept-alive connection."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._parser = httptools.HttpRequestParser(self)
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._site.left += 1

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        site = self._site
        if self._parser.get_method() == b"GET":
            self._transport.write(replies.json_reply({"came": site.came, "left": site.left}))
            return
        site.came += 1
        self._timer = asyncio.get_running_loop().call_later(site.service_s(), self._answer)

    def _answer(self) -> None:
        self._timer = None
        self._transport.write(ANSWER)


async def serve(site: Site) -> None:
    """Serve on 127.0.0.1 and print the ports, until the input ends."""
    loop = asyncio.get_running_loop()
    ports = []
    for _ in range(PLACES):
        server = await loop.create_server(partial(Connection, site), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main(
    usual_ms: Annotated[float, typer.Option(help="Mean time to first content.")] = 60,
    late_share: Annotated[float, typer.Option(help="Of the answers that take long.")] = 0.03,
    late_times: Annotated[float, typer.Option(help="So many times as long.")] = 20,
) -> None:
    """Serve until the standard input ends."""
    uvloop.run(serve(Site(usual_ms, late_share, late_times)))


if __name__ == "__main__":
    typer.run(main)
