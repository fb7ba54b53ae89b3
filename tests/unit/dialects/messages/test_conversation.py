"""System, messages, calls of tools and their results keep their order and their words."""

from typing import Any

import pytest

from tests.unit.dialects.messages.asking import asked, assistant, chat, chat_messages, text, user
from wrp_proxy.errors import RequestError

CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"zone": 1, "city": "Ulm"}}
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
PNG_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}


def result(content: Any = None, **more: Any) -> dict[str, Any]:
    said = {} if content is None else {"content": content}
    return {"type": "tool_result", "tool_use_id": "toolu_1", **said, **more}


def test_plain_strings_stay_plain_strings() -> None:
    messages = chat_messages(
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Bye"},
    )

    assert messages == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Bye"},
    ]


def test_system_comes_first() -> None:
    messages = chat_messages(system="Be brief.")

    assert messages[0] == {"role": "system", "content": "Be brief."}


def test_system_blocks_become_one_text_without_their_cache_control() -> None:
    system = [text("Be brief.", cache_control={"type": "ephemeral"}), text("Be kind.")]

    messages = chat_messages(system=system)

    assert messages[0] == {"role": "system", "content": "Be brief.\n\nBe kind."}


def test_an_empty_system_is_left_out() -> None:
    assert [message["role"] for message in chat_messages(system="")] == ["user"]


def test_a_system_message_within_the_conversation_keeps_its_place() -> None:
    messages = chat_messages(
        user(text("Hello")), {"role": "system", "content": [text("Now in German.")]}
    )

    assert messages[1] == {"role": "system", "content": "Now in German."}


def test_texts_of_a_user_become_one_text() -> None:
    messages = chat_messages(user(text("Look:"), text("here")))

    assert messages == [{"role": "user", "content": "Look:\n\nhere"}]


def test_texts_and_images_of_a_user_stay_parts_in_order() -> None:
    messages = chat_messages(user(text("Look:"), PNG, text("What is it?")))

    assert messages[0]["content"] == [text("Look:"), PNG_PART, text("What is it?")]


def test_neighbouring_texts_of_the_assistant_are_one_text() -> None:
    messages = chat_messages(user(text("?")), assistant(text("Ulm is "), text("nice.")))

    assert messages[1] == {"role": "assistant", "content": "Ulm is nice."}


def test_calls_keep_their_id_name_and_the_order_of_their_arguments() -> None:
    messages = chat_messages(user(text("?")), assistant(text("Let me look."), CALL))

    assert messages[1] == {
        "role": "assistant",
        "content": "Let me look.",
        "tool_calls": [
            {
                "id": "toolu_1",
                "type": "function",
                "function": {"name": "weather", "arguments": '{"zone":1,"city":"Ulm"}'},
            }
        ],
    }


def test_a_call_without_words_has_no_content() -> None:
    messages = chat_messages(user(text("?")), assistant(CALL))

    assert messages[1]["content"] is None


def test_thinking_of_earlier_turns_is_left_out() -> None:
    thoughts = (
        {"type": "thinking", "thinking": "Hm", "signature": "abc"},
        {"type": "redacted_thinking", "data": "xyz"},
    )

    messages = chat_messages(user(text("?")), assistant(*thoughts, text("Yes")))

    assert messages[1] == {"role": "assistant", "content": "Yes"}


def test_what_tools_of_the_server_did_is_told_as_text() -> None:
    messages = chat_messages(
        user(text("?")),
        assistant(
            text("I search."),
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
            {
                "type": "web_search_tool_result",
                "tool_use_id": "s1",
                "content": [{"title": "X", "url": "http://x.example", "encrypted_content": "Zz"}],
            },
            text("Found."),
        ),
    )

    assert messages[1]["content"] == (
        "I search.\n\n"
        '[The tool web_search was called with {"query":"x"}]\n\n'
        '[web_search_tool_result: [{"title":"X","url":"http://x.example"}]]\n\n'
        "Found."
    )


def test_results_stand_before_the_rest_of_the_users_message() -> None:
    messages = chat_messages(user(text("?")), assistant(CALL), user(result("Sunny"), text("And?")))

    assert messages[2:] == [
        {"role": "tool", "tool_call_id": "toolu_1", "content": "Sunny"},
        {"role": "user", "content": "And?"},
    ]


def test_results_alone_make_no_message_of_the_user() -> None:
    messages = chat_messages(user(text("?")), assistant(CALL), user(result([text("Sunny")])))

    assert [message["role"] for message in messages] == ["user", "assistant", "tool"]


def test_a_result_without_content_is_empty() -> None:
    messages = chat_messages(user(text("?")), assistant(CALL), user(result()))

    assert messages[2]["content"] == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [("no such city", "The tool failed: no such city"), ("", "The tool failed.")],
)
def test_a_failed_result_says_so(content: str, told: str) -> None:
    messages = chat_messages(user(text("?")), assistant(CALL), user(result(content, is_error=True)))

    assert messages[2]["content"] == told


def test_an_image_in_a_result_moves_to_the_users_message() -> None:
    messages = chat_messages(
        user(text("?")), assistant(CALL), user(result([text("A photo:"), PNG]), text("And?"))
    )

    assert messages[2:] == [
        {
            "role": "tool",
            "tool_call_id": "toolu_1",
            "content": "A photo:\n\n[1 attached: see the user's next message]",
        },
        {
            "role": "user",
            "content": [
                text("[Attached to the result of the tool call toolu_1:]"),
                PNG_PART,
                text("And?"),
            ],
        },
    ]


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        (None, "messages"),
        ([], "messages"),
        ("Hello", "messages"),
        (["Hello"], "messages[0]"),
        ([{"content": "Hello"}], "messages[0].role"),
        ([{"role": "tool", "content": "Hello"}], "messages[0].role"),
        ([{"role": ["user"], "content": "Hello"}], "messages[0].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": 5}], "messages[0].content"),
        ([user("Hello")], "messages[0].content[0]"),
        ([user({"text": "Hello"})], "messages[0].content[0].type"),
        ([user({"type": "text"})], "messages[0].content[0].text"),
        ([user(text("?")), assistant({"type": "text"})], "messages[1].content[0].text"),
        ([assistant({**CALL, "id": None})], "messages[0].content[0].id"),
        ([assistant({**CALL, "name": 5})], "messages[0].content[0].name"),
        ([user({"type": "tool_result"})], "messages[0].content[0].tool_use_id"),
        ([user(result([5]))], "messages[0].content[0].content[0]"),
        ([user(result(5))], "messages[0].content[0].content"),
    ],
)
def test_malformed_messages_are_refused_by_name(messages: Any, param: str) -> None:
    with pytest.raises(RequestError) as refusal:
        chat({**asked(), "messages": messages})

    assert refusal.value.param == param
    assert param in refusal.value.message


@pytest.mark.parametrize(
    ("system", "param"), [(5, "system"), ([5], "system[0]"), ([PNG], "system[0].text")]
)
def test_a_malformed_system_is_refused_by_name(system: Any, param: str) -> None:
    with pytest.raises(RequestError) as refusal:
        chat(asked(system=system))

    assert refusal.value.param == param
