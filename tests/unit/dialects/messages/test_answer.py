"""A plain chat completion becomes a Message."""

import json
from typing import Any

import pytest
from hypothesis import given

from tests.answers import USAGE, completion
from tests.unit.dialects.messages.asking import answer_decoder, joined, message_of, told
from tests.unit.pieces import cut, places
from wrp_proxy.errors import DisconnectedError, UpstreamError
from wrp_proxy.types import Usage


def finished(finish: str | None, message: Any = None, **more: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": "Hi"} if message is None else message
    return completion(choices=[{"index": 0, "message": said, "finish_reason": finish, **more}])


def call(arguments: str | None = "{}", **more: Any) -> dict[str, Any]:
    function = {"name": "weather", "arguments": arguments}
    return {"id": "call_1", "type": "function", "function": function, **more}


def test_an_answer_becomes_a_message() -> None:
    message = message_of(completion("Hello there"))

    assert message == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "auto",
        "content": [{"type": "text", "text": "Hello there"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 11,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 7,
        },
    }


def test_thinking_text_and_calls_come_in_this_order() -> None:
    said = {"content": "Let me look.", "tool_calls": [call('{"b": 1.50, "a": 2}')]}

    content = message_of(finished("tool_calls", {**said, "reasoning_content": "Hm"}))["content"]

    assert content == [
        {"type": "thinking", "thinking": "Hm", "signature": ""},
        {"type": "text", "text": "Let me look."},
        {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"b": 1.5, "a": 2}},
    ]


def test_arguments_keep_their_bytes() -> None:
    arguments = '{"b": 1.50, "a": 12345678901234567890123}'
    raw = json.dumps(finished("tool_calls", {"tool_calls": [call(arguments)]})).encode()

    assert arguments.encode() in joined(told(answer_decoder(), [raw]))


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ("", {}),
        (None, {}),
        ('{"city": "Ul', {"unreadable_arguments": '{"city": "Ul'}),
        ("[1]", {"unreadable_arguments": "[1]"}),
    ],
)
def test_arguments_are_an_object_whatever_the_model_wrote(
    arguments: str | None, given: dict[str, Any]
) -> None:
    message = message_of(finished("length", {"tool_calls": [call(arguments)]}))

    assert message["content"][0]["input"] == given


def test_a_call_without_an_id_is_given_one() -> None:
    content = message_of(finished("tool_calls", {"tool_calls": [call(id=None)] * 2}))["content"]

    assert [block["id"] for block in content] == ["toolu_1_0", "toolu_1_1"]


def test_a_call_in_the_old_words_is_a_call() -> None:
    said = {"content": None, "function_call": {"name": "weather", "arguments": "{}"}}

    message = message_of(finished("function_call", said))

    assert message["content"] == [
        {"type": "tool_use", "id": "toolu_1_0", "name": "weather", "input": {}}
    ]
    assert message["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("finish", "message", "reason"),
    [
        ("stop", None, "end_turn"),
        ("length", None, "max_tokens"),
        ("content_filter", None, "refusal"),
        ("tool_calls", {"tool_calls": [call()]}, "tool_use"),
        ("stop", {"tool_calls": [call()]}, "tool_use"),
        ("length", {"tool_calls": [call()]}, "max_tokens"),
        ("stop", {"refusal": "I cannot."}, "refusal"),
        ("unheard_of", None, "end_turn"),
        (None, None, None),
    ],
)
def test_the_finish_becomes_a_stop_reason(finish: Any, message: Any, reason: Any) -> None:
    assert message_of(finished(finish, message))["stop_reason"] == reason


@pytest.mark.parametrize("field", ["stop_reason", "matched_stop"])
def test_the_stop_sequence_is_told_where_the_upstream_tells_it(field: str) -> None:
    message = message_of(finished("stop", **{field: "END"}), stop_sequences=["END"])

    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "END")


@pytest.mark.parametrize("met", [128009, "<|eot|>", None])
def test_a_stop_that_was_not_asked_for_is_the_end_of_the_turn(met: Any) -> None:
    message = message_of(finished("stop", stop_reason=met), stop_sequences=["END"])

    assert (message["stop_reason"], message["stop_sequence"]) == ("end_turn", None)


def test_a_refusal_is_text() -> None:
    message = message_of(finished("stop", {"content": None, "refusal": "I cannot."}))

    assert message["content"] == [{"type": "text", "text": "I cannot."}]


def test_an_answer_that_says_nothing_has_no_content() -> None:
    assert message_of(finished("stop", {"role": "assistant", "content": ""}))["content"] == []


def test_signed_thinking_replaces_what_is_not_signed() -> None:
    thoughts = [
        {"type": "thinking", "thinking": "One", "signature": "s1"},
        {"type": "redacted_thinking", "data": "d2"},
        {"type": "thinking", "thinking": "Three", "signature": "s3"},
    ]
    said = {"content": "Yes", "reasoning_content": "OneThree", "thinking_blocks": thoughts}

    content = message_of(finished("stop", said))["content"]

    assert content == [*thoughts, {"type": "text", "text": "Yes"}]


def test_parts_that_think_are_thinking() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}

    content = message_of(finished("stop", {"content": [thought, {"type": "text", "text": "Yes"}]}))

    assert [block["type"] for block in content["content"]] == ["thinking", "text"]


def test_cached_and_written_tokens_are_no_input_tokens() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }

    assert message_of(completion(usage=usage))["usage"] == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 60,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 5},
    }


def test_usage_is_estimated_where_there_is_none() -> None:
    assert message_of(completion("Hello there!", usage=None))["usage"] == {
        "input_tokens": 0,
        "output_tokens": 3,
    }


def test_the_decoder_knows_the_usage_of_the_upstream() -> None:
    decoder = answer_decoder()

    told(decoder, [json.dumps(completion(usage=USAGE)).encode()])

    assert decoder.usage == Usage(prompt_tokens=11, completion_tokens=7)


@given(places)
def test_any_split_gives_the_same_message(places: list[int]) -> None:
    whole = json.dumps(completion("Grüß Gott\u2028!"), ensure_ascii=False).encode()

    split = joined(told(answer_decoder(), cut(whole, places)))

    assert split == joined(told(answer_decoder(), [whole]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"choices": []}',
        b'{"choices": [5]}',
        b'{"error": {"message": "No."}}',
        json.dumps(finished("error")).encode(),
    ],
)
def test_an_answer_that_is_none_is_a_failure(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        told(answer_decoder(), [body])


def test_an_answer_broken_off_by_the_upstream_names_the_reason() -> None:
    with pytest.raises(DisconnectedError, match="insufficient_system_resource"):
        message_of(finished("insufficient_system_resource"))
