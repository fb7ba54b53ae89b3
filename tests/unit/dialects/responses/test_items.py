"""Input items become messages, in order and with nothing lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.responses.request import to_chat
from wrp_proxy.dialects.responses.thinking import seal

IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"}
CHAT_IMAGE = {
    "type": "image_url",
    "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"},
}
SIGNED = [{"type": "thinking", "thinking": "hm", "signature": "s"}]


def translated(*items: Any) -> Translation:
    return to_chat({"model": "auto", "input": list(items)})


def messages_of(*items: Any) -> list[dict[str, Any]]:
    translation = translated(*items)
    assert translation.native_only is None
    return list(translation.body["messages"])


def said(text: str, role: str = "assistant") -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def called(call_id: str, name: str = "look", arguments: Any = "{}") -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def returned(call_id: str, output: Any) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def chat_call(call_id: str, name: str = "look", arguments: str = "{}") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function}


@pytest.mark.parametrize(
    "item",
    [{"role": "user", "content": "Hi"}, said("Hi", "user"), said("Hi", "user") | {"id": "m"}],
)
def test_a_lone_text_is_sent_as_a_text(item: Any) -> None:
    assert messages_of(item) == [{"role": "user", "content": "Hi"}]


def test_parts_keep_their_order() -> None:
    content = [
        {"type": "input_text", "text": "a"},
        IMAGE,
        {"type": "input_file", "filename": "f.pdf", "file_data": "data:application/pdf;base64,AA"},
        {"type": "input_file", "file_id": "file_1"},
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
    ]

    (message,) = messages_of({"role": "user", "content": content})

    assert message["content"] == [
        {"type": "text", "text": "a"},
        CHAT_IMAGE,
        {
            "type": "file",
            "file": {"file_data": "data:application/pdf;base64,AA", "filename": "f.pdf"},
        },
        {"type": "file", "file": {"file_id": "file_1"}},
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
    ]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "input_image", "file_id": "file_1"}, "an image by its file id"),
        ({"type": "input_file", "file_url": "https://example.org/f"}, "a file by its URL"),
        ({"type": "hologram"}, "content parts of the type 'hologram'"),
    ],
)
def test_a_part_without_a_translation_is_named(part: Any, words: str) -> None:
    assert translated({"role": "user", "content": [part]}).native_only == words


def test_leading_instructions_are_one_system_message() -> None:
    messages = messages_of(said("a", "developer"), said("b", "system"), said("c", "user"))

    assert messages == [
        {"role": "system", "content": "a\n\nb"},
        {"role": "user", "content": "c"},
    ]


def test_later_instructions_stay_where_they_are() -> None:
    messages = messages_of(said("a", "user"), said("b", "developer"))

    assert [message["role"] for message in messages] == ["user", "system"]


def test_a_turn_of_text_and_calls_is_one_message_followed_by_the_results() -> None:
    messages = messages_of(
        said("Look.", "user"),
        said("I'll look."),
        called("call_1", arguments='{"at": 1}'),
        called("call_2"),
        returned("call_1", "one"),
        returned("call_2", [{"type": "input_text", "text": "two"}]),
        said("Done."),
    )

    assert messages == [
        {"role": "user", "content": "Look."},
        {
            "role": "assistant",
            "content": "I'll look.",
            "tool_calls": [chat_call("call_1", arguments='{"at": 1}'), chat_call("call_2")],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "one"},
        {"role": "tool", "tool_call_id": "call_2", "content": "two"},
        {"role": "assistant", "content": "Done."},
    ]


def test_a_call_alone_has_no_content() -> None:
    assert messages_of(called("call_1"))[0]["content"] is None


def test_what_is_said_between_a_call_and_its_result_joins_the_call() -> None:
    messages = messages_of(said("a"), called("call_1"), said("b"), returned("call_1", ""))

    assert [message["role"] for message in messages] == ["assistant", "tool"]
    assert messages[0]["content"] == "a\n\nb"


def test_two_messages_of_the_assistant_stay_two() -> None:
    assert [m["content"] for m in messages_of(said("a"), said("b"))] == ["a", "b"]


def test_a_custom_call_is_a_function_with_one_input() -> None:
    messages = messages_of(
        {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "+ä"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"},
    )

    assert messages[0]["tool_calls"] == [chat_call("c", "apply_patch", '{"input":"+ä"}')]
    assert messages[1] == {"role": "tool", "tool_call_id": "c", "content": "ok"}


def test_a_call_in_a_namespace_has_a_joined_name() -> None:
    (message,) = messages_of({**called("c"), "namespace": "crm"})

    assert message["tool_calls"][0]["function"]["name"] == "crm__look"


def test_images_of_tools_are_shown_after_all_results() -> None:
    messages = messages_of(
        called("call_1"),
        called("call_2"),
        returned("call_1", [IMAGE]),
        returned("call_2", "two"),
        said("Well?", "user"),
    )

    assert [message["role"] for message in messages] == [
        "assistant",
        "tool",
        "tool",
        "user",
        "user",
    ]
    assert messages[3]["content"] == [CHAT_IMAGE]


@pytest.mark.parametrize(
    ("output", "content"), [(None, ""), ({"a": 1}, '{"a":1}'), ([], ""), ("", "")]
)
def test_odd_results_are_texts(output: Any, content: str) -> None:
    assert messages_of(returned("c", output))[0]["content"] == content


def test_a_refusal_comes_back_as_one() -> None:
    content = [{"type": "refusal", "refusal": "No."}]

    (message,) = messages_of({"type": "message", "role": "assistant", "content": content})

    assert message == {"role": "assistant", "content": None, "refusal": "No."}


def test_signed_thinking_returns_to_the_message_it_belongs_to() -> None:
    reasoning = {"type": "reasoning", "summary": [], "encrypted_content": seal("hm", SIGNED)}

    messages = messages_of(said("a"), said("b", "user"), reasoning, called("c"))

    assert messages[2] == {
        "role": "assistant",
        "content": None,
        "reasoning_content": "hm",
        "thinking_blocks": SIGNED,
        "tool_calls": [chat_call("c")],
    }
    assert "thinking_blocks" not in messages[0]


@pytest.mark.parametrize(
    "encrypted", [None, "gAAAAfromOpenAI", seal("hm", []), "wrp1.", "wrp1.e30=", "wrp1.W10=", 7]
)
def test_other_thinking_is_dropped(encrypted: Any) -> None:
    reasoning = {"type": "reasoning", "summary": [], "encrypted_content": encrypted}

    assert messages_of(reasoning, said("a")) == [{"role": "assistant", "content": "a"}]


def test_the_record_of_a_web_search_is_passed_over() -> None:
    assert len(messages_of({"type": "web_search_call", "id": "ws_1"}, said("a"))) == 1


ITEMS = st.lists(
    st.one_of(
        st.builds(said, st.text(), st.sampled_from(["assistant", "user"])),
        st.builds(called, st.text(min_size=1), st.text(min_size=1), st.text()),
        st.builds(returned, st.text(min_size=1), st.text()),
    ),
    min_size=1,
)


@given(ITEMS)
def test_texts_names_and_ids_keep_their_order(items: list[dict[str, Any]]) -> None:
    messages = messages_of(*items)

    calls = [call for message in messages for call in message.get("tool_calls", ())]
    given_calls = [item for item in items if item["type"] == "function_call"]
    assert [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in calls] == [
        (item["call_id"], item["name"], item["arguments"]) for item in given_calls
    ]
    results = [m for m in messages if m["role"] == "tool"]
    given_results = [item for item in items if item["type"] == "function_call_output"]
    assert [(m["tool_call_id"], m["content"]) for m in results] == [
        (item["call_id"], item["output"]) for item in given_results
    ]
    for role in ("user", "assistant"):
        texts = [item["content"][0]["text"] for item in items if item.get("role") == role]
        spoken = [m["content"] for m in messages if m["role"] == role and m["content"] is not None]
        assert "".join(spoken).replace("\n\n", "") == "".join(texts).replace("\n\n", "")
