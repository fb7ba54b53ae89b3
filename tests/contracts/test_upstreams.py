"""Which client makes which call."""

import gzip
import zlib
from collections.abc import Sequence

import pytest

from tests.contracts.raw_server import Peer, ask, head, raw_server
from tests.unit.clock import Clock
from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.proxy_variables import ProxyVariables
from wrp_proxy.providers.upstream import Call, Exchange, Upstream
from wrp_proxy.providers.upstreams import OddOrigins, Upstreams, build_upstreams

pytestmark = pytest.mark.anyio


class Noted:
    """An upstream that notes what it is asked, and leaves the answer to another."""

    def __init__(self, behind: Upstream) -> None:
        self._behind = behind
        self.urls: list[str] = []
        self.is_closed = False

    def open(self, call: Call) -> Exchange:
        self.urls.append(call.url)
        return self._behind.open(call)

    async def close(self) -> None:
        self.is_closed = True
        await self._behind.close()


class Chosen:
    """A whole set of upstreams, and the notes of each."""

    def __init__(
        self, environment: dict[str, str] | None = None, http2_origins: Sequence[str] = ()
    ) -> None:
        self.clock = Clock()
        odd = OddOrigins(self.clock)
        self.lean = Noted(Http1Upstream(connect_timeout_s=5, not_understood=odd.add))
        self.reference = Noted(Http1Upstream(connect_timeout_s=5))
        self.other = Noted(Http1Upstream(connect_timeout_s=5))
        self.all = Upstreams(
            lean=self.lean,
            reference=self.reference,
            odd=odd,
            proxies=ProxyVariables(environment or {}),
            http2_origins=http2_origins,
            others={"litellm": self.other},
        )

    def by(self, url: str) -> str:
        """Tell whom a call goes to."""
        self.all.open(Call(url=url, headers=()))
        notes = {"lean": self.lean, "reference": self.reference, "other": self.other}
        (found,) = [name for name, noted in notes.items() if noted.urls]
        for noted in notes.values():
            noted.urls.clear()
        return found


@pytest.mark.parametrize(
    ("url", "chosen"),
    [
        ("http://lab:8000/v1", "lean"),
        ("https://vendor.example/v1", "lean"),
        ("https://modern.example/v1/chat", "reference"),
        ("https://modern.example:443/v1/chat", "reference"),
        ("https://modern.example:444/v1/chat", "lean"),
        ("http://modern.example/v1/chat", "lean"),
        ("litellm://bedrock/claude", "other"),
        ("nowhere", "lean"),
        ("http://[::1/", "lean"),
    ],
)
def test_the_address_decides_who_is_asked(url: str, chosen: str) -> None:
    upstreams = Chosen(http2_origins=["https://modern.example/v1"])

    assert [upstreams.by(url) for _ in range(2)] == [chosen] * 2


def test_calls_that_must_pass_a_proxy_go_by_the_reference() -> None:
    upstreams = Chosen({"HTTPS_PROXY": "proxy:3128", "NO_PROXY": "lab"})

    assert upstreams.by("https://vendor.example/v1") == "reference"
    assert upstreams.by("https://lab/v1") == "lean"
    assert upstreams.by("http://vendor.example/v1") == "lean"
    assert upstreams.by("litellm://vendor.example") == "other"


@pytest.mark.parametrize(
    "odd",
    [
        head(b"content-encoding: br", b"content-length: 1") + b"1",
        head(b"upgrade: h2c", b"connection: upgrade", status=b"101 Switching Protocols"),
        b"HTTP/1.1 200 OK\ncontent-length: 1\n\n1",
        head(b"transfer-encoding: chunked") + b"1 \r\n1\r\n0\r\n\r\n",
    ],
    ids=["encoding", "upgrade", "bare-line-feeds", "odd-chunk"],
)
async def test_after_an_answer_not_understood_the_next_calls_go_by_the_reference_for_a_while(
    odd: bytes,
) -> None:
    upstreams = Chosen()
    received = []

    async def converse(peer: Peer) -> None:
        received.append(await peer.request())
        await peer.send(odd)

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError):
            await ask(upstreams.all, server.call())

        assert len(received) == 1
        upstreams.lean.urls.clear()
        assert upstreams.by(server.url) == "reference"
        assert upstreams.by(f"{server.url}/other/path") == "reference"
        assert upstreams.by("http://other.example/v1") == "lean"
        upstreams.clock.now += 3600
        assert upstreams.by(server.url) == "lean"
    await upstreams.all.close()


