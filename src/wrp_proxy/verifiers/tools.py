"""Are the tools there that it calls, and do they take what they are given?"""

from collections.abc import Mapping
from typing import Any

import msgspec

from wrp_proxy.verifiers.base import (
    NOT_APPLICABLE,
    PASSES,
    Answer,
    Fields,
    Question,
    ToolCall,
    Verdict,
    inside,
    objects,
    refused,
)
from wrp_proxy.verifiers.schema import is_valid


class Tools:
    """Measure each call by the tool's own schema, and their being there by the `tool_choice`."""

    weight = 0.9

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        must_call, only = _choice(question.body)
        if not answer.calls:
            return refused("no tool called") if must_call else NOT_APPLICABLE
        tools = _tools(question.body)
        if only is not None and any(
            call.name in tools and call.name != only for call in answer.calls
        ):
            return refused("another tool than asked for")
        tools = {**_own_tools(question.own), **tools}
        for call in answer.calls:
            if why := _fault(call, tools):
                return refused(why)
        return PASSES


def _choice(body: Fields) -> tuple[bool, str | None]:
    """Return whether some tool must be called, and the name of the only one that may."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        name = inside(choice, "function").get("name") or inside(choice, "custom").get("name")
        return True, name if isinstance(name, str) else None
    return choice == "required", None


def _tools(body: Fields) -> dict[str, Mapping[str, Any] | None]:
    """Return the schema of each tool; None: it takes any text."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for tool in objects(body.get("tools")):
        function, custom = inside(tool, "function"), inside(tool, "custom")
        if isinstance(name := function.get("name"), str):
            found[name] = inside(function, "parameters")
        elif isinstance(name := custom.get("name"), str):
            found[name] = None
    for function in objects(body.get("functions")):
        if isinstance(name := function.get("name"), str):
            found[name] = inside(function, "parameters")
    return found


def _own_tools(own: Fields) -> dict[str, Mapping[str, Any] | None]:
    """Return the tools by the names that the caller gave them, which others may have to shorten.

    They are listed by the request, by items of its input, and by namespaces among them.
    """
    found: dict[str, Mapping[str, Any] | None] = {}
    listed = [own, *objects(own.get("input"))]
    while listed:
        for tool in objects(listed.pop().get("tools")):
            schema = tool.get("input_schema", tool.get("parameters"))
            if isinstance(name := tool.get("name"), str):
                found[name] = schema if isinstance(schema, dict) else None
            listed.append(tool)
    return found


def _fault(call: ToolCall, tools: Mapping[str, Mapping[str, Any] | None]) -> str:
    if call.name not in tools:
        return "unknown tool"
    schema = tools[call.name]
    if schema is None or call.is_custom:
        return ""
    try:
        arguments = msgspec.json.decode(call.arguments or "{}")
    except (ValueError, RecursionError):
        return "arguments are no JSON"
    if not isinstance(arguments, dict):
        return "arguments are no JSON object"
    return (
        "arguments are not as the tool takes them" if is_valid(arguments, schema) is False else ""
    )
