"""The way through the proxy that the environment names."""

import asyncio
from pathlib import Path
from time import monotonic

import pytest
import trustme

from tests.contracts.raw_server import Peer, ask, count, head, raw_server
from tests.contracts.test_upstream_tls import server_tls
from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.upstream import Call
from wrp_proxy.providers.upstreams import Upstreams, build_upstreams

pytestmark = pytest.mark.anyio


def through(**environment: str) -> Upstreams:
    return build_upstreams(
        connect_timeout_s=5, max_connections=10, environment=environment, clock=monotonic
    )


async def test_plain_http_is_asked_of_the_proxy() -> None:
    received = []

    async def forward(peer: Peer) -> None:
        received.append(await peer.request())
        await peer.answer(b"forwarded")

    async with raw_server(forward) as proxy:
        client = through(HTTP_PROXY=f"http://me:secret@127.0.0.1:{proxy.port}")
        said = await ask(client, Call(url="http://lab.invalid/v1", headers=(), body=b"{}"))
        await client.close()

    assert said == b"forwarded"
    assert received[0].startswith(b"POST http://lab.invalid/v1 HTTP/1.1\r\n")
    assert b"proxy-authorization: basic" in received[0].lower()


async def test_tls_passes_through_the_proxy_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, asked = trustme.CA(), []
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    async def tunnel(peer: Peer) -> None:
        asked.append(await peer.request())
        reader, writer = await asyncio.open_connection(server.host, server.port)
        await peer.send(head())
        async with asyncio.TaskGroup() as both:
            both.create_task(pour(peer.reader, writer))
            both.create_task(pour(reader, peer.writer))

    async with (
        raw_server(count, server_tls(authority, "lab.invalid")) as server,
        raw_server(tunnel) as proxy,
    ):
        client = through(HTTPS_PROXY=proxy.url)
        said = await ask(client, Call(url="https://lab.invalid/v1", headers=(), body=b"{}"))
        await client.close()

    assert said == b"1"
    assert asked[0].startswith(b"CONNECT lab.invalid:443 HTTP/1.1\r\n")


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
    writer.close()


async def test_a_proxy_that_refuses_is_told() -> None:
    async def forbid(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(b"content-length: 0", status=b"403 Forbidden"))
        await peer.left()

    async with raw_server(forbid) as proxy:
        client = through(ALL_PROXY=proxy.url)
        with pytest.raises(DisconnectedError, match="refused"):
            await ask(client, Call(url="https://lab.invalid/v1", headers=()))
        await client.close()


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
async def test_a_proxy_that_cannot_be_used_is_told(proxy: str) -> None:
    client = through(ALL_PROXY=proxy)

    with pytest.raises(DisconnectedError, match=r"proxy of the environment|could not be reached"):
        await ask(client, Call(url="https://lab.invalid/v1", headers=()))
    await client.close()


async def test_a_proxy_may_speak_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    async with raw_server(count, server_tls(authority, "127.0.0.1")) as proxy:
        client = through(ALL_PROXY=proxy.url)
        said = await ask(client, Call(url="http://lab.invalid/v1", headers=(), body=b"{}"))
        await client.close()

    assert said == b"1"


async def test_a_proxy_that_is_down_is_told() -> None:
    async with raw_server(count) as proxy:
        client = through(ALL_PROXY=proxy.url)

    with pytest.raises(DisconnectedError, match="could not be reached"):
        await ask(client, Call(url="http://lab.invalid/v1", headers=()))
    await client.close()
