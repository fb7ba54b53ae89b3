"""Which tools a model may or must use."""

from dataclasses import dataclass
from typing import Any

from wrp_proxy.dialects.responses.fields import objects_at, or_empty
from wrp_proxy.dialects.responses.tools import (
    DISPENSABLE,
    Tool,
    built_in_tools,
    callable_tools,
    chat_name,
    to_function,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tooling:
    """The part of a chat request that is about tools."""

    fields: dict[str, Any]
    obstacle: str | None = None


def read_tools(body: dict[str, Any]) -> Tooling:
    tools = list(callable_tools(body))
    choice = body.get("tool_choice")
    allowed = _allowed_names(choice)
    if allowed is not None:
        tools = [tool for tool in tools if tool.chat_name in allowed]
    obstacle = _obstacle(body, tools)
    if not tools:
        return Tooling(fields={}, obstacle=obstacle)
    fields: dict[str, Any] = {"tools": [to_function(tool) for tool in tools]}
    if choice is not None:
        fields["tool_choice"] = _to_chat(choice)
    if body.get("parallel_tool_calls") is not None:
        fields["parallel_tool_calls"] = body["parallel_tool_calls"]
    return Tooling(fields=fields, obstacle=obstacle)


def _to_chat(choice: object) -> Any:
    """Turn a choice into chat's words; the allowed tools are the only ones that are sent."""
    if not isinstance(choice, dict):
        return choice
    if choice.get("type") == "allowed_tools":
        return choice.get("mode") or "auto"
    return {"type": "function", "function": {"name": _name(choice)}}


def _name(named: dict[str, Any]) -> str:
    return chat_name(str(named.get("name")), named.get("namespace"))


def _allowed_names(choice: object) -> set[str] | None:
    if not isinstance(choice, dict) or choice.get("type") != "allowed_tools":
        return None
    return {_name(tool) for tool in objects_at(choice.get("tools") or [], "tool_choice.tools")}


def _obstacle(body: dict[str, Any], tools: list[Tool]) -> str | None:
    chosen = str(or_empty(body.get("tool_choice")).get("type", "function"))
    if chosen not in {"function", "custom", "allowed_tools"}:
        return f"the built-in tool '{chosen}'"
    for kind in built_in_tools(body):
        if kind not in DISPENSABLE or not tools:
            return f"the built-in tool '{kind}'"
    return None
