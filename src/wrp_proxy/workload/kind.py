"""Who asks: a person, a program, or an agent at work."""

from collections.abc import Sequence

from wrp_proxy.types import ChatRequest, Kind
from wrp_proxy.workload.prompt import Message

_RESULTS = frozenset({"tool", "function"})


def kind_of(request: ChatRequest, messages: Sequence[Message], needs: frozenset[str]) -> Kind:
    """Name the first kind that fits, from the most to the least special."""
    if request.is_batch:
        return "batch"
    if request.api == "completions":
        return "completion"
    if is_in_tool_loop(messages):
        return "tool_loop"
    return "agent" if "tools" in needs else "chat"


def is_in_tool_loop(messages: Sequence[Message]) -> bool:
    """Tell whether a model's last calls of tools are being answered.

    A user's message behind the results does not end it: clients put pictures and reminders there.
    """
    if messages and is_result(messages[-1]):
        return True
    for message in reversed(messages):
        if message.get("role") == "assistant":
            return bool(message.get("tool_calls") or message.get("function_call"))
    return False


def is_result(message: Message) -> bool:
    role = message.get("role")
    return isinstance(role, str) and role in _RESULTS
