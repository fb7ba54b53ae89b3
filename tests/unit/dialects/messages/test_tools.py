"""Tools, and the choice among them."""

from typing import Any

import pytest

from tests.answers import DONE, completion, delta, event
from tests.unit.dialects.messages.asking import (
    asked,
    assistant,
    chat,
    events_of,
    message_of,
    native_only,
    text,
    user,
)
from wrp_proxy.errors import RequestError

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "weather", "description": "Tells it", "input_schema": SCHEMA}
LONG = "mcp__" + "a" * 80


def function_of(tool: dict[str, Any]) -> Any:
    return chat(asked(tools=[tool]))["tools"][0]["function"]


def test_a_tool_becomes_a_function() -> None:
    tool = {**WEATHER, "type": "custom", "cache_control": {"type": "ephemeral"}}

    tools = chat(asked(tools=[tool]))["tools"]

    function = {"name": "weather", "description": "Tells it", "parameters": SCHEMA}
    assert tools == [{"type": "function", "function": function}]


@pytest.mark.parametrize("schema", [{"input_schema": {"type": "object"}}, {}])
def test_a_tool_without_arguments_has_an_empty_list_of_them(schema: dict[str, Any]) -> None:
    assert function_of({"name": "now", **schema})["parameters"] == {
        "type": "object",
        "properties": {},
    }


def test_a_strict_tool_is_strict_where_openai_can_be() -> None:
    closed = {**SCHEMA, "additionalProperties": False}

    assert function_of({**WEATHER, "input_schema": closed, "strict": True})["strict"] is True
    assert "strict" not in function_of({**WEATHER, "strict": True})


def test_no_tools_are_left_out_and_the_choice_with_them() -> None:
    body = chat(asked(tools=[], tool_choice={"type": "auto"}))

    assert "tools" not in body
    assert "tool_choice" not in body


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "none"}, {"tool_choice": "none"}),
        (
            {"type": "tool", "name": "weather"},
            {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
        ),
        (
            {"type": "any", "disable_parallel_tool_use": True},
            {"tool_choice": "required", "parallel_tool_calls": False},
        ),
        ({"type": "auto", "disable_parallel_tool_use": False}, {"tool_choice": "auto"}),
    ],
)
def test_the_choice_is_translated(choice: dict[str, Any], told: dict[str, Any]) -> None:
    body = chat(asked(tools=[WEATHER], tool_choice=choice))

    chosen = {name: body[name] for name in ("tool_choice", "parallel_tool_calls") if name in body}
    assert chosen == told


@pytest.mark.parametrize(
    ("tool", "reason"),
    [
        ({"type": "web_search_20250305", "name": "web_search"}, "the server tool 'web_search'"),
        ({"type": "code_execution_20260120"}, "the server tool 'code_execution_20260120'"),
        ({"type": "bash_20250124", "name": "bash"}, "Anthropic's own tool 'bash'"),
        (
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"},
            "Anthropic's own tool 'str_replace_based_edit_tool'",
        ),
    ],
)
def test_a_tool_of_anthropics_own_is_named(tool: dict[str, Any], reason: str) -> None:
    assert native_only(asked(tools=[WEATHER, tool])) == reason


def test_a_name_too_long_for_openai_is_shortened_everywhere_the_same() -> None:
    call = {"type": "tool_use", "id": "t1", "name": LONG, "input": {}}
    body = chat(
        asked(
            user(text("?")),
            assistant(call),
            tools=[{"name": LONG}, {"name": f"{LONG}b"}],
            tool_choice={"type": "tool", "name": LONG},
        )
    )

    names = [tool["function"]["name"] for tool in body["tools"]]
    assert [len(name) for name in names] == [64, 64]
    assert names[0] != names[1]
    assert body["messages"][1]["tool_calls"][0]["function"]["name"] == names[0]
    assert body["tool_choice"]["function"]["name"] == names[0]


def test_an_answer_calls_a_shortened_tool_by_its_own_name() -> None:
    tools = [{"name": LONG}]
    short = chat(asked(tools=tools))["tools"][0]["function"]["name"]
    call = {"id": "c1", "type": "function", "function": {"name": short, "arguments": "{}"}}

    streamed = events_of(
        [event(delta(tool_calls=[{"index": 0, **call}], finish="tool_calls")), DONE], tools=tools
    )
    message = message_of(completion(message={"tool_calls": [call]}), tools=tools)

    assert streamed[1]["content_block"]["name"] == LONG
    assert message["content"][0]["name"] == LONG


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": {"name": "weather"}}, "tools"),
        ({"tools": ["weather"]}, "tools[0]"),
        ({"tools": [{"input_schema": SCHEMA}]}, "tools[0].name"),
        ({"tools": [WEATHER], "tool_choice": "auto"}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "some"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": ["auto"]}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ],
)
def test_malformed_tools_are_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestError) as refusal:
        chat(asked(**fields))

    assert refusal.value.param == param
