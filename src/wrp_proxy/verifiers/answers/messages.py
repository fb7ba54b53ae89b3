"""Messages, as Anthropic writes them, plain and streamed."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wrp_proxy.event_stream import payloads_of
from wrp_proxy.verifiers.answers.draft import Draft, UnreadableError
from wrp_proxy.verifiers.base import Answer, inside, objects

_FINISHES: Mapping[object, str] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
_THOUGHTS = {"thinking", "redacted_thinking"}
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def read_message(body: bytes, *, stream: bool) -> list[Answer]:
    """Return the one answer that a message is; raise ValueError where it is none."""
    message = _assembled(body) if stream else _OBJECT.decode(body)
    if message.get("type") != "message":
        raise UnreadableError("no message")
    draft = Draft()
    draft.finish = _FINISHES.get(str(message.get("stop_reason")), "")
    for block in objects(message.get("content")):
        if block.get("type") == "text":
            draft.say(block.get("text"))
        elif block.get("type") == "tool_use":
            draft.call(block.get("name"), _input(block))
        elif block.get("type") not in _THOUGHTS:
            draft.has_more = True
    return [draft.answer()]


def _assembled(stream: bytes) -> dict[str, Any]:
    message: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    for payload in payloads_of(stream)[0]:
        event = _OBJECT.decode(payload)
        match event.get("type"):
            case "message_start":
                message = {**inside(event, "message")}
            case "content_block_start":
                blocks[_index(event)] = {**inside(event, "content_block")}
            case "content_block_delta":
                _grow(blocks.setdefault(_index(event), {}), inside(event, "delta"))
            case "message_delta":
                message["stop_reason"] = inside(event, "delta").get("stop_reason")
    return {**message, "content": list(blocks.values())}


def _grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    for name in ("text", "partial_json"):
        if isinstance(more := delta.get(name), str):
            before = block.get(name)
            block[name] = (before if isinstance(before, str) else "") + more


def _input(block: dict[str, Any]) -> str:
    """Return what a tool is given: in a stream it comes as text."""
    if isinstance(written := block.get("partial_json"), str) and written:
        return written
    return msgspec.json.encode(block.get("input") or {}).decode()


def _index(event: dict[str, Any]) -> int:
    index = event.get("index")
    return index if isinstance(index, int) else 0
