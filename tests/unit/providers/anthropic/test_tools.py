"""Tools and the choice among them."""

from typing import Any

import pytest

from tests.unit.providers.anthropic.messages import encoded
from wrp_proxy.errors import RequestError

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
FUNCTION = {"name": "f", "description": "Does f", "parameters": SCHEMA, "strict": True}
TOOL = {"type": "function", "function": FUNCTION}
OTHER = {"type": "function", "function": {"name": "g"}}
NOTHING = {"type": "object", "properties": {}}


def test_functions_are_tools() -> None:
    sent = encoded(tools=[TOOL, OTHER])

    assert sent["tools"] == [
        {"name": "f", "description": "Does f", "input_schema": SCHEMA},
        {"name": "g", "input_schema": NOTHING},
    ]
    assert "tool_choice" not in sent


@pytest.mark.parametrize(
    "tool",
    [
        {**TOOL, "cache_control": {"type": "ephemeral"}},
        {**TOOL, "function": {**FUNCTION, "cache_control": {"type": "ephemeral"}}},
    ],
)
def test_a_mark_on_a_tool_is_kept(tool: dict[str, Any]) -> None:
    assert encoded(tools=[tool])["tools"][0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        {"name": "f", "input_schema": SCHEMA},
        {"type": "custom", "name": "f", "input_schema": SCHEMA},
    ],
)
def test_anthropics_own_tools_go_as_they_are(tool: dict[str, Any]) -> None:
    assert encoded(tools=[tool])["tools"] == [tool]


def test_flat_tools_are_understood() -> None:
    sent = encoded(tools=[{"type": "function", "name": "f", "parameters": SCHEMA}])

    assert sent["tools"] == [{"name": "f", "input_schema": SCHEMA}]


def test_functions_of_old_are_tools() -> None:
    sent = encoded(functions=[FUNCTION], function_call={"name": "f"})

    assert sent["tools"][0]["name"] == "f"
    assert sent["tool_choice"] == {"type": "tool", "name": "f"}


def test_a_custom_tool_takes_a_text() -> None:
    sent = encoded(tools=[{"type": "custom", "custom": {"name": "patch", "description": "d"}}])

    tool = sent["tools"][0]
    assert (tool["name"], tool["description"]) == ("patch", "d")
    assert tool["input_schema"]["properties"] == {"input": {"type": "string"}}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
        ({"type": "function", "name": "f"}, {"type": "tool", "name": "f"}),
        ({"type": "custom", "custom": {"name": "f"}}, {"type": "tool", "name": "f"}),
        ({"type": "tool", "name": "f"}, {"type": "tool", "name": "f"}),
        ({"type": "any"}, {"type": "any"}),
        ("odd", None),
        ({"type": "function"}, None),
        (7, None),
    ],
)
def test_the_choice_is_translated(choice: Any, expected: Any) -> None:
    assert encoded(tools=[TOOL, OTHER], tool_choice=choice).get("tool_choice") == expected


@pytest.mark.parametrize(("mode", "expected"), [("auto", "auto"), ("required", "any")])
def test_only_the_tools_allowed_are_sent(mode: str, expected: str) -> None:
    allowed = {"mode": mode, "tools": [{"type": "function", "function": {"name": "g"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}

    sent = encoded(tools=[TOOL, OTHER], tool_choice=choice)

    assert [tool["name"] for tool in sent["tools"]] == ["g"]
    assert sent["tool_choice"] == {"type": expected}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, {"type": "auto", "disable_parallel_tool_use": True}),
        ("required", {"type": "any", "disable_parallel_tool_use": True}),
        ("none", {"type": "none"}),
    ],
)
def test_one_call_at_a_time(choice: Any, expected: dict[str, Any]) -> None:
    sent = encoded(tools=[TOOL], tool_choice=choice, parallel_tool_calls=False)

    assert sent["tool_choice"] == expected


def test_a_choice_among_no_tools_is_not_sent() -> None:
    sent = encoded(tool_choice="auto", parallel_tool_calls=False, tools=[])

    assert "tools" not in sent
    assert "tool_choice" not in sent


def test_the_tools_of_a_history_are_defined_but_not_used() -> None:
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "x", "content": "y"},
    ]

    sent = encoded(messages=messages)

    assert sent["tools"] == [{"name": "f", "input_schema": NOTHING}]
    assert sent["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize("tools", [7, "f", {"a": 1}, [7], [{"type": "function"}], [{}]])
def test_odd_tools_are_refused(tools: Any) -> None:
    with pytest.raises(RequestError, match="tools"):
        encoded(tools=tools)
