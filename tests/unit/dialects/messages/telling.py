"""What streams are made of: the events of both APIs."""

from typing import Any

from tests.answers import delta, event, usage_chunk

ROLE = event(delta("", role="assistant"))
FINISH = event(delta(finish="stop"))
CALLED = event(delta(finish="tool_calls"))
USED = event(usage_chunk())
STOPPED = {"type": "message_stop"}


def start(usage: dict[str, int] | None = None) -> dict[str, Any]:
    used = {"input_tokens": 0, "output_tokens": 0, **(usage or {})}
    cached = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "auto",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**cached, **used},
    }
    return {"type": "message_start", "message": message}


def end(reason: str = "end_turn", **more: Any) -> list[dict[str, Any]]:
    used = {
        "input_tokens": 11,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 7,
    }
    ended = {"stop_reason": reason, "stop_sequence": None, **more}
    return [{"type": "message_delta", "delta": ended, "usage": used}, STOPPED]


def block(index: int, opening: dict[str, Any], *deltas: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        *({"type": "content_block_delta", "index": index, "delta": piece} for piece in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(index: int, *pieces: str) -> list[dict[str, Any]]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block(index, {"type": "text", "text": ""}, *deltas)


def thinking(index: int, *pieces: str, signature: str = "") -> list[dict[str, Any]]:
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    signed = {"type": "signature_delta", "signature": signature}
    return block(index, {"type": "thinking", "thinking": "", "signature": ""}, *deltas, signed)


def call(index: int, id_: str, *pieces: str, name: str = "weather") -> list[dict[str, Any]]:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return block(index, {"type": "tool_use", "id": id_, "name": name, "input": {}}, *deltas)


def fragment(index: int | None, arguments: str = "", id_: str = "", name: str = "") -> bytes:
    function = {"arguments": arguments, **({"name": name} if name else {})}
    said = {"index": index, "id": id_ or None, "type": "function", "function": function}
    return event(delta(tool_calls=[said]))


def without_pings(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] != "ping"]
