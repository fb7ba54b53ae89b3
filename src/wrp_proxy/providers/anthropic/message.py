"""One message of a chat as a turn; what tools returned is the user's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from wrp_proxy.errors import RequestError
from wrp_proxy.providers.anthropic.content import Block, blocks_of, text_block

_INSTRUCTING = {"system", "developer"}
_ODD_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")
THOUGHTS = {"thinking", "redacted_thinking"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    role: str
    """`user`, `assistant` or `system`."""
    blocks: list[Block] = field(default_factory=list)


def tool_id(said: object, where: str) -> str:
    """Spell out what an id may not hold here; the same id always becomes the same."""
    if not isinstance(said, str) or not said:
        raise RequestError(f"{where} is missing.", param=where)
    return _ODD_IN_IDS.sub(lambda odd: f"_{ord(odd[0]):x}_", said)


def to_turn(message: object, where: str) -> Turn:
    """Translate a message; raise RequestError naming what cannot be; `where` is its name."""
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(role, str):
        raise RequestError(f"{where} must be an object with a role.", param=where)
    if role in _INSTRUCTING:
        turn = Turn(role="system", blocks=_instructions(message, where))
    elif role == "user":
        turn = Turn(role="user", blocks=blocks_of(message.get("content"), f"{where}.content"))
    elif role == "assistant":
        turn = Turn(role="assistant", blocks=_spoken(message, where))
    elif role in {"tool", "function"}:
        turn = Turn(role="user", blocks=[_result(message, where)])
    else:
        raise RequestError(f"{where}.role '{role}' is unknown.", param=f"{where}.role")
    return _marked(turn, message.get("cache_control"))


def _instructions(message: Mapping[str, Any], where: str) -> list[Block]:
    blocks = blocks_of(message.get("content"), f"{where}.content")
    for block in blocks:
        if block["type"] != "text":
            raise RequestError(f"{where} may hold nothing but text.", param=f"{where}.content")
    return blocks


def _spoken(message: Mapping[str, Any], where: str) -> list[Block]:
    """Put signed thinking first: it comes before all that follows from it."""
    thoughts = message.get("thinking_blocks")
    blocks = [dict(t) for t in thoughts if _is_signed(t)] if isinstance(thoughts, list) else []
    blocks += blocks_of(message.get("content"), f"{where}.content")
    if isinstance(refusal := message.get("refusal"), str) and refusal.strip():
        blocks.append(text_block(refusal))
    if message.get("audio") and not blocks:
        raise RequestError(f"{where}.audio cannot be read.", param=f"{where}.audio")
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise RequestError(f"{where}.tool_calls must be a list.", param=f"{where}.tool_calls")
    blocks += [_use(call, f"{where}.tool_calls[{place}]") for place, call in enumerate(calls)]
    if isinstance(call := message.get("function_call"), dict):
        named = {"id": call.get("name"), "function": call}
        blocks.append(_use(named, f"{where}.function_call"))
    return blocks


def _is_signed(thought: object) -> bool:
    if not isinstance(thought, dict):
        return False
    proof = {"thinking": "signature", "redacted_thinking": "data"}.get(kind_of(thought), "")
    return isinstance(thought.get(proof), str) and bool(thought[proof])


def _use(call: object, where: str) -> Block:
    if not isinstance(call, dict):
        raise RequestError(f"{where} must be an object.", param=where)
    custom, function = call.get("custom"), call.get("function")
    if isinstance(custom, dict):
        name, arguments = custom.get("name"), {"input": custom.get("input")}
    elif isinstance(function, dict):
        name, arguments = function.get("name"), _arguments(function.get("arguments"))
    else:
        raise RequestError(f"{where} has no function.", param=where)
    if not isinstance(name, str) or not name:
        raise RequestError(f"{where} has no name.", param=where)
    use = {"type": "tool_use", "id": tool_id(call.get("id"), f"{where}.id"), "name": name}
    return {**use, "input": arguments}


def _arguments(said: object) -> dict[str, Any]:
    """Read a call's arguments; what is no JSON object, as models sometimes write, goes as text."""
    if isinstance(said, dict):
        return said
    if not isinstance(said, str) or not said.strip():
        return {}
    try:
        arguments = msgspec.json.decode(said)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        arguments = said
    return arguments if isinstance(arguments, dict) else {"arguments": arguments}


def _result(message: Mapping[str, Any], where: str) -> Block:
    name = "tool_call_id" if message["role"] == "tool" else "name"
    block = {"type": "tool_result", "tool_use_id": tool_id(message.get(name), f"{where}.{name}")}
    content = message.get("content")
    if isinstance(content, str) and content.strip():
        block["content"] = content
    elif blocks := blocks_of(content, f"{where}.content"):
        return {**block, "content": blocks, **_failed(message)}
    return {**block, **_failed(message)}


def _failed(message: Mapping[str, Any]) -> Block:
    return {"is_error": True} if message.get("is_error") is True else {}


def _marked(turn: Turn, cache_control: object) -> Turn:
    """A mark on the message is one on its last block; thoughts cannot carry any."""
    if isinstance(cache_control, dict) and turn.blocks and kind_of(turn.blocks[-1]) not in THOUGHTS:
        turn.blocks[-1].setdefault("cache_control", cache_control)
    return turn


def kind_of(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    return kind if isinstance(kind, str) else ""
