"""When an upstream client uses a connection again, and when it must not."""

import asyncio

import pytest

from tests import answers
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
from tests.fake_upstream import FakeUpstream
from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.upstream import Call, Upstream

pytestmark = pytest.mark.anyio


async def test_a_connection_is_used_again_after_a_whole_answer(
    client: Upstream, keeps: bool
) -> None:
    async with raw_server(count) as server:
        said = [await ask(client, server.call()) for _ in range(5)]

    assert said == ([b"1"] * 5 if keeps else [b"1", b"2", b"3", b"4", b"5"])


async def test_an_answer_in_chunks_leaves_the_connection_usable(
    client: Upstream, keeps: bool
) -> None:
    async def converse(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(head(CHUNKED) + chunked(b"%d" % peer.number))

    async with raw_server(converse) as server:
        said = [await ask(client, server.call()) for _ in range(3)]

    assert said == ([b"1"] * 3 if keeps else [b"1", b"2", b"3"])


async def test_an_error_read_to_its_end_leaves_the_connection_usable(client: Upstream) -> None:
    with FakeUpstream(answers.error(429)) as fake:
        call = Call(url=fake.url, headers=[], body=b"{}")
        await ask(client, call)
        fake.answer = answers.plain(b"again")

        said = await ask(client, call)

    assert said == b"again"
    assert len(fake.received) == 2


async def test_calls_at_the_same_time_have_connections_of_their_own(client: Upstream) -> None:
    everybody = asyncio.Barrier(3)

    async def converse(peer: Peer) -> None:
        await peer.request()
        await everybody.wait()
        await peer.answer(b"%d" % peer.number)

    async with raw_server(converse) as server:
        said = await asyncio.gather(*(ask(client, server.call()) for _ in range(3)))

    assert sorted(said) == [b"1", b"2", b"3"]


async def test_two_servers_never_share_a_connection(client: Upstream, keeps: bool) -> None:
    async with raw_server(count) as one, raw_server(count) as other:
        for server in (one, other, one, other):
            await ask(client, server.call())

        expected = (1, 1) if keeps else (2, 2)
        assert (len(one.peers), len(other.peers)) == expected


@pytest.mark.parametrize(
    ("headers", "connections"),
    [
        ([b"keep-alive: timeout=1"], 2),
        ([b"keep-alive: timeout=0"], 2),
        ([b"keep-alive: timeout=60"], 1),
        ([b"keep-alive: timeout=60, max=100"], 1),
        ([b"keep-alive: max=100, timeout=1"], 2),
        ([b"connection: close"], 2),
        ([b"connection: keep-alive"], 1),
    ],
)
async def test_the_server_says_how_long_a_connection_may_be_kept(
    client: Upstream, keeps: bool, headers: list[bytes], connections: int
) -> None:
    async def converse(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.answer(b"", *headers)

    async with raw_server(converse) as server:
        await ask(client, server.call())
        await ask(client, server.call())

        assert len(server.peers) == (connections if keeps else 2)


async def test_a_connection_that_the_server_has_closed_is_not_used_again(client: Upstream) -> None:
    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"%d" % peer.number)

    async with raw_server(converse) as server:
        said = []
        for _ in range(3):
            said.append(await ask(client, server.call()))
            await loop_turns()

    assert said == [b"1", b"2", b"3"]


async def test_what_a_server_says_unasked_closes_the_connection(client: Upstream) -> None:
    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"%d" % peer.number)
        await loop_turns(5)
        await peer.answer(b"unasked")
        await peer.left()

    async with raw_server(converse) as server:
        said = []
        for _ in range(2):
            said.append(await ask(client, server.call()))
            await loop_turns()

    assert said == [b"1", b"2"]


@pytest.mark.parametrize("cut", [1, 20, 40, 10_000], ids=lambda cut: f"cut-at-{cut}")
async def test_a_second_answer_to_one_call_is_never_that_of_the_next(
    client: Upstream, cut: int
) -> None:
    second = head(b"content-length: 7") + b"unasked"

    async def converse(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            await peer.send(head(b"content-length: 5") + b"asked" + second[:cut])
            await peer.reader.readuntil(b"\r\n\r\n")
            await peer.send(second[cut:])
        else:
            await peer.answer(b"other")

    async with raw_server(converse) as server:
        said = [await ask(client, server.call()), await ask(client, server.call())]

    assert said == [b"asked", b"other"]


async def test_close_closes_what_was_kept(client: Upstream) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"")
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        await ask(client, server.call())
        await client.close()

        await left.wait()


async def test_an_answer_that_ends_after_close_is_whole_and_its_connection_closed(
    client: Upstream,
) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"late")
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        async with client.open(server.call()) as exchange:
            await client.close()
            said = await read(exchange)
        await left.wait()

    assert said == b"late"


async def test_a_call_after_close_is_answered_and_its_connection_closed(client: Upstream) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.answer(b"late")
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        await client.close()

        assert await ask(client, server.call()) == b"late"
        await left.wait()


async def test_a_server_that_leaves_at_once_is_a_broken_answer(client: Upstream) -> None:
    async def converse(peer: Peer) -> None:
        peer.reset()

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError):
            await ask(client, server.call())
