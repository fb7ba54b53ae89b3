"""The system prompt and the messages, put into the words of chat completions."""

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

import msgspec

from wrp_proxy.dialects.messages.fields import Block, blocks_in, text_in
from wrp_proxy.dialects.messages.names import short_name
from wrp_proxy.dialects.messages.native import is_server_block
from wrp_proxy.dialects.messages.parts import (
    Part,
    content_of,
    parts_in,
    parts_of,
    report_of,
    text_of,
    text_part,
)
from wrp_proxy.errors import RequestError

Message = dict[str, Any]


def conversation(body: Mapping[str, Any]) -> list[Message]:
    """Translate `system` and `messages`."""
    messages: list[Message] = []
    if body.get("system"):
        messages.append({"role": "system", "content": text_of(body["system"], "system")})
    for place, message in enumerate(_checked(body.get("messages"))):
        messages += _messages_of(message, f"messages[{place}]")
    return messages


def _checked(messages: object) -> list[Any]:
    if not isinstance(messages, list) or not messages:
        raise RequestError("messages must be a list of at least one message.", param="messages")
    return messages


def _messages_of(message: object, param: str) -> list[Message]:
    if not isinstance(message, dict):
        raise RequestError(f"{param} must be an object with a role and a content.", param=param)
    role = message.get("role")
    translate = _ROLES.get(role) if isinstance(role, str) else None
    if translate is None:
        raise RequestError(f"{param}.role must be user or assistant.", param=f"{param}.role")
    return translate(message.get("content"), f"{param}.content")


def _of_system(content: object, param: str) -> list[Message]:
    return [{"role": "system", "content": text_of(content, param)}]


def _of_user(content: object, param: str) -> list[Message]:
    """Results of tools come first, for they must follow the calls at once."""
    results: list[Message] = []
    parts: list[Part] = []
    for place, block in enumerate(blocks_in(content, param)):
        where = f"{param}[{place}]"
        if block["type"] == "tool_result":
            result, moved = _result(block, where)
            results.append(result)
            parts += moved
        else:
            parts += parts_of(block, where)
    if results and not parts:
        return results
    return [*results, {"role": "user", "content": content_of(parts)}]


def _result(block: Block, param: str) -> tuple[Message, list[Part]]:
    """Return the message of a tool's result, and what must move to the user's: it is text only."""
    call = text_in(block, "tool_use_id", param)
    parts = parts_in(block.get("content") or [], f"{param}.content")
    texts = [part for part in parts if part["type"] == "text"]
    moved = [part for part in parts if part["type"] != "text"]
    if moved:
        texts.append(text_part(f"[{len(moved)} attached: see the user's next message]"))
        moved.insert(0, text_part(f"[Attached to the result of the tool call {call}:]"))
    content = content_of(texts)
    if block.get("is_error") is True:
        content = f"The tool failed: {content}" if content else "The tool failed."
    return {"role": "tool", "tool_call_id": call, "content": content}, moved


def _of_assistant(content: object, param: str) -> list[Message]:
    """Thinking is left out: upstreams that check strictly refuse it, the others ignore it."""
    blocks = blocks_in(content, param)
    calls = [
        _call(block, f"{param}[{place}]")
        for place, block in enumerate(blocks)
        if block["type"] == "tool_use"
    ]
    text = _spoken(blocks, param)
    message: Message = {"role": "assistant", "content": text}
    if calls:
        message = {"role": "assistant", "content": text or None, "tool_calls": calls}
    return [message]


def _spoken(blocks: list[Block], param: str) -> str:
    """Join texts as they stood: neighbours are one text, cut where it quotes a source."""
    runs: list[str] = []
    placed = enumerate(blocks)
    for is_text, run in groupby(placed, key=lambda block: block[1]["type"] == "text"):
        if is_text:
            runs.append("".join(text_in(block, "text", f"{param}[{at}]") for at, block in run))
        else:
            runs += [report_of(block) for _, block in run if is_server_block(block["type"])]
    return "\n\n".join(runs)


def _call(block: Block, param: str) -> Message:
    arguments = block.get("input")
    function = {
        "name": short_name(text_in(block, "name", param)),
        "arguments": msgspec.json.encode({} if arguments is None else arguments).decode(),
    }
    return {"id": text_in(block, "id", param), "type": "function", "function": function}


_ROLES: Mapping[str, Callable[[object, str], list[Message]]] = {
    "user": _of_user,
    "assistant": _of_assistant,
    "system": _of_system,
}
