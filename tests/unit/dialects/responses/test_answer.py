"""A plain chat completion is told as a response."""

import json

import pytest
from openai.types.responses import Response

from tests.unit.dialects.responses.told import dialect, request_of, told, told_plain
from wrp_proxy.dialects.responses.thinking import unseal
from wrp_proxy.errors import ContextTooLongError, DisconnectedError
from wrp_proxy.providers.openai_answer import OpenAIAnswerDecoder

SIGNED = [{"type": "thinking", "thinking": "hm", "signature": "s"}]
CALLS = [
    {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
    {"id": "call_2", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}},
]


def test_a_message_is_a_response() -> None:
    response = told_plain({"role": "assistant", "content": "Hello"}, user="u")

    assert Response.model_validate(response).output_text == "Hello"
    assert response["status"] == "completed"
    assert response["user"] == "u"
    assert response["usage"]["input_tokens"] == 11


def test_a_plain_answer_says_what_the_same_stream_says() -> None:
    message = {"reasoning_content": "hm", "content": "a", "tool_calls": CALLS}
    deltas = [
        {"reasoning_content": "hm"},
        {"content": "a"},
        {"tool_calls": [{**CALLS[0], "index": 0}]},
        {"tool_calls": [{**CALLS[1], "index": 1}]},
    ]

    plain = told_plain(message, finish="tool_calls")
    streamed = told(*deltas, finish="tool_calls")[-1]["response"]

    assert plain == streamed


def test_signed_thinking_is_sealed_into_its_item() -> None:
    response = told_plain({"content": "a", "reasoning_content": "hm", "thinking_blocks": SIGNED})

    sealed = response["output"][0]["encrypted_content"]
    assert unseal(sealed) == {"reasoning_content": "hm", "thinking_blocks": SIGNED}


def test_thinking_is_sealed_where_the_client_asks() -> None:
    response = told_plain(
        {"content": "a", "reasoning": "hm"}, include=["reasoning.encrypted_content"]
    )

    assert response["output"][0]["encrypted_content"].startswith("wrp1.")


def test_a_whole_answer_needs_no_finish_reason() -> None:
    assert told_plain({"content": "a"}, finish=None)["status"] == "completed"


def test_an_answer_that_was_cut_off_says_so() -> None:
    response = told_plain({"content": "a"}, finish="length")

    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}


@pytest.mark.parametrize("body", [b'{"choices": [1]}', b'{"choices": ["a"], "usage": 1}'])
def test_an_answer_without_a_choice_is_none(body: bytes) -> None:
    decoder = dialect().decoder(request_of(stream=False), OpenAIAnswerDecoder())
    decoder.feed(body)

    with pytest.raises(DisconnectedError):
        decoder.close()


def test_errors_have_openais_shape() -> None:
    error = ContextTooLongError("Too long.")

    assert json.loads(dialect().error(error)) == {
        "error": {
            "message": "Too long.",
            "type": "invalid_request_error",
            "param": None,
            "code": "context_length_exceeded",
        }
    }


def test_a_stream_of_which_nothing_is_known_ends_with_an_error_event() -> None:
    assert dialect().error_event(ContextTooLongError("Too long.")) == (
        b'event: error\ndata: {"type":"error","sequence_number":0,'
        b'"code":"context_length_exceeded","message":"Too long.","param":null}\n\n'
    )
