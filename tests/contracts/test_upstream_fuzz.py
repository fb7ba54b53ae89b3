"""Whatever a server sends: the right body or an UpstreamError, and nothing of it in the next."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.contracts.conftest import UPSTREAMS, Row
from tests.contracts.raw_server import CHUNKED, Peer, ask, chunked, head, loop_turns, raw_server
from wrp_proxy.errors import UpstreamError
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.httpx_upstream import HttpxUpstream
from wrp_proxy.providers.upstream import Call, Upstream

pytestmark = pytest.mark.anyio
fuzz = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

BODY = b"The sea is wide.\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnot!"
NEXT = b"the answer to the next call"
UNASKED = b"said unasked"
LENGTH = b"content-length: %d" % len(BODY)
PLAIN = head(LENGTH) + BODY
PIECES = chunked(BODY[:7], BODY[7:])
IN_CHUNKS = head(CHUNKED) + PIECES
PACKED = gzip.compress(BODY)
DELIMITED = {
    "plain": PLAIN,
    "chunks": IN_CHUNKS,
    "trailer": head(CHUNKED) + PIECES[:-2] + b"x-sum: 1\r\n\r\n",
    "early-hints": head(status=b"103 Early Hints") + PLAIN,
    "gzip": head(b"content-encoding: gzip", b"content-length: %d" % len(PACKED)) + PACKED,
    "gzip-in-chunks": head(b"content-encoding: gzip", CHUNKED) + chunked(PACKED[:9], PACKED[9:]),
}

cuts = st.lists(st.integers(0, 400), max_size=6)


def httpx_upstream() -> HttpxUpstream:
    """Make one that loads no certificates, which takes longer than all its calls."""
    return HttpxUpstream(connect_timeout_s=5, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


@pytest.fixture(params=["http1", "httpx"])
def row(request: pytest.FixtureRequest) -> Row:
    """Leave out what only hands calls on to these two."""
    row = UPSTREAMS[request.param]
    return replace(row, make=httpx_upstream) if request.param == "httpx" else row


@pytest.fixture
async def both() -> AsyncIterator[list[Upstream]]:
    clients: list[Upstream] = [Http1Upstream(connect_timeout_s=5), httpx_upstream()]
    yield clients
    for client in clients:
        await client.close()


async def outcome(client: Upstream, call: Call) -> bytes | None:
    """Return the body, or None for an error; every other exception ends the test."""
    try:
        return await ask(client, call)
    except UpstreamError:
        return None


async def two_outcomes(
    client: Upstream, answer: bytes, cut_at: list[int], *, end: str = "close"
) -> tuple[bytes | None, bytes | None]:
    """Get the answer in pieces on the first connection; ask again when all of it is sent.

    What comes after the next call has gone out is its answer: HTTP/1.1 knows no other sign.
    """
    is_sent = asyncio.Event()
    marks = sorted({0, len(answer), *(min(cut, len(answer)) for cut in cut_at)})

    async def converse(peer: Peer) -> None:
        await peer.request()
        if peer.number == 1:
            try:
                for start, stop in pairwise(marks):
                    await peer.send(answer[start:stop])
                    await loop_turns(2)
            finally:
                is_sent.set()
            if end == "reset":
                peer.reset()
            if end != "stay":
                return
            await peer.request()
        await peer.answer(NEXT)

    async with raw_server(converse) as server:
        first = await outcome(client, server.call())
        await is_sent.wait()
        return first, await outcome(client, server.call())


@pytest.mark.parametrize("answer", DELIMITED.values(), ids=DELIMITED)
@fuzz
@given(cut_at=cuts)
async def test_any_split_gives_the_same_body(
    client: Upstream, answer: bytes, cut_at: list[int]
) -> None:
    assert await two_outcomes(client, answer, cut_at, end="stay") == (BODY, NEXT)


@pytest.mark.parametrize("answer", DELIMITED.values(), ids=DELIMITED)
@fuzz
@given(missing=st.integers(1, 400), cut_at=cuts, end=st.sampled_from(["close", "reset"]))
async def test_an_early_close_is_never_taken_for_the_end(
    client: Upstream, answer: bytes, missing: int, cut_at: list[int], end: str
) -> None:
    first, second = await two_outcomes(client, answer[:-missing], cut_at, end=end)

    assert first is None
    assert second in {NEXT, None}


TRICKS = {
    "length-and-chunks": head(LENGTH, CHUNKED) + PIECES,
    "chunks-and-length": head(CHUNKED, LENGTH) + PIECES,
    "short-length-and-chunks": head(b"content-length: 4", CHUNKED) + PIECES,
    "two-lengths": head(LENGTH, b"content-length: 4") + BODY,
    "two-lengths-other-way": head(b"content-length: 4", LENGTH) + BODY,
    "same-length-twice": head(LENGTH, LENGTH) + BODY,
    "length-list": head(b"content-length: 4, %d" % len(BODY)) + BODY,
    "same-length-list": head(LENGTH + b", %d" % len(BODY)) + BODY,
    "folded-length": head(b"content-length:\r\n %d" % len(BODY)) + BODY,
    "folded-chunks": head(b"transfer-encoding:\r\n chunked") + PIECES,
    "folded-header": head(b"x-own: a\r\n b", LENGTH) + BODY,
    "blank-before-colon": head(b"content-length : %d" % len(BODY)) + BODY,
    "blank-before-colon-of-chunks": head(b"transfer-encoding : chunked") + PIECES,
    "blank-before-name": head(b" content-length: %d" % len(BODY)) + BODY,
    "no-colon": head(b"content-length %d" % len(BODY), LENGTH) + BODY,
    "nul-in-value": head(b"x-own: a\0b", LENGTH) + BODY,
    "nul-in-name": head(b"x-\0own: a", LENGTH) + BODY,
    "nul-in-length": head(LENGTH + b"\0") + BODY,
    "bare-line-feeds": PLAIN.replace(b"\r\n", b"\n", 3),
    "one-bare-line-feed": PLAIN.replace(b"\r\n", b"\n", 1),
    "bare-returns": head(b"x-own: a\rcontent-length: 4", LENGTH) + BODY,
    "negative-length": head(b"content-length: -%d" % len(BODY)) + BODY,
    "signed-length": head(b"content-length: +%d" % len(BODY)) + BODY,
    "hexadecimal-length": head(b"content-length: 0x%x" % len(BODY)) + BODY,
    "length-with-underscore": head(b"content-length: 6_5") + BODY,
    "length-beyond-64-bits": head(b"content-length: %d" % (2**64 + len(BODY))) + BODY,
    "huge-length": head(b"content-length: " + b"9" * 400) + BODY,
    "empty-length": head(b"content-length: ") + BODY,
    "unknown-coding": head(b"transfer-encoding: xchunked") + PIECES,
    "chunks-of-gzip": head(b"transfer-encoding: gzip, chunked") + PIECES,
    "chunks-not-last": head(b"transfer-encoding: chunked, gzip") + PIECES,
    "chunks-twice": head(CHUNKED, CHUNKED) + PIECES,
    "chunks-in-two-lines": head(b"transfer-encoding: identity", CHUNKED) + PIECES,
    "vertical-tab-coding": head(b"transfer-encoding: \x0bchunked") + PIECES,
    "negative-chunk": head(CHUNKED) + b"-" + PIECES,
    "signed-chunk": head(CHUNKED) + b"+" + PIECES,
    "hexadecimal-chunk": head(CHUNKED) + b"0x" + PIECES,
    "chunk-beyond-64-bits": head(CHUNKED) + b"10000000000000007\r\n" + PIECES[3:],
    "huge-chunk": head(CHUNKED) + b"f" * 400 + b"\r\n" + PIECES[3:],
    "empty-chunk-size": head(CHUNKED) + b"\r\n" + PIECES,
    "blank-chunk-size": head(CHUNKED) + b" " + PIECES,
    "blank-after-chunk-size": head(CHUNKED) + b"7 \r\n" + PIECES[3:],
    "chunk-too-short": head(CHUNKED) + b"6" + PIECES[1:],
    "chunk-too-long": head(CHUNKED) + b"8" + PIECES[1:],
    "chunk-without-end": head(CHUNKED) + PIECES.replace(b"\r\n", b"", 2),
    "chunk-line-feed": head(CHUNKED) + PIECES.replace(b"\r\n", b"\n", 1),
    "endless-extension": head(CHUNKED) + b"7;" + b"a" * 300_000 + PIECES[1:],
    "endless-trailer": head(CHUNKED) + PIECES[:-2] + b"x: " + b"a" * 300_000 + b"\r\n\r\n",
    "garbage-first": b"garbage\r\n" + PLAIN,
    "garbage-glued-on": b"garbage" + PLAIN,
    "empty-lines-first": b"\r\n\r\n" + PLAIN,
    "nul-first": b"\0" + PLAIN,
    "tls-alert-first": b"\x15\x03\x01\x00\x02\x02\x46" + PLAIN,
    "other-protocol": PLAIN.replace(b"HTTP/1.1", b"ICY"),
    "other-version": PLAIN.replace(b"HTTP/1.1", b"HTTP/9.9", 1),
    "long-version": PLAIN.replace(b"HTTP/1.1", b"HTTP/1.10", 1),
    "lower-case": PLAIN.replace(b"HTTP", b"http", 1),
    "short-status": head(LENGTH, status=b"20 OK") + BODY,
    "long-status": head(LENGTH, status=b"2000 OK") + BODY,
    "negative-status": head(LENGTH, status=b"-200 OK") + BODY,
    "status-without-reason": head(LENGTH, status=b"200") + BODY,
    "status-zero": head(LENGTH, status=b"000 OK") + BODY,
}


@pytest.mark.parametrize("answer", TRICKS.values(), ids=TRICKS)
@settings(fuzz, max_examples=6)
@given(cut_at=cuts, end=st.sampled_from(["close", "reset"]))
@example(cut_at=[], end="close")
async def test_a_trick_gives_the_right_body_or_an_error(
    client: Upstream, answer: bytes, cut_at: list[int], end: str
) -> None:
    first, second = await two_outcomes(client, answer, cut_at, end=end)

    assert first in {BODY, None}
    assert second in {NEXT, None}


AFTERWARDS = {
    "answer": head(b"content-length: %d" % len(UNASKED)) + UNASKED,
    "answer-in-chunks": head(CHUNKED) + chunked(UNASKED),
    "empty-answer": head(b"content-length: 0"),
    "no-content": head(status=b"204 No Content"),
    "early-hints": head(status=b"103 Early Hints"),
    "continue-and-answer": head(status=b"100 Continue") + head(b"content-length: 1") + b"1",
    "half-a-head": b"HTTP/1.1 200 OK\r\ncontent-le",
    "one-byte": b"H",
    "empty-line": b"\r\n",
    "garbage": UNASKED,
    "nul": b"\0",
}


@pytest.mark.parametrize("answer", DELIMITED.values(), ids=DELIMITED)
@fuzz
@given(more=st.sampled_from(sorted(AFTERWARDS)), cut_at=cuts)
async def test_what_follows_an_answer_is_never_that_to_the_next_call(
    client: Upstream, answer: bytes, more: str, cut_at: list[int]
) -> None:
    first, second = await two_outcomes(client, answer + AFTERWARDS[more], cut_at, end="stay")

    assert first == BODY
    assert second in {NEXT, None}


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Replace some bytes of a good answer, mostly by what has a meaning in HTTP."""
    answer = bytearray(draw(st.sampled_from(sorted(DELIMITED.values()))))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(answer) - 1))
        length = draw(st.integers(0, 3))
        answer[place : place + length] = draw(
            st.binary(max_size=3) | st.sampled_from([b"\r\n", b"\n", b"\0", b":", b" ", b"0", b"f"])
        )
    return bytes(answer)


@fuzz
@given(answer=damaged())
async def test_where_both_clients_understand_damage_they_understand_the_same(
    both: list[Upstream], answer: bytes
) -> None:
    outcomes = [await two_outcomes(client, answer, []) for client in both]

    assert {second for _, second in outcomes} <= {NEXT, None}
    assert len({first for first, _ in outcomes} - {None}) <= 1
