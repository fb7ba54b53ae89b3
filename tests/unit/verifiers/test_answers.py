"""Answers of every API, plain and streamed, are read alike."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import answers
from tests.end_to_end.wire_answers import (
    message,
    message_events,
    named_event,
    response,
    response_events,
)
from wrp_proxy.types import Api
from wrp_proxy.verifiers.answers.registry import READERS
from wrp_proxy.verifiers.base import Answer, ToolCall


def _read(api: Api, body: object, *, stream: bool = False) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    (answer,) = READERS[api](raw, stream=stream)
    return answer


@pytest.mark.parametrize(
    ("api", "plain", "events"),
    [
        ("chat", answers.completion(), answers.chunks_of(["Hello ", "there"])),
        ("messages", message(), message_events()),
        ("responses", response(), response_events()),
    ],
)
def test_plain_and_streamed_answers_say_the_same(
    api: Api, plain: dict[str, Any], events: list[bytes]
) -> None:
    expected = Answer(text="Hello there", finish="stop")

    assert _read(api, plain) == expected
    assert _read(api, b"".join(events), stream=True) == expected


def test_older_completions_have_a_text() -> None:
    logprobs = {"token_logprobs": [None, -0.5, -1]}
    choice = {"index": 0, "text": "Hello", "finish_reason": "length", "logprobs": logprobs}

    answer = _read("completions", {"choices": [choice]})

    assert answer == Answer(text="Hello", finish="length", logprobs=(-0.5, -1.0))


def test_choices_are_read_in_their_order() -> None:
    said = [{**answers.delta(f"no. {n}")["choices"][0], "index": n} for n in (1, 0, 1)]
    stream = b"".join(answers.event({"choices": [choice]}) for choice in said)

    texts = [one.text for one in READERS["chat"](stream, stream=True)]

    assert texts == ["no. 0", "no. 1no. 1"]


def test_what_follows_the_end_of_a_stream_counts_for_nothing() -> None:
    stream = b"".join([*answers.chunks_of(["Hello"]), answers.event(answers.delta(" more"))])

    assert _read("chat", stream, stream=True).text == "Hello"


@pytest.mark.parametrize("has_index", [True, False])
def test_tool_calls_of_a_stream_are_put_together(has_index: bool) -> None:
    def piece(index: int, **function: str) -> bytes:
        place = {"index": index} if has_index else {}
        return answers.event(answers.delta(tool_calls=[{**place, "function": function}]))

    pieces = [
        piece(0, name="first", arguments=""),
        *([piece(0, arguments='{"a":'), piece(0, arguments="1}")] if has_index else []),
        piece(1, name="second", arguments="{}"),
    ]
    calls = _read("chat", b"".join(pieces), stream=True).calls

    first = '{"a":1}' if has_index else ""
    assert calls == (
        ToolCall(name="first", arguments=first),
        ToolCall(name="second", arguments="{}"),
    )


def test_tool_calls_of_every_api_are_found() -> None:
    function = {"name": "look", "arguments": '{"at":1}'}
    chat = {"message": {"tool_calls": [{"type": "function", "function": function}]}}
    older = {"message": {"function_call": function}}
    block = {"type": "tool_use", "name": "look", "input": {"at": 1}}
    item = {"type": "function_call", **function}
    found = [
        _read("chat", {"choices": [chat]}),
        _read("chat", {"choices": [older]}),
        _read("messages", {**message(), "content": [block], "stop_reason": "tool_use"}),
        _read("responses", {**response(), "output": [item]}),
    ]

    expected = ToolCall(name="look", arguments='{"at":1}')
    assert [answer.calls for answer in found] == [(expected,)] * 4


def test_the_input_of_a_streamed_tool_use_is_put_together() -> None:
    block = {"type": "tool_use", "name": "look", "input": {}}
    said: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"type": "message", "content": []}},
        {"type": "content_block_start", "index": 1, "content_block": block},
        *(
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": piece},
            }
            for piece in ('{"at"', ":1}")
        ),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    ]

    answer = _read("messages", b"".join(map(named_event, said)), stream=True)

    assert answer.calls == (ToolCall(name="look", arguments='{"at":1}'),)
    assert answer.finish == "tool_calls"


def test_refusals_of_every_api_are_found() -> None:
    part = {"type": "refusal", "refusal": "No."}
    item = {"type": "message", "content": [part]}
    chat = {"message": {"content": None, "refusal": "No."}}

    assert _read("chat", {"choices": [chat]}).refusal == "No."
    assert _read("responses", {**response(), "output": [item]}).refusal == "No."
    refused = {**message(), "stop_reason": "refusal"}
    assert _read("messages", refused).finish == "content_filter"


def test_what_is_neither_text_nor_call_is_noticed() -> None:
    sound = {"message": {"content": None, "audio": {"data": "UklGRg=="}}}
    thought = {"type": "thinking", "thinking": "Hm"}
    search = {"type": "server_tool_use", "name": "web_search"}

    assert _read("chat", {"choices": [sound]}).has_more
    assert _read("messages", {**message(), "content": [search]}).has_more
    assert not _read("messages", {**message(), "content": [thought]}).has_more
    assert _read("responses", {**response(), "output": [{"type": "web_search_call"}]}).has_more
    assert not _read("responses", {**response(), "output": [{"type": "reasoning"}]}).has_more


def test_limits_are_told() -> None:
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}

    assert _read("responses", {**response(), **cut}).finish == "length"
    assert _read("messages", {**message(), "stop_reason": "max_tokens"}).finish == "length"


def test_logprobs_are_read_where_there_are_any() -> None:
    choice = {"message": {"content": "Hi"}, "logprobs": {"content": [{"logprob": -0.5}]}}

    assert _read("chat", {"choices": [choice]}).logprobs == (-0.5,)


_NAMES = st.sampled_from(
    [
        *("choices", "message", "delta", "content", "tool_calls", "function", "name"),
        *("arguments", "index", "logprobs", "type", "text", "content_block", "response"),
        *("output", "status", "stop_reason", "finish_reason", "incomplete_details"),
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(body=st.binary(max_size=200), api=st.sampled_from(sorted(READERS)), stream=st.booleans())
def test_any_bytes_are_read_or_refused(body: bytes, api: Api, stream: bool) -> None:
    _try(api, body, stream=stream)


@given(
    values=st.lists(st.dictionaries(_NAMES, json_values, max_size=4), min_size=1, max_size=4),
    api=st.sampled_from(sorted(READERS)),
)
def test_any_json_is_read_or_refused(values: list[dict[str, Any]], api: Api) -> None:
    kinds = ("message", "message_start", "content_block_delta", "response.completed")
    odd = [{**value, "type": kinds[n % 4]} for n, value in enumerate(values)]

    _try(api, json.dumps(values[0]).encode(), stream=False)
    _try(api, b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in odd), stream=True)


def _try(api: Api, body: bytes, *, stream: bool) -> None:
    try:
        READERS[api](body, stream=stream)
    except (ValueError, RecursionError):
        return
