"""Tools: functions nest deeper in chat completions, and there is no other kind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from wrp_proxy.dialects.responses.fields import objects_at, or_empty, text_at

CUSTOM_INPUT = "input"
"""The one parameter of the function that stands for a custom tool."""

TOOLS_ITEM = "additional_tools"
"""An item of the input that lists tools."""

DISPENSABLE = frozenset(
    {
        "web_search",
        "web_search_2025_08_26",
        "web_search_preview",
        "web_search_preview_2025_03_11",
        "image_generation",
        "tool_search",
    }
)
"""Built-in tools that a model may do without, where it has others; Codex always lists one."""

_MAX_NAME_CHARS = 64
"""What OpenAI, and most others, accept as the name of a function."""
_CALLABLE = {"function", "custom"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that the client runs."""

    kind: str
    """`function` or `custom`."""
    name: str
    namespace: str | None = None
    definition: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chat_name(self) -> str:
        return chat_name(self.name, self.namespace)


def chat_name(name: str, namespace: object = None) -> str:
    """Return the name of a tool where there are no namespaces; the same at each turn."""
    if not isinstance(namespace, str) or not namespace:
        return name
    joined = f"{namespace}{'' if namespace.endswith('__') else '__'}{name}"
    if len(joined) <= _MAX_NAME_CHARS:
        return joined
    return f"{joined[: _MAX_NAME_CHARS - 9]}_{sha256(joined.encode()).hexdigest()[:8]}"


def callable_tools(own: Mapping[str, Any]) -> Iterator[Tool]:
    """List the tools that the client itself runs; raise RequestError for one without a name."""
    for param, tool in _listed_tools(own):
        kind = str(tool.get("type"))
        if kind == "namespace":
            namespace = text_at(tool, "name", param)
            for place, inner in enumerate(objects_at(tool.get("tools"), f"{param}.tools")):
                if str(inner.get("type")) in _CALLABLE:
                    yield _tool(inner, f"{param}.tools[{place}]", namespace)
        elif kind in _CALLABLE:
            yield _tool(tool, param)


def built_in_tools(own: Mapping[str, Any]) -> list[str]:
    """Name the kinds of the tools that only OpenAI's own servers run or understand."""
    known = _CALLABLE | {"namespace"}
    kinds = [str(tool.get("type")) for _, tool in _listed_tools(own)]
    return [kind for kind in kinds if kind not in known]


def to_function(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.chat_name}
    if description := _description(tool):
        function["description"] = description
    function["parameters"] = _parameters(tool)
    if tool.kind == "function" and tool.definition.get("strict") is True:
        function["strict"] = True
    return {"type": "function", "function": function}


def _listed_tools(own: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and give each tool; Codex lists those of newer models in an item of the input."""
    for place, tool in enumerate(objects_at(own.get("tools") or [], "tools")):
        yield f"tools[{place}]", tool
    given = own.get("input")
    for place, item in enumerate(given if isinstance(given, list) else []):
        if isinstance(item, dict) and item.get("type") == TOOLS_ITEM:
            param = f"input[{place}].tools"
            for inner_place, tool in enumerate(objects_at(item.get("tools") or [], param)):
                yield f"{param}[{inner_place}]", tool


def _tool(definition: dict[str, Any], param: str, namespace: str | None = None) -> Tool:
    name = text_at(definition, "name", param)
    return Tool(kind=definition["type"], name=name, namespace=namespace, definition=definition)


def _parameters(tool: Tool) -> Any:
    if tool.kind == "function":
        return tool.definition.get("parameters") or {"type": "object", "properties": {}}
    return {
        "type": "object",
        "properties": {CUSTOM_INPUT: {"type": "string", "description": "The tool's whole input."}},
        "required": [CUSTOM_INPUT],
        "additionalProperties": False,
    }


def _description(tool: Tool) -> str:
    said = tool.definition.get("description")
    description = said if isinstance(said, str) else ""
    form = or_empty(tool.definition.get("format"))
    if tool.kind == "function" or not isinstance(form.get("definition"), str):
        return description
    grammar = f"The input must follow this {form.get('syntax')} grammar:\n{form['definition']}"
    return f"{description}\n\n{grammar}" if description else grammar
