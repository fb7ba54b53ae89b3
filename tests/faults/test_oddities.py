"""What upstreams may do, and is no fault: answers told oddly are answers all the same."""

import gzip
from collections.abc import Callable, Sequence

import httpx
import pytest

from tests import answers
from tests.fake_upstream import Answer, Received, Wire
from tests.faults.laboratory import Laboratory
from tests.faults.ways import DOORS, STREAMED, Door
from tests.faults.words import MAKERS

_TEXT = "caf\u00e9 \u2028 \u2029 \x85 \U0001f30a end"
_MIB = "sea " * (256 * 1024)
_Tell = Callable[[Sequence[bytes]], Answer]


def _compressed(events: Sequence[bytes]) -> Answer:
    packed = gzip.compress(b"".join(events))
    pieces = [packed[start : start + 7] for start in range(0, len(packed), 7)]
    return answers.stream(pieces, content_encoding="gzip")


def _as_one(change: Callable[[bytes], bytes]) -> _Tell:
    return lambda events: answers.stream([change(b"".join(events))])


def _byte_by_byte(events: Sequence[bytes]) -> Answer:
    body = b"".join(events)
    return answers.stream([body[place : place + 1] for place in range(len(body))])


def _until_the_end(events: Sequence[bytes]) -> Answer:
    """Stream as HTTP/1.0 did: the end of the connection is the end of the body."""

    async def answer(received: Received, wire: Wire) -> None:
        await wire.head(200, content_type="text/event-stream", connection="close")
        await wire.send(b"".join(events))
        wire.writer.close()

    return answer


_STREAMED: dict[str, _Tell] = {
    "at once": _as_one(bytes),
    "gzip": _compressed,
    "byte by byte": _byte_by_byte,
    "BOM": _as_one(lambda body: b"\xef\xbb\xbf" + body),
    "CRLF": _as_one(lambda body: body.replace(b"\n", b"\r\n")),
    "CR": _as_one(lambda body: body.replace(b"\n", b"\r")),
    "no space": _as_one(lambda body: body.replace(b"data: ", b"data:")),
    "comments": _as_one(lambda body: b": hi\n\n" + body.replace(b"\n\n", b"\n\n: hi\n\n")),
    "ids and retries": _as_one(lambda body: body.replace(b"data: ", b"id: 1\nretry: 5\ndata: ")),
    "no content type": lambda events: answers.stream(events, content_type="text/plain"),
    "until the end": _until_the_end,
}


@pytest.fixture
def ask(lab: Laboratory) -> Callable[[Door, Answer], httpx.Response]:
    """Have the upstream answer once in some way of its own."""

    def asked(door: Door, answer: Answer) -> httpx.Response:
        usual, lab.upstream.answer = lab.upstream.answer, answer
        try:
            return lab.ask(lab.patient, door, f"{door.upstream_api}-here", "Hello")
        finally:
            lab.upstream.answer = usual

    return asked


@pytest.mark.parametrize("door", STREAMED, ids=lambda door: door.name)
@pytest.mark.parametrize("way", _STREAMED)
def test_a_stream_told_oddly_is_read_whole(
    ask: Callable[[Door, Answer], httpx.Response], door: Door, way: str
) -> None:
    events = MAKERS[door.upstream_api](_TEXT).events

    reply = ask(door, _STREAMED[way](events))

    assert reply.status_code == 200
    assert door.text(reply) == _TEXT
    assert door.is_complete(reply)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in reply.headers


@pytest.mark.parametrize("door", STREAMED, ids=lambda door: door.name)
def test_an_event_may_be_of_1_mib(
    ask: Callable[[Door, Answer], httpx.Response], door: Door
) -> None:
    events = MAKERS[door.upstream_api](_MIB).events

    reply = ask(door, answers.stream(events))

    assert door.text(reply) == _MIB
    assert door.is_complete(reply)


@pytest.mark.parametrize("door", [one for one in DOORS if not one.stream], ids=lambda one: one.name)
@pytest.mark.parametrize("packing", ["as it is", "gzip", "byte by byte"])
def test_a_plain_answer_sent_oddly_is_read_whole(
    ask: Callable[[Door, Answer], httpx.Response], door: Door, packing: str
) -> None:
    body = MAKERS[door.upstream_api](_TEXT).body
    ways: dict[str, Answer] = {
        "as it is": answers.plain(body),
        "gzip": answers.plain(gzip.compress(body), content_encoding="gzip"),
        "byte by byte": answers.stream(
            [body[place : place + 1] for place in range(len(body))],
            content_type="application/json",
        ),
    }

    reply = ask(door, ways[packing])

    assert reply.status_code == 200
    assert door.text(reply) == _TEXT
    assert "content-encoding" not in reply.headers
