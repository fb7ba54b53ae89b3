"""What becomes of a call that nobody waits for any more."""

import asyncio

import pytest

from tests import answers
from tests.contracts.raw_server import (
    CHUNKED,
    Peer,
    ask,
    count,
    head,
    loop_turns,
    raw_server,
    read,
)
from tests.fake_upstream import FakeUpstream
from wrp_proxy.errors import UpstreamTimeoutError
from wrp_proxy.providers.upstream import Call, Exchange, Upstream

pytestmark = pytest.mark.anyio


async def enter_and_read(exchange: Exchange) -> bytes:
    async with exchange:
        return await read(exchange)


async def test_leaving_early_closes_the_connection(client: Upstream) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        async with client.open(server.call()) as exchange:
            assert await anext(aiter(exchange)) == b"first"

        await left.wait()


async def test_leaving_early_tells_a_model_server(client: Upstream) -> None:
    with FakeUpstream(answers.paused_stream([b"first"], [])) as fake:
        call = Call(url=fake.url, headers=[], body=b"{}")
        async with client.open(call) as exchange:
            await anext(aiter(exchange))
        await loop_turns()

        assert fake.last.client_left.wait(10)


async def test_an_error_of_the_reader_closes_the_connection(client: Upstream) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        with pytest.raises(KeyError):
            async with client.open(server.call()):
                raise KeyError

        await left.wait()


async def test_a_cancelled_call_closes_the_connection(client: Upstream) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        call = asyncio.create_task(ask(client, server.call()))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        await left.wait()


async def test_abort_wakes_whoever_waits_for_the_head(client: Upstream) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        exchange = client.open(server.call())
        reading = asyncio.create_task(enter_and_read(exchange))
        await asked.wait()
        exchange.abort(UpstreamTimeoutError("too slow"))

        with pytest.raises(UpstreamTimeoutError, match="too slow"):
            await reading
        await left.wait()


async def test_abort_wakes_whoever_waits_for_the_body(client: Upstream) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await peer.left()
        left.set()

    async with raw_server(converse) as server, client.open(server.call()) as exchange:
        await anext(aiter(exchange))
        waiting = asyncio.create_task(read(exchange))
        await loop_turns()
        exchange.abort(UpstreamTimeoutError("too slow"))

        with pytest.raises(UpstreamTimeoutError, match="too slow"):
            await waiting
        await left.wait()


async def test_abort_before_the_connection_stands_sends_nothing(client: Upstream) -> None:
    received = []

    async def converse(peer: Peer) -> None:
        received.append(await peer.reader.read(1))

    async with raw_server(converse) as server:
        exchange = client.open(server.call())
        reading = asyncio.create_task(enter_and_read(exchange))
        exchange.abort(UpstreamTimeoutError("too slow"))

        with pytest.raises(UpstreamTimeoutError, match="too slow"):
            await reading
        await loop_turns()

    assert not any(received)


async def test_abort_after_the_whole_answer_takes_nothing_back(client: Upstream) -> None:
    async with raw_server(count) as server, client.open(server.call()) as exchange:
        await loop_turns()
        exchange.abort(UpstreamTimeoutError("too slow"))

        assert await read(exchange) == b"1"


async def test_abort_spares_the_next_call(client: Upstream) -> None:
    async with raw_server(count) as server:
        async with client.open(server.call()) as exchange:
            await loop_turns()
            exchange.abort(UpstreamTimeoutError("too slow"))

        assert await ask(client, server.call()) == b"2"
