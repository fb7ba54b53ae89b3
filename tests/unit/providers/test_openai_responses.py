"""The Responses API of an upstream that has it is relayed as it came."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pieces import cut, places, single_bytes
from wrp_proxy.errors import (
    DisconnectedError,
    RateLimitedError,
    RejectedError,
    UpstreamContextError,
    UpstreamError,
)
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_responses import ResponsesAnswerDecoder, ResponsesStreamDecoder
from wrp_proxy.types import Chunk, Usage

RESPONSE = {"id": "resp_9", "object": "response", "status": "in_progress", "error": None}
SAID_USAGE = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 18,
}
USAGE = Usage(prompt_tokens=11, completion_tokens=7, cached_tokens=4)


def event(kind: str, number: int = 0, newline: bytes = b"\n", **fields: Any) -> bytes:
    data = json.dumps({"type": kind, "sequence_number": number, **fields}).encode()
    return b"event: " + kind.encode() + newline + b"data: " + data + newline * 2


def text(delta: str, number: int = 0, newline: bytes = b"\n") -> bytes:
    return event("response.output_text.delta", number, newline, delta=delta)


def failed(code: str, message: str = "Oh no.") -> bytes:
    response = {**RESPONSE, "status": "failed", "error": {"code": code, "message": message}}
    return event("response.failed", 9, response=response)


CREATED = event("response.created", response=RESPONSE)
COMPLETED = event("response.completed", 5, response={**RESPONSE, "usage": SAID_USAGE, "output": []})


def relay(decoder: Decoder, pieces: Iterable[bytes]) -> bytes:
    relayed: list[Chunk] = []
    for piece in pieces:
        relayed += decoder.feed(piece)
        if decoder.done:
            break
    relayed += decoder.close()
    return b"".join(chunk.data for chunk in relayed)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    newline = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    words = st.text(st.characters(codec="utf-8"), max_size=9) | st.sampled_from(
        ['"error"', "response.completed", "event: error", "a\u2028b", "[DONE]", ".done"]
    )
    events = [event("response.created", 0, newline, response=RESPONSE)]
    for number, word in enumerate(draw(st.lists(words, max_size=6)), 1):
        events.append(text(word, number, newline))
        if draw(st.booleans()):
            events.append(b": keep-alive" + newline * 2)
        if draw(st.booleans()):
            events.append(event("response.output_text.done", number, newline, text=word))
    last = draw(st.sampled_from(["response.completed", "response.incomplete"]))
    events.append(event(last, 99, newline, response={**RESPONSE, "usage": SAID_USAGE}))
    return b"".join(events)


@given(streams(), places)
def test_any_split_gives_the_same_bytes_and_the_same_usage(whole: bytes, places: list[int]) -> None:
    for pieces in ([whole], cut(whole, places), single_bytes(whole)):
        decoder = ResponsesStreamDecoder()

        assert relay(decoder, pieces) == whole
        assert decoder.usage == USAGE
        assert decoder.done


def test_what_follows_the_end_is_unimportant() -> None:
    whole = CREATED + text("a") + COMPLETED

    assert relay(ResponsesStreamDecoder(), [whole + b"data: [DONE]\n\n"]) == whole


def test_deltas_and_whole_items_are_content_and_nothing_else_is() -> None:
    decoder = ResponsesStreamDecoder()
    ping = event("keepalive", 3)
    item = event("response.output_item.done", 4, item={"type": "function_call"})

    pieces = [CREATED, ping, text("a"), ping, text("b"), item, b": x\n\n", COMPLETED]
    contents = [chunk.content for piece in pieces for chunk in decoder.feed(piece)]

    assert contents == [False, False, True, False, True, True, False, True]


def test_an_event_of_a_mebibyte_is_relayed() -> None:
    whole = CREATED + text("a") + text("x" * 2**20) + COMPLETED

    assert relay(ResponsesStreamDecoder(), cut(whole, list(range(0, 2**20, 2**14)))) == whole


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("rate_limit_exceeded", RateLimitedError),
        ("insufficient_quota", RateLimitedError),
        ("context_length_exceeded", UpstreamContextError),
        ("invalid_prompt", RejectedError),
        ("server_error", UpstreamError),
    ],
)
def test_a_failure_before_any_content_is_classified(code: str, kind: type[UpstreamError]) -> None:
    errors = [
        failed(code),
        event("error", code=code, message="Oh no.", param=None),
        event("error", error={"code": code, "message": "Oh no."}),
    ]

    for data in errors:
        decoder = ResponsesStreamDecoder()
        decoder.feed(CREATED)
        with pytest.raises(UpstreamError) as raised:
            decoder.feed(data)

        assert type(raised.value) is kind
        assert (raised.value.code, raised.value.message) == (code, "Oh no.")


def test_a_failure_after_content_is_relayed_and_counts_as_one() -> None:
    decoder = ResponsesStreamDecoder()
    decoder.feed(CREATED + text("a"))

    (chunk,) = decoder.feed(failed("server_error"))

    assert chunk.data == failed("server_error")
    assert decoder.done
    with pytest.raises(UpstreamError) as raised:
        decoder.close()
    assert decoder.failure(raised.value) == b""


def test_a_failure_in_the_same_piece_comes_after_the_valid_events() -> None:
    decoder = ResponsesStreamDecoder()

    (chunk,) = decoder.feed(CREATED + failed("server_error"))

    assert chunk == Chunk(data=CREATED, content=False)
    with pytest.raises(UpstreamError, match="Oh no"):
        decoder.close()


def test_the_proxys_key_is_struck_out_of_errors() -> None:
    decoder = ResponsesStreamDecoder(secret=b"sk-secret")
    decoder.feed(CREATED + text("a"))

    (chunk,) = decoder.feed(failed("server_error", "Bad key sk-secret."))

    assert b"sk-secret" not in chunk.data
    with pytest.raises(UpstreamError, match=r"Bad key \*\*\*\."):
        decoder.close()


def test_a_stream_that_breaks_off_is_a_failure() -> None:
    decoder = ResponsesStreamDecoder()
    decoder.feed(CREATED + text("a"))

    with pytest.raises(DisconnectedError):
        decoder.close()


def test_an_end_without_its_blank_line_is_an_end() -> None:
    assert relay(ResponsesStreamDecoder(), [CREATED + COMPLETED[:-2]]).startswith(CREATED)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"data: [DONE]\n\n", b"data: oops\n\n", b"oops"])
def test_an_answer_that_is_none_is_a_failure(body: bytes) -> None:
    with pytest.raises(DisconnectedError):
        relay(ResponsesStreamDecoder(), [body])


def test_a_plain_error_where_a_stream_was_asked_for_is_that_error() -> None:
    with pytest.raises(RateLimitedError, match="Slow"):
        relay(ResponsesStreamDecoder(), [b'{"error": {"code": 429, "message": "Slow"}}'])


def test_a_failure_of_the_proxys_own_goes_on_with_id_and_numbers() -> None:
    decoder = ResponsesStreamDecoder()
    decoder.feed(CREATED + text("a", 3))
    decoder.feed(text("b", 4) + b": x\n\n")

    data = decoder.failure(DisconnectedError("Gone."))

    said = json.loads(data.removeprefix(b"event: response.failed\ndata: "))
    assert said["sequence_number"] == 5
    assert said["response"]["id"] == "resp_9"
    assert said["response"]["status"] == "failed"
    assert said["response"]["error"] == {"code": "upstream_disconnected", "message": "Gone."}


def test_a_failure_of_which_nothing_is_known_is_one_all_the_same() -> None:
    data = ResponsesStreamDecoder().failure(DisconnectedError("Gone."))

    assert b'"sequence_number":0' in data


def test_tokens_that_nobody_counted_are_estimated_from_the_deltas() -> None:
    decoder = ResponsesStreamDecoder()
    decoder.feed(CREATED)
    for number in range(4):
        decoder.feed(text("abcd" * 5, number))
    decoder.feed(event("response.output_text.done", text="abcd" * 20))

    assert decoder.estimate() == 20


def test_a_plain_response_is_relayed_with_its_usage() -> None:
    body = json.dumps({**RESPONSE, "output": [], "usage": SAID_USAGE}).encode()
    decoder = ResponsesAnswerDecoder()

    assert relay(decoder, single_bytes(body)) == body
    assert decoder.usage == USAGE


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", DisconnectedError),
        (b"[]", DisconnectedError),
        (b'{"id": "resp_1"}', DisconnectedError),
        (b'{"error": {"code": "rate_limit_exceeded", "message": "m"}}', RateLimitedError),
        (b'{"status": "failed", "output": [], "error": {"code": "server_error"}}', UpstreamError),
    ],
)
def test_a_plain_answer_that_is_none_is_a_failure(body: bytes, kind: type[UpstreamError]) -> None:
    with pytest.raises(UpstreamError) as raised:
        relay(ResponsesAnswerDecoder(), [body])

    assert type(raised.value) is kind


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 999) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
ODD_EVENTS = st.lists(
    st.dictionaries(
        st.sampled_from(["type", "response", "delta", "error", "code", "sequence_number"]),
        ODD | st.sampled_from(["error", "response.failed", "response.output_text.delta"]),
    )
    | ODD,
    max_size=5,
)


@given(ODD_EVENTS)
def test_odd_events_raise_nothing_unexpected(events: list[Any]) -> None:
    decoder = ResponsesStreamDecoder()
    whole = b"".join(b"data: %b\n\n" % json.dumps(said).encode() for said in events)

    with pytest.raises(UpstreamError):
        relay(decoder, [CREATED, text("a"), whole])

    assert isinstance(decoder.failure(DisconnectedError("Gone.")), bytes)
