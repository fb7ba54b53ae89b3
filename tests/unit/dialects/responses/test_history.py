"""A later turn begins with what the earlier ones said."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from tests.unit.dialects.responses.told import chat_stream, events_in, relay, stream_decoder
from tests.unit.pieces import cut, places
from wrp_proxy.dialects.responses.history import FinishedResponse, conversation, with_history
from wrp_proxy.dialects.responses.request import to_chat
from wrp_proxy.errors import DisconnectedError

STREAM = relay(stream_decoder(), [chat_stream({"content": "Hi! response.completed"})])


@given(places)
def test_the_response_of_a_stream_is_found_in_any_split(places: list[int]) -> None:
    finished = FinishedResponse()

    for piece in cut(STREAM, places):
        finished.feed(piece)

    assert finished.response is not None
    assert msgspec.json.decode(finished.response) == events_in(STREAM)[-1]["response"]


def test_a_stream_that_failed_has_no_response() -> None:
    finished = FinishedResponse()
    finished.feed(STREAM[: STREAM.index(b"event: response.completed")])

    assert finished.response is None


def test_a_response_that_is_too_long_to_keep_is_not_found() -> None:
    finished = FinishedResponse(max_bytes=2_000)
    finished.feed(b"event: response.completed\ndata: " + b"x" * 3_000)
    finished.feed(b"\n\n" + STREAM)

    assert finished.response is None


@pytest.mark.parametrize("given", ["Hello", [{"role": "user", "content": "Hello"}]])
def test_the_second_turn_holds_the_first(given: Any) -> None:
    first = msgspec.json.encode({"model": "auto", "input": given})
    response = msgspec.json.encode(events_in(STREAM)[-1]["response"])

    items = conversation(first, response)
    second = with_history({"model": "auto", "input": "And?"}, items)

    assert [(m["role"], m["content"]) for m in to_chat(second).body["messages"]] == [
        ("user", "Hello"),
        ("assistant", "Hi! response.completed"),
        ("user", "And?"),
    ]


def test_items_keep_their_own_bytes() -> None:
    raw = b'{"model":"auto","input":[{"role":"user", "content":"a", "big":12345678901234567890}]}'

    (item,) = conversation(raw, b'{"output":[]}')

    assert bytes(item) == b'{"role":"user", "content":"a", "big":12345678901234567890}'


def test_what_is_no_response_has_no_history() -> None:
    with pytest.raises(DisconnectedError):
        conversation(b'{"input":"a"}', b"oops")