async def test_the_reference_understands_what_the_lean_client_does_not() -> None:
    client = build_upstreams(connect_timeout_s=5, environment={}, clock=Clock())
    packed = zlib.compress(gzip.compress(b"twice"))

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.answer(packed, b"content-encoding: gzip, deflate")

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError):
            await ask(client, server.call())
        said = await ask(client, server.call())
    await client.close()

    assert said == b"twice"


@pytest.mark.parametrize(
    "broken",
    [b"", head(b"content-length: 9") + b"1", head(b"content-encoding: gzip") + b"nonsense"],
    ids=["nothing", "cut", "no-gzip"],
)
async def test_an_answer_that_is_merely_broken_changes_nothing(broken: bytes) -> None:
    upstreams = Chosen()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(broken)

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError):
            await ask(upstreams.all, server.call())
        upstreams.lean.urls.clear()

        assert upstreams.by(server.url) == "lean"
    await upstreams.all.close()


async def test_closing_closes_all_of_them() -> None:
    upstreams = Chosen()

    await upstreams.all.close()

    assert upstreams.lean.is_closed
    assert upstreams.reference.is_closed
    assert upstreams.other.is_closed


def test_what_is_remembered_is_bounded() -> None:
    upstreams = Chosen()
    odd = OddOrigins(upstreams.clock)
    for number in range(5000):
        upstreams.by(f"http://lab/{number}")
        odd.add(("http", f"lab-{number}", 80))

    assert ("http", "lab-0", 80) not in odd
    assert ("http", "lab-4999", 80) in odd
    assert upstreams.by("http://lab/1") == "lean"


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({"HTTP_PROXY": "http://p:1"}, "http://a/", "http://p:1"),
        ({"http_proxy": "p:1"}, "http://a/", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "https://a/", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://a/", "http://p:1"),
        ({"ALL_PROXY": "socks5://p:1"}, "https://a/", "socks5://p:1"),
        ({"ALL_PROXY": "http://p:1", "HTTP_PROXY": "http://q:1"}, "http://a/", "http://q:1"),
        ({"HTTP_PROXY": "http://p:1", "http_proxy": "http://q:1"}, "http://a/", "http://q:1"),
        ({"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, "http://a/", None),
        ({"HTTP_PROXY": " "}, "http://a/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, "http://a/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "b, a"}, "http://a/", None),
        ({"ALL_PROXY": "http://p:1", "no_proxy": "A.example"}, "http://a.example/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "example"}, "http://a.example/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": ".example"}, "http://a.example/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*.example"}, "http://a.example/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "xample"}, "http://a.example/", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "a:80"}, "http://a:80/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "a:80"}, "http://a:81/", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "http://10.1.2.3/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "http://11.1.2.3/", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "::1"}, "http://[::1]:80/", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "[::1]"}, "http://[::1]:80/", None),
        ({"ALL_PROXY": "http://p:1"}, "litellm://a/", None),
        ({}, "http://a/", None),
    ],
)
def test_the_variables_tell_the_proxy(
    environment: dict[str, str], url: str, proxy: str | None
) -> None:
    assert ProxyVariables(environment).proxy_for(url) == proxy


def test_a_password_of_a_proxy_is_not_shown() -> None:
    assert "secret" not in repr(ProxyVariables({"HTTP_PROXY": "http://me:secret@p:1"}))
