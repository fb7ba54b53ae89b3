"""How every upstream client finds its way to a server."""

import asyncio
import socket

import pytest
from aiohappyeyeballs import AddrInfoType

from tests.contracts.raw_server import Peer, ask, count, raw_server
from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.http1.connect import connect
from wrp_proxy.providers.upstream import Call, Upstream

pytestmark = pytest.mark.anyio


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", pytest.param("[::1]", marks=ipv6)])
async def test_a_server_is_found_by_address_and_by_name(client: Upstream, host: str) -> None:
    async with raw_server(count, host=host.strip("[]")) as server:
        server.host = host

        assert await ask(client, server.call()) == b"1"


@ipv6
@pytest.mark.parametrize("alive", ["127.0.0.1", "::1"])
async def test_a_name_with_a_dead_address_leads_to_the_live_one(alive: str) -> None:
    async def resolve(host: str, port: int) -> list[AddrInfoType]:
        assert host == "two-addresses"
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("::1", port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port)),
        ]

    async with raw_server(Peer.left, host=alive) as server:
        transport = await connect("two-addresses", server.port, Kept, None, resolve)
        transport.close()

    assert transport.peer == alive


class Kept(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.peer = transport.get_extra_info("peername")[0]
        self.close = transport.close


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///v1",
        "http://lab:99999/v1",
        "http://lab:abc/v1",
        "http://a..b/v1",
        "ftp://lab/v1",
        "http://[::1/v1",
        "http://" + "a" * 70 + "/v1",
        "v1",
        "",
    ],
)
async def test_an_address_that_leads_nowhere_is_told(client: Upstream, url: str) -> None:
    with pytest.raises(DisconnectedError, match="could not be reached"):
        await ask(client, Call(url=url, headers=()))
