"""A whole message becomes a chat completion."""

import json
from typing import Any

import pytest
from hypothesis import given

from tests.unit.pieces import cut, places
from tests.unit.providers.anthropic.messages import (
    NOW,
    TEXT,
    USAGE,
    chat_decoder,
    choice,
    completion,
    message,
    relay,
)
from wrp_proxy.types import Usage

THINKING = {"type": "thinking", "thinking": "Hm", "signature": "sig"}


def text(said: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": said, **more}


@given(places)
def test_any_split_gives_the_same_answer(places: list[int]) -> None:
    body = json.dumps(message(text(TEXT)), ensure_ascii=False).encode()
    decoder = chat_decoder(stream=False)

    relayed = relay(decoder, cut(body, places))

    assert relayed == relay(chat_decoder(stream=False), [body])
    assert decoder.usage == Usage(prompt_tokens=11, completion_tokens=7, cached_tokens=4)


def test_a_text_is_a_completion() -> None:
    assert completion(message(text("Hello"), text(TEXT))) == {
        "id": "msg_1",
        "object": "chat.completion",
        "created": NOW,
        "model": "claude-x",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": f"Hello{TEXT}", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_creation_tokens": 2},
        },
    }


def test_thinking_tokens_are_reasoning_tokens() -> None:
    usage = {**USAGE, "output_tokens_details": {"thinking_tokens": 3}}

    said = completion(message(text("a"), usage=usage))

    assert said["usage"]["completion_tokens_details"] == {"reasoning_tokens": 3}


def test_thinking_is_reasoning_and_can_be_sent_back() -> None:
    redacted = {"type": "redacted_thinking", "data": "x"}

    said = choice(message(THINKING, redacted, {"type": "thinking", "thinking": "!"}, text("a")))

    assert said["message"]["reasoning_content"] == "Hm!"
    assert said["message"]["thinking_blocks"] == [THINKING, redacted]


def test_calls_have_arguments_as_text() -> None:
    uses = [
        {"type": "tool_use", "id": "x", "name": "f", "input": {"a": [1, TEXT]}},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
        {"type": "tool_use", "id": "y", "name": "g", "input": {}},
    ]

    said = choice(message(*uses, stop_reason="tool_use"))

    calls = said["message"]["tool_calls"]
    assert said["finish_reason"] == "tool_calls"
    assert said["message"]["content"] is None
    assert [(call["id"], call["type"], call["function"]["name"]) for call in calls] == [
        ("x", "function", "f"),
        ("y", "function", "g"),
    ]
    assert json.loads(calls[0]["function"]["arguments"]) == {"a": [1, TEXT]}
    assert calls[1]["function"]["arguments"] == "{}"


def test_a_custom_tools_input_is_unwrapped() -> None:
    tools = [{"type": "custom", "custom": {"name": "patch"}}]
    use = {"type": "tool_use", "id": "x", "name": "patch", "input": {"input": "line\n"}}

    said = choice(message(use, stop_reason="tool_use"), tools=tools)

    assert said["message"]["tool_calls"] == [
        {"id": "x", "type": "custom", "custom": {"name": "patch", "input": "line\n"}}
    ]


def test_an_empty_answer_is_one() -> None:
    assert choice(message())["message"]["content"] == ""


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("end_turn", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
    ],
)
def test_reasons_to_stop(reason: str, expected: str) -> None:
    assert choice(message(text("a"), stop_reason=reason))["finish_reason"] == expected


def test_the_sequence_that_stopped_it_and_a_refusals_reason_are_told() -> None:
    details = {"explanation": "No."}

    said = choice(message(stop_reason="refusal", stop_sequence="END", stop_details=details))

    assert said["stop_sequence"] == "END"
    assert said["message"]["refusal"] == "No."


def test_citations_of_the_web_are_annotations() -> None:
    cited = {"type": "web_search_result_location", "url": "https://lab", "title": "Lab"}

    said = choice(message(text("Hello "), text("there", citations=[cited, {"type": "x"}, 7])))

    found = {"start_index": 6, "end_index": 11, "url": "https://lab", "title": "Lab"}
    assert said["message"]["annotations"] == [{"type": "url_citation", "url_citation": found}]
