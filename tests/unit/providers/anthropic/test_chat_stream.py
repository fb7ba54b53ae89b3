"""Events become chunks of a chat."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pieces import cut, places, single_bytes
from tests.unit.providers.anthropic.messages import (
    NOW,
    PING,
    STOP,
    TEXT,
    block,
    chat_decoder,
    chunks_in,
    deltas_in,
    event,
    read,
    relay,
    start,
    stop,
    text_block,
    thinking_block,
    tool_block,
    whole,
)
from wrp_proxy.errors import RateLimitedError
from wrp_proxy.types import Usage

STREAM = whole(
    thinking_block(0, "Hm", TEXT),
    text_block(1, "Hello", TEXT),
    tool_block(2, "f", '{"a"', ":1}"),
    tool_block(3, "g", call_id="toolu_2"),
    reason="tool_use",
)


@given(places, st.booleans(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_split_gives_the_same_chunks(
    places: list[int], wants_usage: bool, newline: bytes
) -> None:
    stream = STREAM.replace(b"\n", newline)
    expected = relay(chat_decoder(wants_usage=wants_usage), [STREAM])

    for pieces in ([stream], cut(stream, places), single_bytes(stream)):
        decoder = chat_decoder(wants_usage=wants_usage)

        assert relay(decoder, pieces) == expected
        assert decoder.usage == Usage(prompt_tokens=11, completion_tokens=7, cached_tokens=4)
        assert decoder.done


def test_a_text_is_told_from_role_to_done() -> None:
    relayed = relay(chat_decoder(), [whole(text_block(0, "Hello", " there"))])

    head = {"id": "msg_1", "object": "chat.completion.chunk", "created": NOW, "model": "claude-x"}
    assert [chunk["choices"][0] for chunk in chunks_in(relayed)] == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None},
        {"index": 0, "delta": {"content": "Hello"}, "finish_reason": None},
        {"index": 0, "delta": {"content": " there"}, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    ]
    assert all(head.items() <= chunk.items() for chunk in chunks_in(relayed))
    assert relayed.endswith(b"\n\ndata: [DONE]\n\n")


def test_the_usage_is_told_to_a_caller_who_asked() -> None:
    relayed = relay(chat_decoder(wants_usage=True), [whole(text_block(0, "a"))])

    last = chunks_in(relayed)[-1]
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 11,
        "completion_tokens": 7,
        "total_tokens": 18,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_creation_tokens": 2},
    }


def test_a_caller_who_did_not_ask_never_gets_empty_choices() -> None:
    assert all(chunk["choices"] for chunk in chunks_in(relay(chat_decoder(), [STREAM])))


def test_thinking_is_reasoning_and_comes_whole_with_its_signature() -> None:
    redacted = block(1, {"type": "redacted_thinking", "data": "x"})

    relayed = relay(chat_decoder(), [whole(thinking_block(0, "Hm", "!"), redacted)])

    assert deltas_in(relayed) == [
        {"reasoning_content": "Hm"},
        {"reasoning_content": "!"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "Hm!", "signature": "sig"}]},
        {"thinking_blocks": [{"type": "redacted_thinking", "data": "x"}]},
    ]


def test_thinking_that_is_not_shown_still_has_its_signature() -> None:
    relayed = relay(chat_decoder(), [whole(thinking_block(0))])

    thought = {"type": "thinking", "thinking": "", "signature": "sig"}
    assert deltas_in(relayed) == [{"thinking_blocks": [thought]}]


def test_thinking_without_a_signature_cannot_be_sent_back() -> None:
    relayed = relay(chat_decoder(), [whole(thinking_block(0, "Hm", signature=""))])

    assert deltas_in(relayed) == [{"reasoning_content": "Hm"}]


def test_parallel_calls_have_indexes_of_their_own() -> None:
    calls = [
        text_block(0, "a"),
        tool_block(1, "f", "", '{"a"', ":1}"),
        tool_block(2, "g", '{"b":2}', call_id="toolu_2"),
    ]

    relayed = relay(chat_decoder(), [whole(*calls, reason="tool_use")])

    fragments = [d["tool_calls"][0] for d in deltas_in(relayed) if "tool_calls" in d]
    assert fragments == [
        {
            "index": 0,
            "id": "toolu_1",
            "type": "function",
            "function": {"name": "f", "arguments": ""},
        },
        {"index": 0, "function": {"arguments": '{"a"'}},
        {"index": 0, "function": {"arguments": ":1}"}},
        {
            "index": 1,
            "id": "toolu_2",
            "type": "function",
            "function": {"name": "g", "arguments": ""},
        },
        {"index": 1, "function": {"arguments": '{"b":2}'}},
    ]
    assert chunks_in(relayed)[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(("given_at_start", "expected"), [({}, "{}"), ({"a": 1}, '{"a":1}')])
def test_arguments_that_do_not_come_in_pieces_come_at_the_end(
    given_at_start: dict[str, Any], expected: str
) -> None:
    opened = {"type": "tool_use", "id": "x", "name": "f", "input": given_at_start}
    empty = {"type": "input_json_delta", "partial_json": ""}

    relayed = relay(chat_decoder(), [whole(block(0, opened, empty), reason="tool_use")])

    last = deltas_in(relayed)[-1]["tool_calls"][0]
    assert last == {"index": 0, "function": {"arguments": expected}}


def test_a_custom_tools_input_is_unwrapped() -> None:
    tools = [{"type": "custom", "custom": {"name": "patch"}}]
    calls = tool_block(0, "patch", '{"input": "li', 'ne\\n"}')

    relayed = relay(chat_decoder(tools=tools), [whole(calls, reason="tool_use")])

    custom = [delta["tool_calls"][0]["custom"] for delta in deltas_in(relayed)]
    assert custom == [{"name": "patch", "input": ""}, {"input": "line\n"}]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("not_known_yet", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ],
)
def test_reasons_to_stop(reason: str, expected: str) -> None:
    relayed = relay(chat_decoder(), [whole(text_block(0, "a"), reason=reason)])

    assert chunks_in(relayed)[-1]["choices"][0]["finish_reason"] == expected


def test_the_sequence_that_stopped_it_and_a_refusals_reason_are_told() -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "No."}
    end = stop("refusal", stop_sequence="END", stop_details=details)

    relayed = relay(chat_decoder(), [start() + end + STOP])

    last = chunks_in(relayed)[-1]["choices"][0]
    assert last["stop_sequence"] == "END"
    assert last["delta"] == {"refusal": "No."}


def test_pings_keep_the_connection_alive_and_are_no_content() -> None:
    chunks = read(chat_decoder(), [start(), PING, *text_block(0, "a"), stop(), STOP])

    assert [(chunk.data == b": ping\n\n", chunk.content) for chunk in chunks] == [
        (False, False),
        (True, False),
        (False, True),
        (False, True),
        (False, False),
    ]


def test_citations_of_the_web_are_annotations() -> None:
    cited = {"type": "web_search_result_location", "url": "https://lab", "title": "Lab"}
    blocks = [
        text_block(0, "Hello "),
        block(
            1,
            {"type": "text", "text": "", "citations": []},
            {"type": "citations_delta", "citation": cited},
            {"type": "citations_delta", "citation": {"type": "char_location"}},
            {"type": "text_delta", "text": "there"},
        ),
    ]

    relayed = relay(chat_decoder(), [whole(*blocks)])

    said = {"start_index": 6, "end_index": 11, "url": "https://lab", "title": "Lab"}
    assert deltas_in(relayed)[-1] == {
        "annotations": [{"type": "url_citation", "url_citation": said}]
    }


def test_what_is_unknown_and_what_the_server_did_breaks_nothing() -> None:
    odd: list[bytes | list[bytes]] = [
        event("not_known_yet", index=0),
        block(
            0,
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"query":'},
        ),
        block(1, {"type": "web_search_tool_result", "content": []}),
        text_block(2, "a"),
        event("content_block_delta", index=9, delta={"type": "odd_delta", "x": 1}),
        event("content_block_stop", index=10),
    ]

    relayed = relay(chat_decoder(), [whole(*odd)])

    assert deltas_in(relayed) == [{"content": "a"}]


def test_text_of_a_block_that_was_not_announced_is_not_lost() -> None:
    said = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"})

    relayed = relay(chat_decoder(), [said + stop() + STOP])

    assert chunks_in(relayed)[0]["choices"][0]["delta"]["role"] == "assistant"
    assert deltas_in(relayed) == [{"content": "a"}]


def test_a_block_that_is_not_stopped_is_closed_before_the_finish() -> None:
    thinking = b"".join(thinking_block(0, "Hm")[:-1])

    relayed = relay(chat_decoder(), [start() + thinking + stop() + STOP])

    assert "thinking_blocks" in deltas_in(relayed)[-1]
    assert chunks_in(relayed)[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_failure_is_told_in_chats_words() -> None:
    ended = chat_decoder().failure(RateLimitedError("Slow down."))

    said = json.loads(ended.removeprefix(b"data: "))
    assert said["error"]["type"] == "rate_limit_error"
    assert said["error"]["message"] == "Slow down."
