"""Identical requests in flight wait for the first: one answer is made, and streamed to all."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Generic, TypeVar

from wrp_proxy.broadcast import Broadcast
from wrp_proxy.errors import ShuttingDownError

Leader = TypeVar("Leader")
MakeAnswer = Callable[[], AsyncGenerator[bytes, None]]


class Flight(Generic[Leader]):
    """One answer under way; `leader` is whoever asked first."""

    def __init__(self, leader: Leader, max_bytes: int, land: Callable[[], None]) -> None:
        self.leader = leader
        self._land = land
        self._pieces: Broadcast[bytes] = Broadcast(
            max_bytes=max_bytes, forget=land, needs_readers=True
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def passengers(self) -> int:
        return self._pieces.readers

    @property
    def is_abandoned(self) -> bool:
        """It was broken off: everybody who read it had left, or the proxy is stopping."""
        return self._task is not None and (self._task.cancelled() or self._task.cancelling() > 0)

    def take_off(self, make: MakeAnswer) -> None:
        self._task = self._pieces.start(self._fly(make))
        self._task.add_done_callback(_look_at_failure)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the whole answer; raise what its making raised, ShuttingDownError if it was told
        to stop.
        """
        async with aclosing(self._pieces.read()) as pieces:
            async for piece in pieces:
                yield piece
        assert self._task is not None  # noqa: S101 - it has taken off, for mypy
        if self._task.cancelled():
            raise ShuttingDownError("The answer was broken off.")
        self._task.result()

    async def _fly(self, make: MakeAnswer) -> None:
        try:
            async with aclosing(make()) as pieces:
                async for piece in pieces:
                    await self._pieces.add(piece, len(piece))
        finally:
            self._land()


class Flights(Generic[Leader]):
    """All answers under way, by the name of the request.

    An answer longer than `max_bytes` takes on no more passengers; those it has are held to the
    pace of the slowest. When the last one leaves, it is broken off at once.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._followers = 0
        self._under_way: dict[bytes, Flight[Leader]] = {}

    def counts(self) -> Mapping[str, int]:
        """Return how many answers are under way, how many requests wait for them, and how many
        have joined another's so far.
        """
        under_way = self._under_way.values()
        return {
            "flights": len(under_way),
            "passengers": sum(flight.passengers for flight in under_way),
            "followers": self._followers,
        }

    def join(self, name: bytes, leader: Leader, make: MakeAnswer) -> Flight[Leader]:
        """Return the flight of this name, or let `leader` begin it."""
        known = self._under_way.get(name)
        if known is not None and not known.is_abandoned:
            self._followers += 1
            return known

        def land() -> None:
            if self._under_way.get(name) is flight:
                del self._under_way[name]

        flight = Flight(leader, self._max_bytes, land)
        self._under_way[name] = flight
        flight.take_off(make)
        return flight


def _look_at_failure(task: "asyncio.Task[None]") -> None:
    """Keep asyncio from logging a failure that every passenger has been told."""
    if not task.cancelled():
        task.exception()
