"""Streams asked for at random times, whatever the answers do, and when each began to answer."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import cast

import httptools

from connection import BadReplyError

SESSIONS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one round asks."""

    port: int
    model: str
    seed: int
    """Rounds of the same seed have the same arrivals."""
    rate: float
    requests: int


async def first_contents_ms(load: Load) -> list[float]:
    """Ask as ordered; return the time to the first content of each request, in their order."""
    arrivals = _Arrivals(load)
    async with asyncio.timeout(60 + 3 * load.requests / load.rate):
        await arrivals.finished
    return arrivals.taken_ms


class _Arrivals:
    """A Poisson process; each arrival takes an idle connection, or makes a new one."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loop = asyncio.get_running_loop()
        self._random = Random(load.seed)  # noqa: S311 - arrivals
        self._idle: list[_Connection] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._due = self._answered = 0
        self.taken_ms = [0.0] * load.requests
        self.finished: asyncio.Future[None] = self._loop.create_future()
        self._wait(self._loop.time())

    def _wait(self, since: float) -> None:
        due = since + self._random.expovariate(self._load.rate)
        self._loop.call_at(due, self._arrive, due)

    def _arrive(self, due: float) -> None:
        number, self._due = self._due, self._due + 1
        asking = self._loop.create_task(self._ask(number, perf_counter()))
        self._opening.add(asking)
        asking.add_done_callback(self._opening.discard)
        if self._due < self._load.requests:
            self._wait(due)

    async def _ask(self, number: int, began: float) -> None:
        if self._idle:
            connection = self._idle.pop()
        else:
            _, connection = await self._loop.create_connection(
                lambda: _Connection(self._failed), "127.0.0.1", self._load.port
            )
        session = self._random.randrange(SESSIONS)
        request = _request(self._load, f"{self._load.seed}-{number}", session)
        connection.ask(request, lambda at: self._answer(connection, number, at - began))

    def _answer(self, connection: "_Connection", number: int, taken_s: float) -> None:
        self.taken_ms[number] = taken_s * 1000
        self._idle.append(connection)
        self._answered += 1
        if self._answered == self._load.requests and not self.finished.done():
            for one in self._idle:
                one.close()
            self.finished.set_result(None)

    def _failed(self, error: Exception) -> None:
        if not self.finished.done():
            self.finished.set_exception(error)


class _Connection(asyncio.Protocol):
    """One kept-alive connection; nothing of an answer comes before its first content."""

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._parser = httptools.HttpResponseParser(self)
        self._first_at = 0.0
        self._ending = b""
        self._answered: Callable[[float], None] = lambda at: None
        self._transport: asyncio.Transport

    def ask(self, request: bytes, answered: Callable[[float], None]) -> None:
        """Send a request; `answered` hears at its end when its first content came."""
        self._first_at, self._ending, self._answered = 0.0, b"", answered
        self._transport.write(request)

    def close(self) -> None:
        self._failed = lambda error: None
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._failed(BadReplyError(f"the proxy closed a connection: {exc or 'end of stream'}"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._first_at = self._first_at or perf_counter()
        self._ending = (self._ending + body)[-512:]

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status != 200 or b"[DONE]" not in self._ending:
            self._failed(BadReplyError(f"status {status}, body ending in {self._ending!r}"))
            return
        self._answered(self._first_at)


def _request(load: Load, number: str, session: int) -> bytes:
    messages = [
        {"role": "system", "content": f"You answer visitor {session} of a small harbour museum."},
        {"role": "user", "content": f"Which lantern of room {number} is the oldest?"},
    ]
    body = json.dumps({"model": load.model, "messages": messages, "stream": True}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{load.port}\r\n"
        "authorization: Bearer bench\r\ncontent-type: application/json\r\n"
        f"x-session-id: visitor-{session}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
