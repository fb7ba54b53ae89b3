"""What upstreams say that have the Responses or the Messages API themselves."""

import json
from typing import Any

from tests.fake_upstream import Answer, Received, Wire


def response(text: str = "Hello there", response_id: str = "resp_native") -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    return {
        "id": response_id,
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "mock-1",
        "output": [{**item, "content": [part]}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 11,
            "input_tokens_details": {"cached_tokens": 4},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 2},
            "total_tokens": 18,
        },
    }


def named_event(said: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (said["type"].encode(), json.dumps(said).encode())


def response_events(text: str = "Hello there") -> list[bytes]:
    """The least that a stream of the Responses API is."""
    whole = response(text)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    place = {"output_index": 0, "content_index": 0, "item_id": "msg_1"}
    said: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_text.delta", "delta": text, **place},
        {"type": "response.output_item.done", "output_index": 0, "item": whole["output"][0]},
        {"type": "response.completed", "response": whole},
    ]
    return [named_event({**one, "sequence_number": n}) for n, one in enumerate(said)]


def responses(text: str = "Hello there") -> Answer:
    """Answer `/responses`, plain or streamed."""

    async def answer(received: Received, wire: Wire) -> None:
        if received.method == "DELETE":
            await wire.whole(200, b'{"deleted": true}')
        elif received.method == "GET":
            await wire.whole(200, json.dumps(response(text)).encode())
        elif received.json.get("stream"):
            await wire.begin_stream()
            for piece in response_events(text):
                await wire.piece(piece)
            await wire.end_stream()
        else:
            await wire.whole(200, json.dumps(response(text)).encode())

    return answer


def message(text: str = "Hello there") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "mock-1",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "cache_read_input_tokens": 4, "output_tokens": 7},
    }


def message_events(text: str = "Hello there") -> list[bytes]:
    whole = message(text)
    begun = {**whole, "content": [], "stop_reason": None}
    said: list[dict[str, Any]] = [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 7},
        },
        {"type": "message_stop"},
    ]
    return [named_event(one) for one in said]


def messages(text: str = "Hello there") -> Answer:
    """Answer `/messages` and `/messages/count_tokens`."""

    async def answer(received: Received, wire: Wire) -> None:
        if "/count_tokens" in received.path:
            await wire.whole(200, b'{"input_tokens": 1234}')
        elif received.json.get("stream"):
            await wire.begin_stream()
            for piece in message_events(text):
                await wire.piece(piece)
            await wire.end_stream()
        else:
            await wire.whole(200, json.dumps(message(text)).encode())

    return answer
