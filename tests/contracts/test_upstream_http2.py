"""What only the reference client does: HTTP/2."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest
import trustme

from tests.contracts.http2_server import Stream, http2_server
from tests.contracts.raw_server import ask
from wrp_proxy.errors import DisconnectedError, UpstreamTimeoutError
from wrp_proxy.providers.httpx_upstream import HttpxUpstream
from wrp_proxy.providers.upstream import Call

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
async def modern(authority: trustme.CA) -> AsyncIterator[HttpxUpstream]:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    upstream = HttpxUpstream(connect_timeout_s=5, tls=trusting)
    yield upstream
    await upstream.close()


def call(url: str) -> Call:
    return Call(url=url, headers=[(b"authorization", b"Bearer key")], body=b"{}")


async def hello(stream: Stream) -> None:
    await stream.start(("x-own", "1"))
    await stream.send(b"hel")
    await stream.send(b"lo", end=True)


async def test_an_http2_server_is_understood(modern: HttpxUpstream, tls: ssl.SSLContext) -> None:
    async with http2_server(hello, tls) as server, modern.open(call(server.url)) as exchange:
        body = b"".join([piece async for piece in exchange])

    assert (exchange.status, exchange.headers[b"x-own"], body) == (200, b"1", b"hello")
    stream = server.streams[0]
    assert stream.headers[b":method"] == b"POST"
    assert stream.headers[b"authorization"] == b"Bearer key"
    assert b"connection" not in stream.headers
    assert stream.body == b"{}"


async def test_one_call_after_the_other_shares_a_connection(
    modern: HttpxUpstream, tls: ssl.SSLContext
) -> None:
    async with http2_server(hello, tls) as server:
        said = [await ask(modern, call(server.url)) for _ in range(3)]

    assert said == [b"hello"] * 3
    assert {stream.peer.number for stream in server.streams} == {1}


async def test_calls_at_the_same_time_share_none(
    modern: HttpxUpstream, tls: ssl.SSLContext
) -> None:
    everybody = asyncio.Barrier(3)

    async def answer(stream: Stream) -> None:
        await everybody.wait()
        await hello(stream)

    async with http2_server(answer, tls) as server:
        said = await asyncio.gather(*(ask(modern, call(server.url)) for _ in range(3)))

    assert said == [b"hello"] * 3
    assert {stream.peer.number for stream in server.streams} == {1, 2, 3}


async def test_leaving_early_closes_the_connection_and_not_that_of_others(
    modern: HttpxUpstream, tls: ssl.SSLContext
) -> None:
    async def begin(stream: Stream) -> None:
        await stream.start()
        await stream.send(b"first")

    async with http2_server(begin, tls) as server, modern.open(call(server.url)) as staying:
        assert await anext(aiter(staying)) == b"first"
        async with modern.open(call(server.url)) as leaving:
            assert await anext(aiter(leaving)) == b"first"
        await server.left.wait()
        await server.streams[0].send(b"second", end=True)

        assert [piece async for piece in staying] == [b"second"]


async def test_a_reset_stream_is_a_broken_answer(
    modern: HttpxUpstream, tls: ssl.SSLContext
) -> None:
    async def break_off(stream: Stream) -> None:
        await stream.start()
        await stream.send(b"first")
        await stream.reset()

    async with http2_server(break_off, tls) as server:
        with pytest.raises(DisconnectedError):
            await ask(modern, call(server.url))


async def test_abort_ends_a_call_that_nobody_answers(
    modern: HttpxUpstream, tls: ssl.SSLContext
) -> None:
    asked = asyncio.Event()

    async def ignore(stream: Stream) -> None:
        asked.set()

    async with http2_server(ignore, tls) as server:
        exchange = modern.open(call(server.url))
        waiting = asyncio.create_task(exchange.__aenter__())
        await asked.wait()
        exchange.abort(UpstreamTimeoutError("too slow"))
        with pytest.raises(UpstreamTimeoutError, match="too slow"):
            await waiting
        await server.left.wait()


async def test_a_slow_reader_holds_an_http2_server_back(
    modern: HttpxUpstream, tls: ssl.SSLContext
) -> None:
    """The server may send no more than the window of the stream allows."""
    total, sent = 64 * 2**20, 0
    pouring: list[asyncio.Task[None]] = []

    async def flood(stream: Stream) -> None:
        await stream.start()
        pouring.append(asyncio.create_task(pour(stream)))

    async def pour(stream: Stream) -> None:
        nonlocal sent
        while sent < total:
            window = stream.connection.local_flow_control_window(stream.number)
            size = min(window, total - sent, stream.connection.max_outbound_frame_size)
            if size:
                await stream.send(bytes(size), end=sent + size == total)
                sent += size
            await asyncio.sleep(0)

    async with http2_server(flood, tls) as server, modern.open(call(server.url)) as exchange:
        before = -1
        while sent > before:
            before = sent
            for _ in range(200):
                await asyncio.sleep(0)
        stalled_at = sent
        received = sum([len(piece) async for piece in exchange])
        await asyncio.gather(*pouring)

    assert stalled_at < total / 2
    assert received == total
