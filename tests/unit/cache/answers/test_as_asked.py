"""Messages, responses and embeddings are kept in the form in which they were asked for."""

import json
from collections.abc import Sequence

import pytest

from tests.answers import chunks_of, completion, event
from tests.end_to_end.wire_answers import message, message_events, response, response_events
from tests.unit.cache.answers.giving import body_of, replay
from tests.unit.dialects.messages import asking
from tests.unit.dialects.responses import told
from wrp_proxy.cache.answers.events import MAX_PIECE_BYTES
from wrp_proxy.types import Api

THINKING = completion(
    message={"role": "assistant", "content": "Hello", "reasoning_content": "Let me think"}
)
PLAIN: list[tuple[Api, bytes]] = [
    ("messages", json.dumps(message()).encode()),
    ("messages", json.dumps({**message(), "stop_reason": "stop_sequence"}).encode()),
    ("messages", json.dumps(asking.message_of(THINKING)).encode()),
    ("responses", json.dumps(response()).encode()),
    ("responses", json.dumps(told.told_plain(THINKING["choices"][0]["message"])).encode()),
    ("embeddings", b'{"object": "list", "data": [{"index": 0, "embedding": [0.5, 1]}]}'),
    ("embeddings", b'{"object": "list", "data": [{"index": 0, "embedding": "AAAA"}]}'),
]
THINKING_STREAM = [
    *chunks_of([])[:1],
    event({"choices": [{"index": 0, "delta": {"reasoning_content": "Let me think"}}]}),
    *chunks_of(["Hello ", "there"])[1:],
]
STREAMED: list[tuple[Api, Sequence[bytes]]] = [
    ("messages", message_events()),
    ("messages", [asking.joined(asking.told(asking.stream_decoder(), THINKING_STREAM))]),
    ("responses", response_events()),
    ("responses", [told.relay(told.stream_decoder(), THINKING_STREAM)]),
]


@pytest.mark.parametrize(("api", "body"), PLAIN)
def test_a_plain_answer_is_given_as_it_came(api: Api, body: bytes) -> None:
    kept = body_of([body[:20], body[20:]], stream=False, api=api)

    assert kept == body
    assert replay(kept, stream=False, api=api) == (body,)


@pytest.mark.parametrize(("api", "pieces"), STREAMED)
def test_a_stream_is_given_as_it_came(api: Api, pieces: Sequence[bytes]) -> None:
    kept = body_of(pieces, stream=True, api=api)

    assert kept == b"".join(pieces)
    assert replay(kept, api=api) == [kept]


def test_a_long_stream_is_given_in_pieces() -> None:
    kept = body_of(message_events("Hello " * MAX_PIECE_BYTES), stream=True, api="messages")

    pieces = replay(kept, api="messages")

    assert b"".join(pieces) == kept
    assert len(pieces) == 3
    assert all(piece.endswith(b"\n\n") for piece in pieces)
