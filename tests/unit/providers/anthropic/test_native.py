"""Messages are relayed as they came; the proxy only looks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pieces import cut, places, single_bytes
from tests.unit.providers.anthropic.messages import (
    PING,
    STOP,
    TEXT,
    USAGE,
    block,
    event,
    message,
    native_decoder,
    read,
    relay,
    start,
    stop,
    text_block,
    thinking_block,
    tool_block,
    whole,
)
from wrp_proxy.errors import DeadlineError, RateLimitedError
from wrp_proxy.types import Usage

COUNTED = Usage(prompt_tokens=11, completion_tokens=7, cached_tokens=4)
STREAM = whole(
    thinking_block(0, "Hm", TEXT),
    text_block(1, "Hello", " there"),
    tool_block(2, "f", '{"a"', ":1}"),
    event("not_known_yet", x={"y": 1}),
    block(3, {"type": "not_known_yet"}, {"type": "odd_delta", "x": 1}),
)


@given(places, st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_split_gives_the_same_bytes_and_the_same_usage(
    places: list[int], newline: bytes
) -> None:
    stream = STREAM.replace(b"\n", newline)

    for pieces in ([stream], cut(stream, places), single_bytes(stream)):
        decoder = native_decoder()

        assert relay(decoder, pieces) == stream
        assert decoder.usage == COUNTED
        assert decoder.done


@given(places)
def test_any_split_gives_the_same_answer(places: list[int]) -> None:
    body = b" " + json.dumps(message({"type": "text", "text": TEXT}, odd=1.10)).encode()
    decoder = native_decoder(stream=False)

    assert relay(decoder, cut(body, places)) == body
    assert decoder.usage == COUNTED


def test_starts_and_pings_are_no_content() -> None:
    events = [
        start(),
        PING,
        b": comment\n\n",
        *text_block(0, "a"),
        *thinking_block(1, "b"),
        *tool_block(2, "f", "", "{}"),
        *block(3, {"type": "redacted_thinking", "data": "x"}),
        stop(),
        STOP,
    ]

    chunks = read(native_decoder(), events)

    assert [chunk.data for chunk in chunks] == events
    silent = [chunk.data for chunk in chunks if not chunk.content]
    assert silent == [
        start(),
        PING,
        b": comment\n\n",
        text_block(0, "a")[0],
        text_block(0, "a")[-1],
        thinking_block(1, "b")[0],
        thinking_block(1, "b")[-1],
        tool_block(2, "f", "")[1],
        tool_block(2, "f")[-1],
        block(3, {})[-1],
        STOP,
    ]


def test_what_follows_the_end_is_left_out() -> None:
    stream = whole(text_block(0, "a"))

    assert relay(native_decoder(), [stream + PING]) == stream


def test_the_usage_of_a_stream_that_breaks_off_is_estimated() -> None:
    decoder = native_decoder()
    decoder.feed(start() + b"".join(text_block(0, *["word"] * 9)))

    assert decoder.usage == Usage(
        prompt_tokens=11, completion_tokens=9, cached_tokens=4, estimated=True
    )


@pytest.mark.parametrize("usage", [None, {}, [], "n/a", {"input_tokens": "1"}, {"x": 1}])
def test_an_odd_usage_does_not_spoil_a_good_answer(usage: Any) -> None:
    end = event("message_delta", delta={"stop_reason": "end_turn"}, usage=usage)
    stream = start(usage=usage) + b"".join(text_block(0, "a")) + end + STOP
    streamed, plain = native_decoder(), native_decoder(stream=False)

    assert relay(streamed, [stream]) == stream
    assert relay(plain, [json.dumps(message(usage=usage)).encode()])
    assert streamed.usage is None
    assert plain.usage is None


@pytest.mark.parametrize(
    "said",
    [
        {**USAGE, "output_tokens": 7},
        {"input_tokens": 5.0, "output_tokens": 7.0, "cache_read_input_tokens": None},
        {"input_tokens": -5, "output_tokens": 10**30, "cache_read_input_tokens": 9},
    ],
)
def test_no_report_of_an_upstream_makes_a_negative_bill(said: dict[str, Any]) -> None:
    decoder = native_decoder(stream=False)
    relay(decoder, [json.dumps(message(usage=said)).encode()])

    assert decoder.usage is not None
    assert 0 <= decoder.usage.cached_tokens <= decoder.usage.prompt_tokens
    assert 0 <= decoder.usage.completion_tokens <= 10**12


@pytest.mark.parametrize("decoder", [native_decoder(), native_decoder(stream=False)])
def test_a_failure_is_told_in_the_protocols_words(decoder: Any) -> None:
    limited = decoder.failure(RateLimitedError("Slow down."))
    late = decoder.failure(DeadlineError("Too late."))

    assert limited == (
        b'event: error\ndata: {"type":"error","error":'
        b'{"type":"rate_limit_error","message":"Slow down."}}\n\n'
    )
    assert b'"timeout_error"' in late
