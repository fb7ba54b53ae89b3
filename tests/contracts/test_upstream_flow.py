"""The unimportant rest of an answer, and answers that come faster than they are read."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.contracts.raw_server import (
    CHUNKED,
    Peer,
    ask,
    chunked,
    count,
    head,
    loop_turns,
    raw_server,
    read,
)
from tests.fake_upstream import FakeUpstream, Received, Wire
from wrp_proxy.providers.upstream import Call, Upstream

pytestmark = pytest.mark.anyio

MEBIBYTE = 2**20


async def test_a_drained_answer_leaves_the_connection_usable(client: Upstream, keeps: bool) -> None:
    may_end = asyncio.Event()

    async def converse(peer: Peer) -> None:
        if peer.number > 1:
            await count(peer)
        await peer.request()
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await may_end.wait()
        await peer.send(chunked(b"rest"))
        await count(peer)

    async with raw_server(converse) as server:
        async with client.open(server.call()) as exchange:
            await anext(aiter(exchange))
            exchange.drain()
        may_end.set()
        await loop_turns()

        assert await ask(client, server.call()) == (b"1" if keeps else b"2")


async def test_a_connection_is_not_used_while_it_drains(client: Upstream) -> None:
    async def converse(peer: Peer) -> None:
        await peer.request()
        if peer.number > 1:
            await peer.answer(b"%d" % peer.number)
            return
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await peer.left()

    async with raw_server(converse) as server:
        async with client.open(server.call()) as exchange:
            await anext(aiter(exchange))
            exchange.drain()

        assert await ask(client, server.call()) == b"2"


async def test_a_drain_that_never_ends_is_given_up(client: Upstream) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        async with client.open(server.call()) as exchange:
            await anext(aiter(exchange))
            exchange.drain()

        await left.wait()


async def test_close_gives_up_what_drains(
    client: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left to a timer, for the loop may end before it rings."""
    monkeypatch.setattr("wrp_proxy.providers.http1.connection._DRAIN_S", 1e6)
    monkeypatch.setattr("wrp_proxy.providers.httpx_upstream._DRAIN_S", 1e6)
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        async with client.open(server.call()) as exchange:
            await anext(aiter(exchange))
            exchange.drain()
        await client.close()

        await left.wait()


async def test_a_second_answer_while_draining_is_never_that_of_the_next_call(
    client: Upstream,
) -> None:
    may_end = asyncio.Event()
    second = head(b"content-length: 7") + b"unasked"

    async def converse(peer: Peer) -> None:
        await peer.request()
        if peer.number > 1:
            await peer.answer(b"other")
            return
        await peer.send(head(CHUNKED) + b"5\r\nfirst\r\n")
        await may_end.wait()
        await peer.send(chunked() + second[:20])
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.send(second[20:])

    async with raw_server(converse) as server:
        async with client.open(server.call()) as exchange:
            await anext(aiter(exchange))
            exchange.drain()
        may_end.set()
        await loop_turns()

        assert await ask(client, server.call()) == b"other"


async def flood(peer: Peer, total: int) -> AsyncIterator[int]:
    """Send `total` bytes, and tell after each piece how many have gone."""
    for sent in range(0, total, 2**16):
        await peer.send(b"a" * 2**16)
        yield sent + 2**16


async def test_a_reader_who_does_not_read_holds_the_server_back(client: Upstream) -> None:
    total, gone = 64 * MEBIBYTE, 0

    async def converse(peer: Peer) -> None:
        nonlocal gone
        await peer.request()
        await peer.send(head(b"content-length: %d" % total))
        async for sent in flood(peer, total):
            gone = sent

    async with raw_server(converse) as server, client.open(server.call()) as exchange:
        before = -1
        while gone > before:
            before = gone
            await loop_turns(200)
        stalled_at = gone
        received = sum([len(piece) async for piece in exchange])

    assert stalled_at < total / 2
    assert received == total


async def test_it_is_known_whether_something_waits_to_be_read(client: Upstream) -> None:
    async with raw_server(count) as server, client.open(server.call()) as exchange:
        await loop_turns()
        before = exchange.has_unread
        await read(exchange)

        assert before
        assert not exchange.has_unread


async def test_a_reader_who_leaves_a_paused_answer_leaves_no_deaf_connection(
    client: Upstream,
) -> None:
    async def converse(peer: Peer) -> None:
        if peer.number == 1:
            await peer.request()
            await peer.answer(b"a" * (MEBIBYTE // 4 + 1))
        await count(peer)

    async with raw_server(converse) as server:
        async with client.open(server.call()):
            await loop_turns()

        assert await ask(client, server.call()) in {b"1", b"2"}


async def test_a_large_body_goes_out_whole(client: Upstream) -> None:
    sizes = []

    async def echo_size(received: Received, wire: Wire) -> None:
        sizes.append(len(received.body))
        await wire.whole(200, b"")

    with FakeUpstream(echo_size) as fake:
        await ask(client, Call(url=fake.url, headers=[], body=b"a" * 8 * MEBIBYTE))

    assert sizes == [8 * MEBIBYTE]
