"""When a call may be sent a second time: hardly ever."""

import os
import socket

import pytest

from tests.contracts.raw_server import Peer, ask, count, head, loop_turns, raw_server
from wrp_proxy.errors import DisconnectedError, UpstreamTimeoutError
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.upstream import Upstream

pytestmark = pytest.mark.anyio


class Leaving:
    """Answers the first call of the first connection, and breaks off at the second."""

    def __init__(self, last_words: bytes = b"") -> None:
        self.received: list[bytes] = []
        self._last_words = last_words

    async def __call__(self, peer: Peer) -> None:
        while True:
            self.received.append(await peer.request())
            if len(self.received) == 2:
                await peer.send(self._last_words)
                return
            await peer.answer(b"%d" % peer.number)


async def test_a_get_on_a_kept_connection_that_is_dead_is_sent_once_more() -> None:
    client, leaving = Http1Upstream(connect_timeout_s=5), Leaving()

    async with raw_server(leaving) as server:
        said = [await ask(client, server.get()) for _ in range(2)]
        await client.close()

    assert said == [b"1", b"2"]
    assert len(leaving.received) == 3


async def test_a_post_is_never_sent_again(client: Upstream) -> None:
    leaving = Leaving()

    async with raw_server(leaving) as server:
        await ask(client, server.call())
        with pytest.raises(DisconnectedError):
            await ask(client, server.call())

        assert len(leaving.received) == 2
        assert await ask(client, server.call()) in {b"2", b"3"}


async def test_a_get_whose_answer_has_begun_is_not_sent_again(client: Upstream) -> None:
    leaving = Leaving(b"H")

    async with raw_server(leaving) as server:
        await ask(client, server.get())
        with pytest.raises(DisconnectedError):
            await ask(client, server.get())

    assert len(leaving.received) == 2


async def test_a_get_on_a_new_connection_is_not_sent_again(client: Upstream) -> None:
    received = []

    async def converse(peer: Peer) -> None:
        received.append(await peer.request())

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError):
            await ask(client, server.get())

    assert len(received) == 1


async def test_a_get_that_was_aborted_is_not_sent_again(client: Upstream) -> None:
    received = []

    async def converse(peer: Peer) -> None:
        while True:
            received.append(await peer.request())
            if len(received) < 2:
                await peer.answer(b"")
            else:
                exchange.abort(UpstreamTimeoutError("too slow"))

    async with raw_server(converse) as server:
        await ask(client, server.get())
        exchange = client.open(server.get())
        with pytest.raises(UpstreamTimeoutError, match="too slow"):
            await exchange.__aenter__()
        await loop_turns()

    assert len(received) == 2


@pytest.mark.parametrize("unasked", [b"H", head(b"content-length: 7") + b"unasked"])
async def test_what_was_said_unasked_a_moment_ago_is_not_the_answer(
    client: Upstream, unasked: bytes
) -> None:
    async with raw_server(count) as server:
        await ask(client, server.call())
        os.write(server.peers[0].writer.get_extra_info("socket").fileno(), unasked)

        assert await ask(client, server.call()) == b"2"


async def test_a_connection_closed_a_moment_ago_is_not_used_for_a_post(client: Upstream) -> None:
    async with raw_server(count) as server:
        await ask(client, server.call())
        at_server = server.peers[0].writer.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(at_server)) as own:
            own.shutdown(socket.SHUT_WR)

        assert await ask(client, server.call()) == b"2"
