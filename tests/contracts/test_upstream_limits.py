"""How many connections there may be, and what becomes of the calls beyond that."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.contracts.raw_server import Peer, ask, count, loop_turns, raw_server
from wrp_proxy.errors import UpstreamTimeoutError
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.httpx_upstream import HttpxUpstream
from wrp_proxy.providers.upstream import Upstream

pytestmark = pytest.mark.anyio

KINDS = {"http1": Http1Upstream, "httpx": HttpxUpstream}


@pytest.fixture(params=KINDS)
async def narrow(request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    """Have room for two connections at a time."""
    upstream = KINDS[request.param](connect_timeout_s=5, max_connections=2)
    yield upstream
    await upstream.close()


class Bell:
    """A server that answers, with its count of requests, when the test rings."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self._rings = asyncio.Semaphore(0)
        self._changed = asyncio.Condition()

    async def __call__(self, peer: Peer) -> None:
        while True:
            self.asked.append((await peer.request())[-1:])
            async with self._changed:
                self._changed.notify_all()
            await self._rings.acquire()
            await peer.answer(b"ok")

    def ring(self, times: int = 1) -> None:
        for _ in range(times):
            self._rings.release()

    async def until(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.asked) >= count)


async def test_calls_beyond_the_limit_wait_and_go_in_the_order_they_came(
    narrow: Upstream,
) -> None:
    bell = Bell()

    async with raw_server(bell) as server:
        calls = []
        for number in range(5):
            calls.append(asyncio.create_task(ask(narrow, server.call(body=b"%d" % number))))
            await loop_turns(5)
        await bell.until(2)
        await loop_turns()
        first = list(bell.asked)
        for answered in range(3, 6):
            bell.ring()
            await bell.until(answered)
        bell.ring(2)
        said = await asyncio.gather(*calls)

    assert sorted(first) == [b"0", b"1"]
    assert bell.asked[2:] == [b"2", b"3", b"4"]
    assert said == [b"ok"] * 5


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_whoever_waits_too_long_is_told(kind: type[Http1Upstream | HttpxUpstream]) -> None:
    client, bell = kind(connect_timeout_s=0.05, max_connections=1), Bell()

    async with raw_server(bell) as server:
        first = asyncio.create_task(ask(client, server.call()))
        await bell.until(1)
        with pytest.raises(UpstreamTimeoutError, match="did not accept"):
            await ask(client, server.call())
        bell.ring(2)

        assert await first == b"ok"
        assert await ask(client, server.call()) == b"ok"
    await client.close()


@pytest.mark.parametrize("turns", range(6))
async def test_a_place_in_line_that_is_given_up_is_lost_to_nobody(
    narrow: Upstream, turns: int
) -> None:
    bell = Bell()

    async with raw_server(bell) as server:
        held = [asyncio.create_task(ask(narrow, server.call())) for _ in range(2)]
        await bell.until(2)
        leaving = [asyncio.create_task(ask(narrow, server.call())) for _ in range(3)]
        await loop_turns()
        bell.ring(2)
        await loop_turns(turns)
        for call in leaving:
            call.cancel()
        await asyncio.gather(*held, *leaving, return_exceptions=True)
        bell.ring(9)

        assert await asyncio.gather(*(ask(narrow, server.call()) for _ in range(4))) == [b"ok"] * 4


@pytest.mark.parametrize("turns", range(0, 24, 2))
async def test_cancelled_while_connecting_no_room_is_lost(narrow: Upstream, turns: int) -> None:
    async with raw_server(count) as server:
        for _ in range(4):
            call = asyncio.create_task(ask(narrow, server.call()))
            await loop_turns(turns)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

        assert await ask(narrow, server.call())


async def test_a_failure_to_connect_takes_no_room(narrow: Upstream) -> None:
    async with raw_server(count) as server:
        dead = server.call()
    for _ in range(5):
        with pytest.raises(Exception, match="could not be reached"):
            await ask(narrow, dead)


async def test_an_answer_that_breaks_takes_no_room(narrow: Upstream) -> None:
    async def converse(peer: Peer) -> None:
        await peer.request()
        peer.reset()

    async with raw_server(converse) as server:
        for _ in range(5):
            with pytest.raises(Exception, match="closed the connection"):
                await ask(narrow, server.call())


async def test_abort_takes_effect_in_line(narrow: Upstream) -> None:
    bell = Bell()

    async with raw_server(bell) as server:
        held = [asyncio.create_task(ask(narrow, server.call())) for _ in range(2)]
        await bell.until(2)
        exchange = narrow.open(server.call())
        waiting = asyncio.create_task(exchange.__aenter__())
        await loop_turns()
        exchange.abort(UpstreamTimeoutError("too slow"))
        with pytest.raises(UpstreamTimeoutError, match="too slow"):
            await waiting
        bell.ring(2)
        await asyncio.gather(*held)

    assert len(bell.asked) == 2


async def test_abort_takes_effect_while_connecting(narrow: Upstream) -> None:
    left, accepted = asyncio.Event(), asyncio.Event()

    async def say_nothing(peer: Peer) -> None:
        accepted.set()
        await peer.left()
        left.set()

    async with raw_server(say_nothing) as server:
        server.scheme = "https"
        exchange = narrow.open(server.call())
        waiting = asyncio.create_task(exchange.__aenter__())
        await accepted.wait()
        await loop_turns()
        exchange.abort(UpstreamTimeoutError("too slow"))
        with pytest.raises(UpstreamTimeoutError, match="too slow"):
            await waiting
        await left.wait()


async def test_a_crowd_leaves_only_some_connections_behind() -> None:
    client, everybody = Http1Upstream(connect_timeout_s=5), asyncio.Barrier(110)
    left = asyncio.Semaphore(0)

    async def converse(peer: Peer) -> None:
        await peer.request()
        await everybody.wait()
        await peer.answer(b"")
        await peer.left()
        left.release()

    async with raw_server(converse) as server:
        await asyncio.gather(*(ask(client, server.call()) for _ in range(110)))
        for _ in range(10):
            await left.acquire()
        await loop_turns()

        assert left.locked()
        await client.close()
