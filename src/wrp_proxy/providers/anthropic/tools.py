"""Tools, and how the model is to choose among them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wrp_proxy.errors import RequestError
from wrp_proxy.providers.anthropic.message import Turn

Tool = dict[str, Any]

_ANYTHING = {"type": "object", "properties": {}}
_ONE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
"""What a custom tool takes: its input is a text without a schema."""
_KEPT = ("cache_control", "defer_loading", "allowed_callers", "input_examples")
_MODES = {"auto": "auto", "required": "any", "any": "any", "none": "none"}


def to_tools(body: Mapping[str, Any], turns: Sequence[Turn]) -> dict[str, Any]:
    """Return `tools` and `tool_choice`, as far as there are any.

    `strict` is not passed on: all strict tools of a request are compiled together, and what
    OpenAI takes easily is refused as too large.
    """
    tools = [_tool(said, where) for said, where in _said(body)]
    choice = _choice(body)
    if not tools:
        tools = [{"name": name, "input_schema": _ANYTHING} for name in _names_used(turns)]
        choice = {"type": "none"}
    if (allowed := _allowed(body)) is not None:
        tools = [tool for tool in tools if str(tool.get("name")) in allowed]
    if not tools:
        return {}
    if body.get("parallel_tool_calls") is False and (choice or {}).get("type") != "none":
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return {"tools": tools, **({"tool_choice": choice} if choice else {})}


def custom_names(body: Mapping[str, Any]) -> frozenset[str]:
    """Name the tools whose input is a text, so that calls of them are told as such."""
    said = body.get("tools")
    tools = [t for t in said if isinstance(t, dict)] if isinstance(said, list) else []
    custom = [t.get("custom") for t in tools if t.get("type") == "custom"]
    return frozenset(str(c.get("name")) for c in custom if isinstance(c, dict))


def _said(body: Mapping[str, Any]) -> Iterable[tuple[Any, str]]:
    tools, functions = body.get("tools") or [], body.get("functions") or []
    if not isinstance(tools, list) or not isinstance(functions, list):
        raise RequestError("tools must be a list.", param="tools")
    yield from ((tool, f"tools[{place}]") for place, tool in enumerate(tools))
    for place, function in enumerate(functions):
        yield {"type": "function", "function": function}, f"functions[{place}]"


def _tool(said: object, where: str) -> Tool:
    if not isinstance(said, dict):
        raise RequestError(f"{where} must be an object.", param=where)
    kind = said.get("type", "function")
    if "input_schema" in said or not isinstance(kind, str) or kind not in {"function", "custom"}:
        return dict(said)
    definition = said.get(kind)
    definition = definition if isinstance(definition, dict) else said
    name = definition.get("name")
    if not isinstance(name, str) or not name:
        raise RequestError(f"{where} has no name.", param=where)
    tool: Tool = {"name": name}
    if isinstance(description := definition.get("description"), str) and description:
        tool["description"] = description
    tool["input_schema"] = _ONE_TEXT if kind == "custom" else _schema(definition.get("parameters"))
    for field in _KEPT:
        if (value := said.get(field, definition.get(field))) is not None:
            tool[field] = value
    return tool


def _schema(parameters: object) -> dict[str, Any]:
    if not isinstance(parameters, dict) or not parameters:
        return dict(_ANYTHING)
    return {"type": "object", **parameters}


def _choice(body: Mapping[str, Any]) -> dict[str, Any] | None:
    said = body.get("tool_choice", body.get("function_call"))
    if isinstance(said, str):
        return {"type": _MODES[said]} if said in _MODES else None
    if not isinstance(said, dict):
        return None
    kind = said.get("type")
    if kind == "allowed_tools":
        return {"type": "any" if _allowance(said).get("mode") == "required" else "auto"}
    if isinstance(kind, str) and kind in {"auto", "any", "none", "tool"}:
        return dict(said)
    named = said.get("function") or said.get("custom") or said
    name = named.get("name") if isinstance(named, dict) else None
    return {"type": "tool", "name": name} if isinstance(name, str) else None


def _allowance(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    allowance = choice.get("allowed_tools")
    return allowance if isinstance(allowance, dict) else choice


def _allowed(body: Mapping[str, Any]) -> frozenset[str] | None:
    choice = body.get("tool_choice")
    if not isinstance(choice, dict) or choice.get("type") != "allowed_tools":
        return None
    said = _allowance(choice).get("tools")
    tools = [t for t in said if isinstance(t, dict)] if isinstance(said, list) else []
    named = [tool.get("function") or tool.get("custom") or tool for tool in tools]
    return frozenset(str(n.get("name")) for n in named if isinstance(n, dict))


def _names_used(turns: Iterable[Turn]) -> list[str]:
    """Name the tools of a history: it is refused where none of its tools is defined."""
    names = [
        block["name"] for turn in turns for block in turn.blocks if block.get("type") == "tool_use"
    ]
    return [name for name in dict.fromkeys(names) if isinstance(name, str)]
