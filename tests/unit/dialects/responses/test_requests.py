"""A request's parameters in the words of chat completions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.dialects.responses.request import to_chat
from wrp_proxy.errors import RequestError


def chat_of(**own: Any) -> dict[str, Any]:
    translation = to_chat({"model": "auto", "input": "Hello", **own})
    assert translation.native_only is None
    return dict(translation.body)


def test_a_text_is_a_users_message_after_the_instructions() -> None:
    assert chat_of(instructions="Be brief.") == {
        "model": "auto",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
        ],
    }


def test_parameters_get_their_names_in_chat() -> None:
    chat = chat_of(
        max_output_tokens=9,
        reasoning={"effort": "low", "summary": "auto"},
        text={"verbosity": "low"},
        temperature=0.5,
        top_p=0.9,
        user="u",
        top_logprobs=2,
        some_vendor_option={"a": 1},
    )

    del chat["messages"]
    assert chat == {
        "model": "auto",
        "max_tokens": 9,
        "reasoning_effort": "low",
        "verbosity": "low",
        "temperature": 0.5,
        "top_p": 0.9,
        "user": "u",
        "logprobs": True,
        "top_logprobs": 2,
        "some_vendor_option": {"a": 1},
    }


def test_what_only_openais_accounts_know_is_left_out() -> None:
    chat = chat_of(
        store=True,
        metadata={"a": "b"},
        include=["reasoning.encrypted_content"],
        truncation="auto",
        previous_response_id="resp_1",
        prompt_cache_key="k",
        safety_identifier="s",
        client_metadata={"x": "y"},
        background=False,
        parallel_tool_calls=True,
        tool_choice="auto",
    )

    assert set(chat) == {"model", "messages"}


def test_a_stream_is_asked_for_its_usage() -> None:
    chat = chat_of(stream=True, stream_options={"include_obfuscation": False})

    assert chat["stream"] is True
    assert chat["stream_options"] == {"include_usage": True}


def test_logprobs_may_be_asked_for_without_a_number() -> None:
    assert chat_of(include=["message.output_text.logprobs"])["logprobs"] is True


def test_a_schema_is_nested_deeper() -> None:
    form = {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}

    chat = chat_of(text={"format": form})

    assert chat["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
    }


@pytest.mark.parametrize(
    ("form", "expected"),
    [({"type": "json_object"}, {"type": "json_object"}), ({"type": "text"}, None), ({}, None)],
)
def test_other_formats_are_named_as_they_are(form: Any, expected: Any) -> None:
    assert chat_of(text={"format": form}).get("response_format") == expected


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"background": True}, "background responses"),
        ({"conversation": "conv_1"}, "conversations"),
        ({"prompt": {"id": "pmpt_1"}, "input": None}, "prompt templates"),
        ({"tools": [{"type": "mcp"}]}, "the built-in tool 'mcp'"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "'item_reference'"),
        ({"input": [{"type": "local_shell_call"}]}, "'local_shell_call'"),
    ],
)
def test_what_chat_has_no_words_for_is_named(own: Any, words: str) -> None:
    translation = to_chat({"model": "auto", "input": "Hello", **own})

    assert translation.native_only is not None
    assert words in translation.native_only
    assert isinstance(translation.body["messages"], list)


@pytest.mark.parametrize(
    ("own", "param"),
    [
        ({"model": None}, "model"),
        ({"model": 1}, "model"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": {}}, "input"),
        ({"input": ["a"]}, "input[0]"),
        ({"input": [{"id": "x"}]}, "input[0].type"),
        ({"input": [{"role": "user", "content": 1}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": ["a"]}]}, "input[0].content[0]"),
        ({"input": [{"type": "function_call", "name": "f"}]}, "input[0].call_id"),
        ({"input": [{"type": "function_call", "call_id": "c"}]}, "input[0].name"),
        ({"input": [{"type": "function_call_output", "output": ""}]}, "input[0].call_id"),
        ({"stream": "yes"}, "stream"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"max_output_tokens": True}, "max_output_tokens"),
        ({"instructions": ["a"]}, "instructions"),
        ({"tools": {"a": 1}}, "tools"),
        ({"tools": ["a"]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"text": "json"}, "text"),
    ],
)
def test_a_malformed_request_names_the_field(own: Any, param: str) -> None:
    with pytest.raises(RequestError) as raised:
        to_chat({"model": "auto", "input": "Hello", **own})

    assert raised.value.param == param
    assert raised.value.status == 400


WORDS = st.sampled_from(
    [
        "message",
        "function_call",
        "function_call_output",
        "reasoning",
        "user",
        "assistant",
        "custom_tool_call",
        "input_text",
        "input_image",
        "input_file",
        "allowed_tools",
        "namespace",
        "function",
        "custom",
        "system",
        "additional_tools",
        "wrp1.e30=",
        "wrp1.x",
    ]
)
NAMES = st.sampled_from(
    [
        "type",
        "role",
        "content",
        "text",
        "call_id",
        "name",
        "arguments",
        "output",
        "tools",
        "image_url",
        "file_data",
        "encrypted_content",
        "summary",
        "format",
        "mode",
        "namespace",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
PARAMETERS = (
    "tools tool_choice text reasoning include instructions stream top_logprobs conversation "
    "parallel_tool_calls previous_response_id max_output_tokens"
)
BODIES = st.fixed_dictionaries(
    {"model": st.just("auto"), "input": st.lists(st.dictionaries(NAMES, JSON)) | JSON},
    optional=dict.fromkeys(PARAMETERS.split(), JSON),
)


@pytest.mark.parametrize("odd", [[], {}, 7, None])
def test_an_odd_type_is_refused_or_named(odd: Any) -> None:
    bodies: list[dict[str, Any]] = [
        {"input": [{"role": "user", "content": [{"type": odd}]}]},
        {"tools": [{"type": odd, "name": "a"}]},
        {"tools": [{"type": "namespace", "name": "a", "tools": [{"type": odd}]}]},
        {"tool_choice": {"type": odd}},
        {"text": {"format": {"type": odd}}},
    ]

    for body in bodies:
        assert to_chat({"model": "auto", "input": "Hello", **body}).body["messages"]


@given(BODIES)
def test_no_body_raises_anything_but_a_request_error(body: dict[str, Any]) -> None:
    try:
        translation = to_chat(body)
    except RequestError:
        return

    assert all(isinstance(message, dict) for message in translation.body["messages"])
