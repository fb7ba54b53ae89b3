"""Messages become turns; nothing that was said is lost, and nothing is sent that is refused."""

from typing import Any

import pytest

from tests.unit.providers.anthropic.messages import NEW, OLD, encoded, turns_of
from wrp_proxy.errors import RequestError

USER = {"role": "user", "content": "Hi"}
CALL = {"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
THOUGHT = {"type": "thinking", "thinking": "Hm", "signature": "sig"}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def test_leading_instructions_are_the_system() -> None:
    sent = encoded(
        messages=[
            {"role": "system", "content": "a"},
            {"role": "developer", "content": [text("b")], "cache_control": {"type": "ephemeral"}},
            USER,
        ]
    )

    assert sent["system"] == [text("a"), {**text("b"), "cache_control": {"type": "ephemeral"}}]
    assert sent["messages"] == [{"role": "user", "content": [text("Hi")]}]


@pytest.mark.parametrize(
    "after", [[], [{"role": "assistant", "content": "Yes"}, USER]], ids=["at the end", "before"]
)
def test_later_instructions_stay_where_they_are(after: list[dict[str, Any]]) -> None:
    turns = turns_of(USER, {"role": "system", "content": "Be brief"}, *after)

    assert turns[1] == {"role": "system", "content": [text("Be brief")]}


@pytest.mark.parametrize(
    ("model", "messages"),
    [
        (OLD, [USER, {"role": "developer", "content": "Be brief"}]),
        (NEW, [USER, {"role": "developer", "content": "Be brief"}, USER]),
        (NEW, [USER, CALLING, {"role": "system", "content": "Be brief"}]),
    ],
)
def test_instructions_that_cannot_stay_are_quoted_by_the_user(
    model: str, messages: list[dict[str, Any]]
) -> None:
    turns = turns_of(*messages, model=model)

    assert {turn["role"] for turn in turns} <= {"user", "assistant"}
    assert text("<system>\nBe brief\n</system>") in turns[-1]["content"]


def test_consecutive_instructions_are_one_turn() -> None:
    system = {"role": "system", "content": "a"}

    turns = turns_of(USER, system, system)

    assert turns[1] == {"role": "system", "content": [text("a"), text("a")]}


def test_instructions_alone_are_asked_as_by_the_user() -> None:
    sent = encoded(messages=[{"role": "system", "content": "Say hello"}])

    assert sent["messages"] == [{"role": "user", "content": [text("Say hello")]}]
    assert "system" not in sent


def test_a_role_that_speaks_twice_has_one_turn() -> None:
    turns = turns_of(USER, USER, {"role": "assistant", "content": "a"}, {**CALLING})

    assert [turn["role"] for turn in turns] == ["user", "assistant"]
    assert turns[0]["content"] == [text("Hi"), text("Hi")]


def test_calls_are_uses_of_tools() -> None:
    turns = turns_of(USER, {**CALLING, "content": "Let me see"})

    use = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
    assert turns[1] == {"role": "assistant", "content": [text("Let me see"), use]}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
        ({"a": 1}, {"a": 1}),
        ("", {}),
        (" ", {}),
        (None, {}),
        ('{"a": ', {"arguments": '{"a": '}),
        ("[1]", {"arguments": [1]}),
        ("[" * 5000, {"arguments": "[" * 5000}),
    ],
)
def test_arguments_become_an_object_whatever_they_are(arguments: Any, expected: Any) -> None:
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": arguments}}

    turns = turns_of(USER, {"role": "assistant", "tool_calls": [call]})

    assert turns[1]["content"][0]["input"] == expected


def test_results_of_several_calls_are_one_turn_before_what_the_user_says() -> None:
    turns = turns_of(
        USER,
        {**CALLING, "tool_calls": [CALL, {**CALL, "id": "toolu_2"}]},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "one"},
        {"role": "system", "content": "Mind"},
        {"role": "tool", "tool_call_id": "toolu_2", "content": [text("two")], "is_error": True},
        USER,
    )

    assert turns[2]["content"] == [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "one"},
        {
            "type": "tool_result",
            "tool_use_id": "toolu_2",
            "content": [text("two")],
            "is_error": True,
        },
        text("<system>\nMind\n</system>"),
        text("Hi"),
    ]


