"""Tools and the choice among them, put into the words of chat completions."""

from collections.abc import Mapping
from typing import Any

from wrp_proxy.dialects.messages.fields import Block, objects_in, text_in
from wrp_proxy.dialects.messages.names import short_name
from wrp_proxy.dialects.messages.native import is_own_tool
from wrp_proxy.dialects.messages.schema import is_strict
from wrp_proxy.errors import RequestError

_CHOICES = {"auto": "auto", "any": "required", "none": "none"}


def tools_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate `tools` and `tool_choice`; the choice means nothing without tools."""
    tools = body.get("tools")
    choice = _choice(body.get("tool_choice"))
    if not tools:
        return {}
    functions = [
        _tool(tool, f"tools[{place}]") for place, tool in enumerate(objects_in(tools, "tools"))
    ]
    return {"tools": functions, **choice}


def _tool(tool: Block, param: str) -> dict[str, Any]:
    if not is_own_tool(tool):
        return {"type": "function", "function": {"name": str(tool.get("name") or tool["type"])}}
    schema = tool.get("input_schema")
    parameters = schema if isinstance(schema, dict) else {"type": "object"}
    if parameters.get("type") == "object":
        parameters = {"properties": {}, **parameters}
    function: dict[str, Any] = {"name": short_name(text_in(tool, "name", param))}
    if isinstance(tool.get("description"), str):
        function["description"] = tool["description"]
    function["parameters"] = parameters
    if tool.get("strict") is True and is_strict(parameters):
        function["strict"] = True
    return {"type": "function", "function": function}


def _choice(choice: object) -> dict[str, Any]:
    if choice is None:
        return {}
    kind = choice.get("type") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or kind not in ("tool", *_CHOICES):
        raise RequestError(
            "tool_choice must be an object whose type is auto, any, tool or none.",
            param="tool_choice",
        )
    chosen: Any = _CHOICES.get(kind)
    if kind == "tool":
        name = short_name(text_in(choice, "name", "tool_choice"))
        chosen = {"type": "function", "function": {"name": name}}
    if choice.get("disable_parallel_tool_use") is True:
        return {"tool_choice": chosen, "parallel_tool_calls": False}
    return {"tool_choice": chosen}
