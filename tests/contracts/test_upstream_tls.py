"""Every upstream client speaks TLS with whom it can trust, and with nobody else."""

import ssl
from pathlib import Path

import pytest
import trustme

from tests.contracts.raw_server import Peer, ask, count, head, raw_server
from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.httpx_upstream import HttpxUpstream
from wrp_proxy.providers.upstream import Upstream

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this authority be the one that the system trusts."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.mark.usefixtures("trusted")
async def test_a_trusted_server_is_spoken_to_and_its_connection_kept(
    client: Upstream, keeps: bool, authority: trustme.CA
) -> None:
    async with raw_server(count, server_tls(authority, "127.0.0.1")) as server:
        said = [await ask(client, server.call()), await ask(client, server.call())]

    assert said == [b"1", b"1" if keeps else b"2"]


@pytest.mark.parametrize("kind", [Http1Upstream, HttpxUpstream])
async def test_whom_to_trust_may_be_told(
    kind: type[Http1Upstream | HttpxUpstream], authority: trustme.CA
) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    client = kind(connect_timeout_s=5, tls=context)

    async with raw_server(count, server_tls(authority, "127.0.0.1")) as server:
        said = await ask(client, server.call())
    await client.close()

    assert said == b"1"


async def test_a_server_of_an_unknown_authority_is_refused(
    client: Upstream, authority: trustme.CA
) -> None:
    async with raw_server(count, server_tls(authority, "127.0.0.1")) as server:
        with pytest.raises(DisconnectedError, match="could not be reached"):
            await ask(client, server.call())


@pytest.mark.usefixtures("trusted")
async def test_a_certificate_of_another_name_is_refused(
    client: Upstream, authority: trustme.CA
) -> None:
    async with raw_server(count, server_tls(authority, "elsewhere.example")) as server:
        with pytest.raises(DisconnectedError, match="could not be reached"):
            await ask(client, server.call())


@pytest.mark.usefixtures("trusted")
async def test_a_server_without_tls_is_refused(client: Upstream) -> None:
    async def answer_in_clear(peer: Peer) -> None:
        await peer.reader.read(1)
        await peer.send(head(b"content-length: 0", status=b"400 Bad Request"))

    async with raw_server(answer_in_clear) as server:
        server.scheme = "https"
        with pytest.raises(DisconnectedError, match="could not be reached"):
            await ask(client, server.call())


@pytest.mark.usefixtures("trusted")
async def test_plain_http_to_a_tls_server_is_a_broken_answer(
    client: Upstream, authority: trustme.CA
) -> None:
    async with raw_server(count, server_tls(authority, "127.0.0.1")) as server:
        server.scheme = "http"
        with pytest.raises(DisconnectedError):
            await ask(client, server.call())
