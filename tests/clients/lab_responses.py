"""The laboratory's `/responses`, for clients of an upstream that has it."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from tests.clients.script import INPUT_TOKENS, OUTPUT_TOKENS, Asked, Turn

_USAGE = {
    "input_tokens": INPUT_TOKENS,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": OUTPUT_TOKENS,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
}
_RESULTS = {"function_call_output", "custom_tool_call_output"}
_DONE = {"status": "completed"}


def asked_of(body: dict[str, Any]) -> Asked:
    items = body["input"] if isinstance(body["input"], list) else []
    kind = ((body.get("text") or {}).get("format") or {}).get("type")
    return Asked(
        tools=[tool["name"] for tool in body.get("tools") or () if "name" in tool],
        wants_json=kind in {"json_schema", "json_object"},
        has_results=any(item.get("type") in _RESULTS for item in items),
        thinks=(body.get("reasoning") or {}).get("effort") is not None,
    )


def plain(turn: Turn, body: dict[str, Any], response_id: str) -> dict[str, Any]:
    return {
        "id": response_id,
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": _items(turn),
        "parallel_tool_calls": True,
        "previous_response_id": body.get("previous_response_id"),
        "store": body.get("store", True),
        "temperature": 1.0,
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": _USAGE,
    }


def stream(turn: Turn, body: dict[str, Any], response_id: str) -> list[bytes]:
    whole = plain(turn, body, response_id)
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for place, item in enumerate(whole["output"]):
        events += _events(place, item, turn)
    events.append({"type": "response.completed", "response": whole})
    numbers = count()
    return [_written({**event, "sequence_number": next(numbers)}) for event in events]


def _written(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _items(turn: Turn) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if turn.thought:
        summary = [{"type": "summary_text", "text": turn.thought}]
        items.append({"type": "reasoning", "id": "rs_1", "summary": summary})
    for call in turn.calls:
        named = {"id": f"fc_{call.id}", "call_id": call.id, "name": call.name}
        items.append({"type": "function_call", **named, "arguments": call.arguments, **_DONE})
    if turn.text:
        content = [{"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}]
        named = {"id": "msg_1", "role": "assistant"}
        items.append({"type": "message", **named, "content": content, **_DONE})
    return items


def _events(place: int, item: dict[str, Any], turn: Turn) -> Iterator[dict[str, Any]]:
    empty: dict[str, Any] = {"arguments": "", "content": [], "summary": [], "status": "in_progress"}
    begun = {name: empty.get(name, value) for name, value in item.items()}
    yield {"type": "response.output_item.added", "output_index": place, "item": begun}
    within = {"output_index": place, "item_id": item["id"]}
    match item["type"]:
        case "function_call":
            yield from _call_events(within, item, turn)
        case "reasoning":
            yield from _thought_events(within, item["summary"][0])
        case _:
            yield from _text_events(within, item["content"][0], turn)
    yield {"type": "response.output_item.done", "output_index": place, "item": item}


def _call_events(
    within: dict[str, Any], item: dict[str, Any], turn: Turn
) -> Iterator[dict[str, Any]]:
    name = "response.function_call_arguments"
    (call,) = (call for call in turn.calls if call.id == item["call_id"])
    for part in call.fragments:
        yield {"type": f"{name}.delta", **within, "delta": part}
    done = {"arguments": call.arguments, "name": call.name}
    yield {"type": f"{name}.done", **within, **done}


def _thought_events(within: dict[str, Any], part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    name = "response.reasoning_summary"
    within = {**within, "summary_index": 0}
    yield {"type": f"{name}_part.added", **within, "part": {**part, "text": ""}}
    yield {"type": f"{name}_text.delta", **within, "delta": part["text"]}
    yield {"type": f"{name}_text.done", **within, "text": part["text"]}
    yield {"type": f"{name}_part.done", **within, "part": part}


def _text_events(
    within: dict[str, Any], part: dict[str, Any], turn: Turn
) -> Iterator[dict[str, Any]]:
    within = {**within, "content_index": 0}
    yield {"type": "response.content_part.added", **within, "part": {**part, "text": ""}}
    for piece in turn.pieces:
        yield {"type": "response.output_text.delta", **within, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **within, "text": part["text"], "logprobs": []}
    yield {"type": "response.content_part.done", **within, "part": part}
