"""Three upstreams in one process, each with slots and a line before them; one is slow.

A control port steers them and tells what they saw:
GET /round/SEED/SLOW_MS/AFTER   begin anew: the last one takes SLOW_MS from the AFTER-th arrival on
GET /arrivals                   the places of all arrivals since then, in their order
"""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Annotated, cast

import httptools
import typer
import uvloop

import replies

PLACES = 3
SLOW = PLACES - 1
"""The place of the one that is, or becomes, slow."""
CHUNKS = 8
ANSWER = replies.STREAM_HEAD + b"".join(replies.stream_frames(CHUNKS, include_usage=True))
Reply = Callable[[], None]


@dataclass(slots=True)
class Site:
    """What all connections share: the round that is on, and who waits where."""

    slots: int
    fast_ms: float
    slow_ms: float = 0.0
    slow_after: int = 0
    random: Random = field(default_factory=Random)
    arrivals: list[int] = field(default_factory=list)
    busy: list[int] = field(default_factory=lambda: [0] * PLACES)
    lines: list[deque[Reply]] = field(default_factory=lambda: [deque() for _ in range(PLACES)])

    def begin(self, seed: int, slow_ms: float, slow_after: int) -> None:
        """Begin a round; whoever is still being served of the last one is served."""
        self.random = Random(seed)  # noqa: S311 - times of service
        self.arrivals = []
        self.slow_ms, self.slow_after = slow_ms, slow_after

    def arrive(self, place: int, reply: Reply) -> None:
        self.arrivals.append(place)
        self.lines[place].append(reply)
        self._serve(place)

    def _serve(self, place: int) -> None:
        while self.lines[place] and self.busy[place] < self.slots:
            self.busy[place] += 1
            reply = self.lines[place].popleft()
            asyncio.get_running_loop().call_later(self._service_s(place), self._done, place, reply)

    def _done(self, place: int, reply: Reply) -> None:
        reply()
        self.busy[place] -= 1
        self._serve(place)

    def _service_s(self, place: int) -> float:
        """Draw the time to the first content: half of it always, half exponential."""
        is_slow = place == SLOW and len(self.arrivals) > self.slow_after
        mean_s = (self.slow_ms if is_slow else self.fast_ms) / 1000
        return mean_s / 2 + self.random.expovariate(2 / mean_s)


class Connection(asyncio.Protocol):
    """Answer the requests of one kept-alive connection, at one place or at the control port."""

    def __init__(self, site: Site, place: int | None) -> None:
        self._site = site
        self._place = place
        self._parser = httptools.HttpRequestParser(self)
        self._path = ""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url.decode()

    def on_message_complete(self) -> None:
        if self._place is not None:
            self._site.arrive(self._place, lambda: self._write(ANSWER))
            return
        _, name, *figures = self._path.split("/")
        if name == "round":
            seed, slow_ms, after = map(int, figures)
            self._site.begin(seed, slow_ms, after)
        self._write(replies.json_reply(self._site.arrivals))

    def _write(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)


async def serve(site: Site) -> None:
    """Serve on 127.0.0.1, print the ports, the control port last, until the input ends."""
    loop = asyncio.get_running_loop()
    ports = []
    for place in (*range(PLACES), None):
        server = await loop.create_server(partial(Connection, site, place), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main(
    slots: Annotated[int, typer.Option(min=1, help="Of each.")] = 8,
    fast_ms: Annotated[float, typer.Option(help="Mean time to first content.")] = 20,
) -> None:
    """Serve until the standard input ends."""
    uvloop.run(serve(Site(slots, fast_ms)))


if __name__ == "__main__":
    typer.run(main)
