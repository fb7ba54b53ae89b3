"""Tools are functions to a chat upstream."""

from typing import Any

import pytest

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.responses.request import to_chat
from wrp_proxy.dialects.responses.tools import chat_name

LOOK = {
    "type": "function",
    "name": "look",
    "description": "Look.",
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}},
    "strict": False,
}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edit files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}
WEB_SEARCH = {"type": "web_search", "external_web_access": False}


def translated(*tools: Any, **own: Any) -> Translation:
    return to_chat({"model": "auto", "input": "Hello", "tools": list(tools), **own})


def names_in(translation: Translation) -> list[str]:
    return [tool["function"]["name"] for tool in translation.body["tools"]]


def test_a_function_is_nested() -> None:
    assert translated(LOOK).body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "look",
                "description": "Look.",
                "parameters": LOOK["parameters"],
            },
        }
    ]


def test_a_strict_function_stays_strict() -> None:
    (tool,) = translated({**LOOK, "strict": True}).body["tools"]

    assert tool["function"]["strict"] is True


def test_a_custom_tool_is_a_function_whose_description_holds_the_grammar() -> None:
    (tool,) = translated(PATCH).body["tools"]

    assert tool["function"]["parameters"]["required"] == ["input"]
    assert tool["function"]["description"].startswith("Edit files.")
    assert "lark grammar:\nstart: /.+/" in tool["function"]["description"]


def test_the_tools_of_a_namespace_are_named_after_it() -> None:
    crm = {"type": "namespace", "name": "crm", "description": "", "tools": [LOOK, PATCH]}

    assert names_in(translated(LOOK, crm)) == ["look", "crm__look", "crm__apply_patch"]


def test_tools_may_be_listed_in_the_input() -> None:
    item = {"type": "additional_tools", "role": "developer", "tools": [LOOK]}

    translation = to_chat({"model": "auto", "input": [item, {"role": "user", "content": "Hi"}]})

    assert translation.native_only is None
    assert names_in(translation) == ["look"]
    assert len(translation.body["messages"]) == 1


def test_joined_names_are_short_enough_and_stay_apart() -> None:
    names = {chat_name(f"{'x' * 60}{letter}", "space") for letter in "ab"}

    assert len(names) == 2
    assert all(len(name) == 64 for name in names)


@pytest.mark.parametrize("kind", ["web_search", "web_search_preview", "image_generation"])
def test_a_built_in_tool_is_done_without_where_there_are_others(kind: str) -> None:
    translation = translated(LOOK, {"type": kind})

    assert translation.native_only is None
    assert names_in(translation) == ["look"]


@pytest.mark.parametrize(
    ("tools", "choice"),
    [
        ([WEB_SEARCH], "auto"),
        ([LOOK, WEB_SEARCH], {"type": "web_search"}),
        ([WEB_SEARCH, LOOK], {"type": "allowed_tools", "tools": [{"type": "web_search"}]}),
    ],
)
def test_a_built_in_tool_that_is_all_there_is_needs_an_upstream_that_has_it(
    tools: Any, choice: Any
) -> None:
    assert translated(*tools, tool_choice=choice).native_only == "the built-in tool 'web_search'"


@pytest.mark.parametrize("kind", ["file_search", "code_interpreter", "mcp", "shell", "apply_patch"])
def test_other_built_in_tools_are_never_dropped(kind: str) -> None:
    assert translated(LOOK, {"type": kind}).native_only == f"the built-in tool '{kind}'"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("none", "none"),
        ({"type": "function", "name": "look"}, "look"),
        ({"type": "custom", "name": "apply_patch"}, "apply_patch"),
        ({"type": "function", "name": "look", "namespace": "crm"}, "crm__look"),
    ],
)
def test_a_choice_is_nested_too(choice: Any, expected: str) -> None:
    chosen = translated(LOOK, PATCH, tool_choice=choice).body["tool_choice"]

    assert chosen in (expected, {"type": "function", "function": {"name": expected}})


def test_only_the_allowed_tools_are_sent() -> None:
    allowed = {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [{"type": "custom", "name": "apply_patch"}],
    }

    translation = translated(LOOK, PATCH, tool_choice=allowed, parallel_tool_calls=False)

    assert names_in(translation) == ["apply_patch"]
    assert translation.body["tool_choice"] == "required"
    assert translation.body["parallel_tool_calls"] is False
