"""Identical requests in flight: one answer is made, and all get it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from wrp_proxy.cache.single_flight import Flight, Flights
from wrp_proxy.errors import UpstreamError

pytestmark = pytest.mark.anyio


class Maker:
    """Makes an answer piece by piece, when told to."""

    def __init__(self, *pieces: bytes, failure: Exception | None = None) -> None:
        self.calls = 0
        self.was_cancelled = False
        self.go = asyncio.Event()
        self._pieces = pieces
        self._failure = failure

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        self.calls += 1
        try:
            await self.go.wait()
            for piece in self._pieces:
                yield piece
            if self._failure is not None:
                raise self._failure
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise


async def read(flight: Flight[str]) -> bytes:
    async with aclosing(flight.pieces()) as pieces:
        return b"".join([piece async for piece in pieces])


async def began(*tasks: "asyncio.Task[bytes]") -> None:
    """Let tasks run until they wait."""
    for _ in range(3 * len(tasks) + 3):
        await asyncio.sleep(0)


async def test_fifty_ask_and_one_answer_is_made() -> None:
    flights, make = Flights[str](max_bytes=1000), Maker(b"a", b"b")
    tasks = [
        asyncio.create_task(read(flights.join(b"k", str(n), make.__call__))) for n in range(50)
    ]
    await began(*tasks)

    make.go.set()

    assert await asyncio.gather(*tasks) == [b"ab"] * 50
    assert make.calls == 1


async def test_the_answer_goes_on_when_the_first_has_left() -> None:
    flights, make = Flights[str](max_bytes=1000), Maker(b"a")
    leader = asyncio.create_task(read(flights.join(b"k", "leader", make.__call__)))
    follower = asyncio.create_task(read(flights.join(b"k", "follower", make.__call__)))
    await began(leader, follower)

    leader.cancel()
    await began(leader)
    make.go.set()

    assert await follower == b"a"
    assert not make.was_cancelled


async def test_when_all_have_left_the_making_is_broken_off() -> None:
    flights, make = Flights[str](max_bytes=1000), Maker(b"a")
    tasks = [asyncio.create_task(read(flights.join(b"k", str(n), make.__call__))) for n in range(2)]
    await began(*tasks)

    for task in tasks:
        task.cancel()
    await began(*tasks)

    assert make.was_cancelled


async def test_who_comes_after_all_have_left_begins_anew() -> None:
    flights, first, second = Flights[str](max_bytes=1000), Maker(b"a"), Maker(b"b")
    leaving = asyncio.create_task(read(flights.join(b"k", "1", first.__call__)))
    await began(leaving)
    leaving.cancel()
    await began(leaving)
    second.go.set()

    assert await read(flights.join(b"k", "2", second.__call__)) == b"b"


async def test_a_failure_reaches_all() -> None:
    flights = Flights[str](max_bytes=1000)
    make = Maker(b"a", failure=UpstreamError("broken"))
    tasks = [asyncio.create_task(read(flights.join(b"k", str(n), make.__call__))) for n in range(3)]
    await began(*tasks)

    make.go.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(end) for end in ends] == [UpstreamError] * 3


async def test_different_requests_fly_apart() -> None:
    flights, one, other = Flights[str](max_bytes=1000), Maker(b"a"), Maker(b"b")
    one.go.set()
    other.go.set()

    first = await read(flights.join(b"k", "1", one.__call__))
    second = await read(flights.join(b"l", "2", other.__call__))

    assert (first, second) == (b"a", b"b")


async def test_a_large_answer_takes_on_nobody_more_and_is_whole_for_those_it_has() -> None:
    flights = Flights[str](max_bytes=10)
    large = Maker(*[b"123456"] * 20)
    early = asyncio.create_task(read(flights.join(b"k", "1", large.__call__)))
    await began(early)
    large.go.set()
    late_maker = Maker(b"anew")
    late_maker.go.set()

    whole = await early
    late = await read(flights.join(b"k", "2", late_maker.__call__))

    assert (whole, late) == (b"123456" * 20, b"anew")


async def test_after_landing_the_same_name_flies_again() -> None:
    flights, make = Flights[str](max_bytes=1000), Maker(b"a")
    make.go.set()

    await read(flights.join(b"k", "1", make.__call__))
    await read(flights.join(b"k", "2", make.__call__))

    assert make.calls == 2
