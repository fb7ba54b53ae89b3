"""Answers of every API, each plain or streamed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.answers import DONE, event
from tests.end_to_end.wire_answers import message, named_event, response
from tests.unit.cache.answers.giving import choice, stream_of, whole
from wrp_proxy.types import Api

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])


def chat(*, stream: bool, finish: Any = "stop", **message: Any) -> list[bytes]:
    """A chat completion whose message has these fields."""
    if stream:
        return stream_of({"content": "Hello", **message}, finish=finish)
    return [json.dumps(whole(choice(**{"finish": finish, **message}))).encode()]


def text(said: Any, *, stream: bool, finish: Any = "stop") -> list[bytes]:
    """One of the older completions."""
    one = {"index": 0, "text": said, "finish_reason": finish}
    if not stream:
        return [json.dumps({"object": "text_completion", "choices": [one]}).encode()]
    return [event({"choices": [one]}), DONE]


def anthropic(*blocks: Any, stream: bool, stop: Any = "end_turn") -> list[bytes]:
    """A Message; in a stream its texts and thoughts come as deltas."""
    whole = {**message(), "content": list(blocks), "stop_reason": stop}
    if not stream:
        return [json.dumps(whole).encode()]
    told: list[dict[str, Any]] = [{"type": "message_start", "message": {**whole, "content": []}}]
    for index, block in enumerate(blocks):
        told.append(
            {"type": "content_block_start", "index": index, "content_block": {**block, "text": ""}}
        )
        delta = {**block, "type": f"{block['type']}_delta"}
        told.append({"type": "content_block_delta", "index": index, "delta": delta})
    told.append({"type": "message_delta", "delta": {"stop_reason": stop}})
    return [*map(named_event, told), named_event({"type": "message_stop"})]


def openai(*items: Any, stream: bool, status: str = "completed", **more: Any) -> list[bytes]:
    """A Response with these items."""
    whole = {**response(), "output": list(items), "status": status, **more}
    if not stream:
        return [json.dumps(whole).encode()]
    begun = {
        "type": "response.created",
        "response": {**whole, "output": [], "status": "in_progress", "error": None},
    }
    return [named_event(begun), named_event({"type": f"response.{status}", "response": whole})]


def said(*parts: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(parts)}


SAID = said({"type": "output_text", "text": "Hello"})
GOOD: dict[Api, Callable[[bool], list[bytes]]] = {
    "chat": lambda stream: chat(stream=stream),
    "completions": lambda stream: text("Hello", stream=stream),
    "messages": lambda stream: anthropic({"type": "text", "text": "Hello"}, stream=stream),
    "responses": lambda stream: openai(SAID, stream=stream),
}
