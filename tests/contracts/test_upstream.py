"""What every upstream client makes of the answers, good and bad, that servers give."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable

import pytest

from tests import answers
from tests.contracts.raw_server import (
    CHUNKED,
    Peer,
    ask,
    chunked,
    head,
    loop_turns,
    raw_server,
    read,
)
from tests.fake_upstream import FakeUpstream
from wrp_proxy.errors import DisconnectedError, UpstreamTimeoutError
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.httpx_upstream import HttpxUpstream
from wrp_proxy.providers.upstream import Call, Upstream

pytestmark = pytest.mark.anyio

TEXT = b"The sea is wide, and it is deep. " * 9


def saying(*pieces: bytes) -> Callable[[Peer], Awaitable[None]]:
    """Answer the first request of a connection with these bytes, then close it."""

    async def converse(peer: Peer) -> None:
        await peer.request()
        for piece in pieces:
            await peer.send(piece)
            await loop_turns(3)

    return converse


async def test_the_server_gets_the_call_as_it_is(client: Upstream) -> None:
    received = []

    async def converse(peer: Peer) -> None:
        received.append(await peer.request())
        await peer.answer(b"")

    async with raw_server(converse) as server:
        call = server.call(
            path="/v1/chat?api-version=1", headers=[(b"x-own", b"a b")], body=b'{"a": "\xc3\xa9"}'
        )
        await ask(client, call)

    first, _, rest = received[0].partition(b"\r\n")
    lines = rest.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert first == b"POST /v1/chat?api-version=1 HTTP/1.1"
    assert b"host: 127.0.0.1:%d" % server.port in lines
    assert b"x-own: a b" in lines
    assert b"content-length: 11" in lines
    assert received[0].endswith(b'\r\n\r\n{"a": "\xc3\xa9"}')


async def test_status_headers_and_body_come_back(client: Upstream) -> None:
    answer = head(b"Retry-After: 7", b"X-Empty:", b"content-length: 3", status=b"429 Slow Down")

    async with raw_server(saying(answer + b"no!")) as server, client.open(server.call()) as said:
        body = await read(said)

    assert said.status == 429
    assert said.headers[b"retry-after"] == b"7"
    assert said.headers[b"x-empty"] == b""
    assert body == b"no!"


async def test_a_model_server_is_understood(client: Upstream) -> None:
    with FakeUpstream(answers.chat("The sea is wide.")) as fake:
        call = Call(
            url=f"{fake.url}/chat/completions",
            headers=[(b"content-type", b"application/json")],
            body=b'{"stream": true}',
        )
        body = await ask(client, call)

    assert body.endswith(answers.DONE)
    assert fake.last.json == {"stream": True}


@pytest.mark.parametrize(
    "answer",
    [
        head(b"content-length: %d" % len(TEXT)) + TEXT,
        head(CHUNKED) + chunked(TEXT[:7], TEXT[7:8], TEXT[8:]),
        head(CHUNKED) + chunked(TEXT).replace(b"\r\n", b";ext=1\r\n", 1),
        head(CHUNKED) + chunked(TEXT)[:-2] + b"x-trailer: 1\r\n\r\n",
        head() + TEXT,
        head(b"connection: close") + TEXT,
        head(b"content-length: %d" % len(TEXT)).replace(b"1.1", b"1.0", 1) + TEXT,
        head(status=b"103 Early Hints") + head(b"content-length: %d" % len(TEXT)) + TEXT,
        head(b"link: a", status=b"100 Continue") * 3 + head(CHUNKED) + chunked(TEXT),
    ],
    ids=[
        "content-length",
        "chunks",
        "chunk-extension",
        "trailer",
        "until-close",
        "until-announced-close",
        "http-1.0",
        "early-hints",
        "continue",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_the_body_is_the_same_however_it_is_framed_and_split(
    client: Upstream, answer: bytes, size: int
) -> None:
    pieces = [answer[start : start + size] for start in range(0, len(answer), size)]

    async with raw_server(saying(*pieces)) as server:
        body = await ask(client, server.call())

    assert body == TEXT


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"gzip", gzip.compress(TEXT)),
        (b"GZIP", gzip.compress(TEXT)),
        (b"x-gzip", gzip.compress(TEXT)),
        (b"gzip", gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:])),
        (b"deflate", zlib.compress(TEXT)),
        (b"deflate", zlib.compress(TEXT, wbits=-15)),
        (b"identity", TEXT),
    ],
    ids=["gzip", "upper-case", "x-gzip", "members", "deflate", "raw-deflate", "identity"],
)
@pytest.mark.parametrize("size", [1, 10_000])
async def test_a_compressed_body_is_inflated(
    client: Upstream, encoding: bytes, body: bytes, size: int
) -> None:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    answer = head(CHUNKED, b"content-encoding: " + encoding) + chunked(*pieces)

    async with raw_server(saying(answer)) as server:
        inflated = await ask(client, server.call())

    assert inflated == TEXT


async def test_the_first_piece_of_a_compressed_stream_arrives_before_the_second_is_sent(
    client: Upstream,
) -> None:
    deflate = zlib.compressobj()
    first = deflate.compress(b"first") + deflate.flush(zlib.Z_SYNC_FLUSH)
    second = deflate.compress(b"second") + deflate.flush()
    was_read = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(head(CHUNKED, b"content-encoding: deflate") + chunked(first)[:-5])
        await was_read.wait()
        await peer.send(chunked(second))

    async with raw_server(converse) as server, client.open(server.call()) as exchange:
        seen = [await anext(aiter(exchange))]
        was_read.set()
        seen += [piece async for piece in exchange]

    assert seen == [b"first", b"second"]


@pytest.mark.parametrize(
    "answer",
    [
        head(status=b"204 No Content"),
        head(status=b"304 Not Modified"),
        head(b"content-encoding: gzip", status=b"304 Not Modified"),
        head(b"content-length: 0", b"content-encoding: gzip", status=b"503 Busy"),
        head(CHUNKED, b"content-encoding: deflate", status=b"503 Busy") + chunked(),
    ],
    ids=["204", "304", "304-gzip", "empty-gzip", "empty-deflate"],
)
async def test_an_answer_may_have_no_body(client: Upstream, answer: bytes) -> None:
    async with raw_server(saying(answer)) as server:
        body = await ask(client, server.call())

    assert body == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        head(b"content-length: 5")[:-2],
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        head(b"content-length: 5", b"content-length: 6") + b"12345",
        head(b"content-length: five") + b"12345",
        head(b"content-length: 5", CHUNKED) + b"12345",
        head(b"content-length: 2", b"content-encoding: br") + b"ab",
        head(b"upgrade: h2c", b"connection: upgrade", status=b"101 Switching Protocols"),
        head(status=b"101 Switching Protocols"),
        head(b"transfer-encoding: gzip, chunked") + chunked(b"12345"),
        head(b"transfer-encoding: gzip") + b"12345",
        head(b"x-long: " + b"a" * 100_000, b"content-length: 0"),
        head(*[b"x-%d: %b" % (n, b"a" * 1000) for n in range(100)], b"content-length: 0"),
    ],
    ids=[
        "nothing",
        "half-a-status",
        "half-a-head",
        "nonsense",
        "odd-status",
        "ssh",
        "two-lengths",
        "odd-length",
        "length-and-chunks",
        "brotli",
        "upgrade",
        "bare-upgrade",
        "packed-chunks",
        "packed",
        "long-header",
        "many-headers",
    ],
)
async def test_a_head_that_cannot_be_read_is_a_broken_answer(
    client: Upstream, answer: bytes
) -> None:
    async with raw_server(saying(answer)) as server:
        with pytest.raises(DisconnectedError):
            await ask(client, server.call())


@pytest.mark.parametrize(
    "answer",
    [
        head(b"content-length: 9") + b"12345678",
        head(CHUNKED),
        head(CHUNKED) + chunked(b"12345678")[:-5],
        head(CHUNKED) + chunked(b"12345678")[:-1],
        head(CHUNKED) + b"zz\r\n12345678",
        head(b"content-length: 9", b"content-encoding: gzip") + b"123456789",
        head(CHUNKED, b"content-encoding: gzip") + chunked(gzip.compress(TEXT)[:-9]),
        head(b"content-encoding: gzip") + gzip.compress(TEXT)[:-9],
        head(b"content-encoding: gzip") + gzip.compress(TEXT)[:1],
        head(b"content-encoding: gzip") + gzip.compress(TEXT) + b"more",
        head(b"content-encoding: deflate") + zlib.compress(TEXT) + zlib.compress(TEXT),
        head(b"content-encoding: gzip") + gzip.compress(bytes(40 * 2**20)),
    ],
    ids=[
        "content-length",
        "no-chunk",
        "no-last-chunk",
        "last-chunk-cut",
        "odd-chunk",
        "no-gzip",
        "gzip-cut",
        "gzip-cut-by-close",
        "gzip-of-one-byte",
        "gzip-and-more",
        "deflate-and-more",
        "gzip-bomb",
    ],
)
async def test_a_truncated_body_is_a_broken_answer(client: Upstream, answer: bytes) -> None:
    async with raw_server(saying(answer)) as server, client.open(server.call()) as exchange:
        with pytest.raises(DisconnectedError):
            async for _ in exchange:
                pass


async def test_what_came_before_the_break_is_given_out(client: Upstream) -> None:
    async with (
        raw_server(saying(head(b"content-length: 9") + b"1234")) as server,
        client.open(server.call()) as exchange,
    ):
        before = await anext(aiter(exchange))
        with pytest.raises(DisconnectedError):
            await anext(aiter(exchange))

    assert before == b"1234"


async def test_a_reset_is_not_the_end_of_a_body_without_length(client: Upstream) -> None:
    was_read = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.request()
        await peer.send(head() + b"half of it")
        await was_read.wait()
        peer.reset()

    async with raw_server(converse) as server, client.open(server.call()) as exchange:
        assert await anext(aiter(exchange)) == b"half of it"
        was_read.set()
        with pytest.raises(DisconnectedError):
            await anext(aiter(exchange))


async def test_a_head_without_end_is_refused_before_it_fills_the_memory(client: Upstream) -> None:
    sent = 0

    async def converse(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nx-endless: ")
        while sent < 64 * 2**20:
            await peer.send(b"a" * 2**16)
            sent += 2**16

    async with raw_server(converse) as server:
        with pytest.raises(DisconnectedError):
            await ask(client, server.call())

    assert sent < 32 * 2**20


async def test_a_refused_connection_is_told(client: Upstream) -> None:
    async with raw_server(saying()) as server:
        call = server.call()

    with pytest.raises(DisconnectedError, match="could not be reached"):
        await ask(client, call)


async def test_an_unknown_host_is_told(client: Upstream) -> None:
    call = Call(url="http://no-such-host.invalid/v1", headers=[])

    with pytest.raises(DisconnectedError, match="could not be reached"):
        await ask(client, call)


@pytest.mark.parametrize("value", [b"a\r\nx-smuggled: 1", b"a\nb", b"a\rb"])
async def test_a_header_that_could_smuggle_another_is_refused(
    client: Upstream, value: bytes
) -> None:
    received = []

    async def converse(peer: Peer) -> None:
        received.append(await peer.reader.read(1))

    async with raw_server(converse) as server:
        with pytest.raises(ValueError, match="line break"):
            await ask(client, server.call(headers=[(b"authorization", value)]))

    assert not any(received)


async def test_a_refused_call_leaves_no_connection_behind(client: Upstream) -> None:
    left = asyncio.Event()

    async def converse(peer: Peer) -> None:
        await peer.left()
        left.set()

    async with raw_server(converse) as server:
        with pytest.raises(ValueError, match="line break"):
            await ask(client, server.call(headers=[(b"authorization", b"a\nb")]))
        await client.close()
        if server.peers:
            await left.wait()


@pytest.mark.parametrize("kind", [Http1Upstream, HttpxUpstream])
async def test_a_server_that_accepts_and_says_nothing_is_a_timeout_of_tls(
    kind: type[Http1Upstream | HttpxUpstream],
) -> None:
    client = kind(connect_timeout_s=0.1)

    async with raw_server(Peer.left) as server:
        server.scheme = "https"
        with pytest.raises(UpstreamTimeoutError):
            await ask(client, server.call())
    await client.close()
