"""The laboratory's `/messages`, for clients of an upstream that has it."""

import json
from collections.abc import Iterator
from typing import Any

from tests.clients.script import INPUT_TOKENS, OUTPUT_TOKENS, SIGNATURE, Asked, Turn


def asked_of(body: dict[str, Any]) -> Asked:
    blocks = [
        block
        for message in body["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    structure = (body.get("output_config") or {}).get("format")
    return Asked(
        tools=[tool["name"] for tool in body.get("tools") or () if "name" in tool],
        wants_json=structure is not None,
        has_results=any(block.get("type") == "tool_result" for block in blocks),
        thinks=(body.get("thinking") or {}).get("type") == "enabled",
    )


def plain(turn: Turn, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_lab",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": list(_blocks(turn)),
        "stop_reason": _stop_reason(turn),
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS},
    }


def stream(turn: Turn, body: dict[str, Any]) -> list[bytes]:
    whole = plain(turn, body)
    usage = {"input_tokens": INPUT_TOKENS, "output_tokens": 1}
    begun = {**whole, "content": [], "stop_reason": None, "usage": usage}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        {"type": "ping"},
    ]
    for place, block in enumerate(whole["content"]):
        events += ({"index": place, **event} for event in _events(block, turn))
    change = {"stop_reason": _stop_reason(turn), "stop_sequence": None}
    events.append({"type": "message_delta", "delta": change, "usage": whole["usage"]})
    events.append({"type": "message_stop"})
    return [_written(event) for event in events]


def error(kind: str, message: str) -> dict[str, Any]:
    said = {"type": kind, "message": message}
    return {"type": "error", "error": said, "request_id": "req_lab"}


def _written(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _stop_reason(turn: Turn) -> str:
    return "tool_use" if turn.calls else "end_turn"


def _blocks(turn: Turn) -> Iterator[dict[str, Any]]:
    if turn.thought:
        yield {"type": "thinking", "thinking": turn.thought, "signature": SIGNATURE}
    if turn.text:
        yield {"type": "text", "text": turn.text}
    for call in turn.calls:
        arguments = json.loads(call.arguments)
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}


def _events(block: dict[str, Any], turn: Turn) -> Iterator[dict[str, Any]]:
    empty: dict[str, Any] = {"text": "", "input": {}, "thinking": "", "signature": ""}
    begun = {name: empty.get(name, value) for name, value in block.items()}
    yield {"type": "content_block_start", "content_block": begun}
    for delta in _deltas(block, turn):
        yield {"type": "content_block_delta", "delta": delta}
    yield {"type": "content_block_stop"}


def _deltas(block: dict[str, Any], turn: Turn) -> list[dict[str, Any]]:
    match block["type"]:
        case "text":
            return [{"type": "text_delta", "text": piece} for piece in turn.pieces]
        case "thinking":
            signature = {"type": "signature_delta", "signature": block["signature"]}
            return [{"type": "thinking_delta", "thinking": block["thinking"]}, signature]
        case _:
            (call,) = (call for call in turn.calls if call.id == block["id"])
            return [{"type": "input_json_delta", "partial_json": part} for part in call.fragments]
