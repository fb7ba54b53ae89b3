"""The output items that call a tool of the client's."""

from typing import Any

from wrp_proxy.dialects.responses.arguments import Arguments, CustomInput, FunctionArguments
from wrp_proxy.dialects.responses.events import Place
from wrp_proxy.dialects.responses.tools import Tool


class CallItem:
    """A call in progress, of a function or of a custom tool."""

    def __init__(self, place: Place, tool: Tool, call_id: str) -> None:
        self._place = place
        self._tool = tool
        self._call_id = call_id
        self._is_custom = tool.kind == "custom"
        self._arguments: Arguments = CustomInput() if self._is_custom else FunctionArguments()
        self._field = "input" if self._is_custom else "arguments"
        self._event = "custom_tool_call_input" if self._is_custom else "function_call_arguments"
        place.add(self._item("in_progress"))

    def feed(self, fragment: str) -> None:
        self._tell_more(self._arguments.feed(fragment))

    def close(self, status: str) -> dict[str, Any]:
        self._tell_more(self._arguments.close())
        self._place.tell(f"{self._event}.done", **{self._field: self._arguments.text})
        return self._place.finish(self._item(status))

    def _tell_more(self, delta: str) -> None:
        if delta:
            self._place.tell(f"{self._event}.delta", delta=delta)

    def _item(self, status: str) -> dict[str, Any]:
        item = {
            "id": self._place.item_id,
            "type": "custom_tool_call" if self._is_custom else "function_call",
            "status": status,
            "call_id": self._call_id,
            "name": self._tool.name,
            self._field: self._arguments.text,
        }
        if self._tool.namespace:
            item["namespace"] = self._tool.namespace
        return item
