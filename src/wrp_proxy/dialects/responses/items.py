"""Input items, which become messages: what one turn said and called is one message there."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wrp_proxy.dialects.responses.fields import object_at, text_at
from wrp_proxy.dialects.responses.parts import Content, read_content
from wrp_proxy.dialects.responses.thinking import unseal
from wrp_proxy.dialects.responses.tools import CUSTOM_INPUT, TOOLS_ITEM, chat_name
from wrp_proxy.errors import RequestError

_SYSTEM = {"system", "developer"}
_PASSED_OVER = {"web_search_call", TOOLS_ITEM}
"""What a built-in tool did, of which the text that follows tells enough, and what is no message."""
_SEE_BELOW = "The result is attached below."


class Conversation:
    """Collects messages in order, item by item."""

    def __init__(self, instructions: str | None) -> None:
        self.obstacles: list[str] = []
        self._messages: list[dict[str, Any]] = []
        self._thinking: dict[str, Any] = {}
        self._attachments: list[dict[str, Any]] = []
        if instructions:
            self._messages.append({"role": "system", "content": instructions})

    def close(self) -> list[dict[str, Any]]:
        self._attach()
        return self._messages

    def add_text(self, text: str) -> None:
        self._messages.append({"role": "user", "content": text})

    def add(self, item: object, param: str) -> None:
        """Take the next item; raise RequestError for one that no API could understand."""
        fields = object_at(item, param)
        kind = fields.get("type") or ("message" if "role" in fields else None)
        if not isinstance(kind, str):
            raise RequestError(f"{param} must have a type, or a role.", param=f"{param}.type")
        if not kind.endswith("_call_output"):
            self._attach()
        if kind == "message":
            self._add_message(fields, param)
        elif kind in {"function_call", "custom_tool_call"}:
            self._add_call(fields, param)
        elif kind in {"function_call_output", "custom_tool_call_output"}:
            self._add_result(fields, param)
        elif kind == "reasoning":
            _extend(self._thinking, unseal(fields.get("encrypted_content")))
        elif kind not in _PASSED_OVER:
            self.obstacles.append(f"input items of the type '{kind}'")

    def _add_message(self, fields: dict[str, Any], param: str) -> None:
        role = text_at(fields, "role", param)
        content = read_content(fields.get("content"), f"{param}.content")
        self.obstacles += content.obstacles
        if role == "assistant":
            self._add_said(content)
        elif role in _SYSTEM:
            self._add_system(content)
        else:
            self._messages.append({"role": role, "content": content.compact()})

    def _add_system(self, content: Content) -> None:
        """Join the leading ones: many chat templates take a single one, and only at the top."""
        text = content.parts if content.attachments else "".join(content.texts)
        before = self._messages[0] if len(self._messages) == 1 else {}
        joins = before.get("role") == "system" and isinstance(before["content"], str)
        if joins and isinstance(text, str):
            before["content"] += f"\n\n{text}"
        else:
            self._messages.append({"role": "system", "content": text})

    def _add_said(self, content: Content) -> None:
        message = self._assistant(speaks=True)
        if content.texts or content.refusal is None:
            text = "".join(content.texts)
            before = message["content"]
            message["content"] = text if before is None else f"{before}\n\n{text}"
        if content.refusal is not None:
            message["refusal"] = content.refusal

    def _add_call(self, fields: dict[str, Any], param: str) -> None:
        name = chat_name(text_at(fields, "name", param), fields.get("namespace"))
        call_id = text_at(fields, "call_id", param)
        function = {"name": name, "arguments": _arguments(fields)}
        call = {"id": call_id, "type": "function", "function": function}
        self._assistant(speaks=False).setdefault("tool_calls", []).append(call)

    def _add_result(self, fields: dict[str, Any], param: str) -> None:
        call_id = text_at(fields, "call_id", param)
        output = fields.get("output")
        if not isinstance(output, (str, list)):
            output = "" if output is None else _json(output)
        content = read_content(output, f"{param}.output")
        self.obstacles += content.obstacles
        self._attachments += content.attachments
        said = "\n".join(content.texts) or (_SEE_BELOW if content.attachments else "")
        self._messages.append({"role": "tool", "tool_call_id": call_id, "content": said})

    def _attach(self) -> None:
        """Show the images of tools after all results: a tool message holds text only."""
        if self._attachments:
            self._messages.append({"role": "user", "content": self._attachments})
            self._attachments = []

    def _assistant(self, *, speaks: bool) -> dict[str, Any]:
        """Return the message that the assistant's next item belongs to.

        What is said after a call joins its message: only results may follow calls.
        """
        last = self._messages[-1] if self._messages else {}
        has_spoken = last.get("content") is not None and "tool_calls" not in last
        if last.get("role") != "assistant" or (speaks and has_spoken):
            last = {"role": "assistant", "content": None}
            self._messages.append(last)
        _extend(last, self._thinking)
        self._thinking = {}
        return last


def _extend(fields: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        fields[name] = fields[name] + value if name in fields else value


def _arguments(fields: dict[str, Any]) -> str:
    if fields.get("type") == "custom_tool_call":
        return _json({CUSTOM_INPUT: fields.get("input") or ""})
    arguments = fields.get("arguments")
    if isinstance(arguments, str):
        return arguments
    return _json(arguments or {})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
