"""What must not be kept of messages, responses and embeddings, plain and streamed."""

import json
from typing import Any

import pytest

from tests.answers import DONE, event
from tests.end_to_end.wire_answers import message_events, named_event
from tests.unit.cache.answers.both_forms import BOTH, SAID, anthropic, openai, said
from tests.unit.cache.answers.giving import reason_of


@BOTH
@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("max_tokens", "not stopped"),
        ("pause_turn", "not stopped"),
        ("tool_use", "tool calls"),
        ("refusal", "refusal"),
        (None, "not stopped"),
    ],
)
def test_a_message_that_did_not_stop_by_itself(stop: Any, reason: str, stream: bool) -> None:
    pieces = anthropic({"type": "text", "text": "Hello"}, stream=stream, stop=stop)

    assert reason_of(pieces, stream=stream, api="messages") == reason


@BOTH
@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([{"type": "text", "text": "Hello"}, {"type": "tool_use", "id": "toolu_1"}], "tool calls"),
        ([{"type": "server_tool_use"}, {"type": "text", "text": "Hello"}], "tool calls"),
        ([{"type": "web_search_tool_result"}, {"type": "text", "text": "Hello"}], "tool calls"),
        ([{"type": "image"}, {"type": "text", "text": "Hello"}], "other content"),
        ([{"type": "thinking", "thinking": "Hm"}], "empty"),
        ([{"type": "text", "text": " "}], "empty"),
        ([], "empty"),
    ],
)
def test_a_message_that_is_not_text(blocks: Any, reason: str, stream: bool) -> None:
    pieces = anthropic(*blocks, stream=stream)

    assert reason_of(pieces, stream=stream, api="messages") == reason


def test_a_message_that_is_an_error() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events = message_events()

    assert reason_of([json.dumps(error).encode()], stream=False, api="messages") == "error"
    assert reason_of([*events[:4], named_event(error)], stream=True, api="messages") == "error"


def test_a_message_that_never_began() -> None:
    assert reason_of(message_events()[1:], stream=True, api="messages") == "malformed"


@BOTH
@pytest.mark.parametrize(
    ("status", "more", "reason"),
    [
        ("incomplete", {"incomplete_details": {"reason": "max_output_tokens"}}, "not stopped"),
        ("incomplete", {"incomplete_details": {"reason": "content_filter"}}, "refusal"),
        ("incomplete", {"incomplete_details": None}, "not stopped"),
        ("failed", {"error": {"code": "server_error"}}, "error"),
        ("completed", {"error": {"code": "server_error"}}, "error"),
    ],
)
def test_a_response_that_is_not_complete(status: str, more: Any, reason: str, stream: bool) -> None:
    pieces = openai(SAID, stream=stream, status=status, **more)

    assert reason_of(pieces, stream=stream, api="responses") == reason


def test_a_response_that_is_still_to_come() -> None:
    pieces = openai(stream=False, status="queued")

    assert reason_of(pieces, stream=False, api="responses") == "not stopped"


@BOTH
@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([SAID, {"type": "function_call", "name": "look"}], "tool calls"),
        ([{"type": "web_search_call"}, SAID], "tool calls"),
        ([SAID, {"type": "mcp_approval_request"}], "other content"),
        ([said({"type": "refusal", "refusal": "I cannot."})], "refusal"),
        ([said({"type": "something_new"})], "other content"),
        ([said({"type": "output_text", "text": ""})], "empty"),
        ([{"type": "reasoning", "summary": []}], "empty"),
        ([], "empty"),
        ([{"type": "message", "content": "Hello"}], "malformed"),
    ],
)
def test_a_response_that_is_not_text(items: Any, reason: str, stream: bool) -> None:
    pieces = openai(*items, stream=stream)

    assert reason_of(pieces, stream=stream, api="responses") == reason


@pytest.mark.parametrize("kind", ["error", "response.failed", "response.cancelled"])
def test_a_response_that_fails_in_its_stream(kind: str) -> None:
    first, _ = openai(SAID, stream=True)
    failed = named_event({"type": kind, "code": "server_error"})

    assert reason_of([first, failed], stream=True, api="responses") == "error"


@pytest.mark.parametrize(
    "data", [[], [{"embedding": []}], [{"embedding": ""}], [{}], [{"embedding": None}]]
)
def test_embeddings_of_nothing(data: Any) -> None:
    answer = json.dumps({"object": "list", "data": data}).encode()

    assert reason_of([answer], stream=False, api="embeddings") == "empty"


def test_a_stream_of_embeddings() -> None:
    assert (
        reason_of([event({"data": [{"embedding": [1]}]}), DONE], stream=True, api="embeddings")
        == "malformed"
    )
