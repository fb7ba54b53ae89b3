"""Two ways of driving connections: as fast as answers come, or at a fixed rate.

Both read the performance counter: uvloop's own clock ticks in milliseconds.
"""

import asyncio
from collections import deque
from time import perf_counter

from connection import Connection
from prompts import Prompts


class ClosedLoop:
    """Each connection sends its next request when the last one is answered."""

    def __init__(self, connections: list[Connection], prompts: Prompts, seconds: float) -> None:
        self._connections = connections
        self._prompts = prompts
        self._seconds = seconds
        self._until = 0.0
        self._running = len(connections)
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Send the first request of each connection."""
        self._until = perf_counter() + self._seconds
        for connection in self._connections:
            connection.replied = self._replied
            connection.send(self._prompts.next())

    def _replied(self, connection: Connection) -> None:
        if perf_counter() < self._until:
            connection.send(self._prompts.next())
            return
        self._running -= 1
        if not self._running:
            self.finished.set_result(None)


class OpenLoop:
    """Requests fall due at a fixed rate and wait for an idle connection, on the clock."""

    def __init__(
        self, connections: list[Connection], prompts: Prompts, seconds: float, rate: float
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = connections.copy()
        self._prompts = prompts
        self._total = max(2, round(seconds * rate))  # percentiles need two
        self._interval_s = 1 / rate
        self._due = 0
        self._waiting: deque[float] = deque()
        self.latencies_ms: list[float] = []
        self.finished: asyncio.Future[None] = self._loop.create_future()

    def start(self) -> None:
        """Let the first request fall due now."""
        for connection in self._idle:
            connection.replied = self._replied
        self._fall_due(self._loop.time())

    def _fall_due(self, planned: float) -> None:
        # Timers tick in ms, so a request's clock starts when it falls due, not when planned.
        self._waiting.append(perf_counter())
        self._due += 1
        if self._idle:
            self._send(self._idle.pop())
        if self._due < self._total:
            following = planned + self._interval_s
            self._loop.call_at(following, self._fall_due, following)

    def _send(self, connection: Connection) -> None:
        connection.sent_at = self._waiting.popleft()
        connection.send(self._prompts.next())

    def _replied(self, connection: Connection) -> None:
        self.latencies_ms.append((perf_counter() - connection.sent_at) * 1000)
        if self._waiting:
            self._send(connection)
            return
        self._idle.append(connection)
        if len(self.latencies_ms) == self._total:
            self.finished.set_result(None)