@pytest.mark.parametrize("content", [None, "", [], [text(" ")]])
def test_an_empty_result_is_one(content: Any) -> None:
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": content}

    turns = turns_of(USER, CALLING, result)

    assert turns[2]["content"] == [{"type": "tool_result", "tool_use_id": "toolu_1"}]


def test_a_result_may_be_an_image() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://lab/a.png"}}
    result = {"role": "tool", "tool_call_id": "toolu_1", "content": [image]}

    turns = turns_of(USER, CALLING, result)

    source = {"type": "url", "url": "https://lab/a.png"}
    assert turns[2]["content"][0]["content"] == [{"type": "image", "source": source}]


def test_odd_ids_are_spelt_out_alike_in_calls_and_results() -> None:
    calls = [{**CALL, "id": "f:0"}, {**CALL, "id": "f.0"}]

    turns = turns_of(
        USER,
        {**CALLING, "tool_calls": calls},
        {"role": "tool", "tool_call_id": "f.0", "content": "x"},
    )

    assert [use["id"] for use in turns[1]["content"]] == ["f_3a_0", "f_2e_0"]
    assert turns[2]["content"][0]["tool_use_id"] == "f_2e_0"


def test_functions_of_old_are_calls_and_results() -> None:
    turns = turns_of(
        USER,
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "x"},
    )

    assert turns[1]["content"] == [{"type": "tool_use", "id": "f", "name": "f", "input": {}}]
    assert turns[2]["content"][0]["tool_use_id"] == "f"


def test_signed_thinking_comes_first() -> None:
    redacted = {"type": "redacted_thinking", "data": "x"}
    unsigned = {"type": "thinking", "thinking": "not mine"}

    turns = turns_of(
        USER,
        {**CALLING, "content": "So", "thinking_blocks": [THOUGHT, unsigned, redacted, 7]},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "x"},
    )

    assert turns[1]["content"][:3] == [THOUGHT, redacted, text("So")]


def test_a_refusal_was_said() -> None:
    turns = turns_of(USER, {"role": "assistant", "content": None, "refusal": "I will not"}, USER)

    assert turns[1]["content"] == [text("I will not")]


@pytest.mark.parametrize("empty", ["", " \n", None, [], [text("")]])
@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_empty_messages_are_not_sent(role: str, empty: Any) -> None:
    sent = encoded(messages=[USER, {"role": role, "content": empty}, USER])

    assert sent["messages"] == [{"role": "user", "content": [text("Hi"), text("Hi")]}]


def test_an_answer_begun_for_the_assistant_ends_without_blanks() -> None:
    turns = turns_of(USER, {"role": "assistant", "content": "The answer is: \n"})

    assert turns[1] == {"role": "assistant", "content": [text("The answer is:")]}


def test_a_mark_on_a_message_is_one_on_its_last_block() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}

    turns = turns_of(
        {"role": "user", "content": [text("a"), text("b")], "cache_control": mark},
        {**CALLING, "cache_control": mark},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "x", "cache_control": mark},
    )

    assert turns[0]["content"] == [text("a"), {**text("b"), "cache_control": mark}]
    assert turns[1]["content"][0]["cache_control"] == mark
    assert turns[2]["content"][0]["cache_control"] == mark


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([], "messages"),
        ([{"role": "user", "content": ""}], "messages"),
        ("Hi", "messages"),
        ([7], "messages[0]"),
        ([{"content": "Hi"}], "messages[0]"),
        ([{"role": "oracle", "content": "Hi"}], "messages[0].role"),
        ([{"role": "user", "content": 7}], "messages[0].content"),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id"),
        ([USER, {"role": "assistant", "tool_calls": "f"}], "messages[1].tool_calls"),
        ([USER, {"role": "assistant", "tool_calls": [7]}], "messages[1].tool_calls[0]"),
        ([USER, {"role": "assistant", "tool_calls": [{}]}], "messages[1].tool_calls[0]"),
        (
            [{"role": "assistant", "tool_calls": [{**CALL, "id": None}]}],
            "messages[0].tool_calls[0].id",
        ),
        ([{"role": "assistant", "audio": {"id": "audio_1"}}], "messages[0].audio"),
        (
            [{"role": "system", "content": [{"type": "image_url", "image_url": "https://a/b"}]}],
            "messages[0].content",
        ),
    ],
)
def test_what_cannot_be_translated_is_named(messages: Any, param: str) -> None:
    with pytest.raises(RequestError) as raised:
        encoded(messages=messages)

    assert raised.value.param == param
