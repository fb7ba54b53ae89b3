"""What programs of clients are to see."""

from collections.abc import Mapping
from typing import Any

from tests.clients.script import (
    FORECAST,
    HELLO,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    PERSON,
    THOUGHT,
    VECTOR,
)

Seen = Mapping[str, Any]

ANSWER = {"text": HELLO, "finish": "stop", "tokens": [INPUT_TOKENS, OUTPUT_TOKENS]}
PIECES = len(HELLO.split())
STREAM = {**ANSWER, "pieces": PIECES}
CALLS = [["weather", {"city": "Paris"}], ["weather", {"city": "Oslo"}]]
TOOLS = {"calls": CALLS, "text": FORECAST}
VECTORS = [[0.0, *VECTOR], [1.0, *VECTOR]]
FIRST_WORD = "Hello "


def error(status: int | None, code: str | None, kind: str) -> Seen:
    return {"class": kind, "status": status, "code": code}


WORKS: Seen = {"plain": ANSWER, "stream": STREAM, "tools": TOOLS, "structured": PERSON}
WORKS_ASYNC: Seen = {"async_plain": {"text": HELLO}, "async_stream": {"text": HELLO}}
FAILS: Seen = {
    "wrong_key": error(401, "invalid_api_key", "AuthenticationError"),
    "unknown_model": error(404, "model_not_found", "NotFoundError"),
    "limited": error(429, "rate_limit_exceeded", "RateLimitError"),
    "too_long": error(400, "context_length_exceeded", "BadRequestError"),
}
SPENT: Seen = {"spent": error(429, "insufficient_quota", "RateLimitError")}
BREAKS: Seen = {"broken_stream": {"class": "APIError", "code": "upstream_disconnected"}}
BREAKS_AFTER: Seen = {"broken_stream": {**BREAKS["broken_stream"], "text": "Hello there, "}}
LEAVES: Seen = {"cancelled": FIRST_WORD}


def named(seen: Seen, **classes: str) -> Seen:
    """Exchange the names of exception classes."""
    return {name: {**seen[name], "class": kind} for name, kind in classes.items()}


OPENAI_CHAT: Seen = {
    **WORKS,
    "async_plain": ANSWER,
    "async_stream": STREAM,
    "routed": {"text": HELLO, "by": "small"},
    "stream_without_usage": {"empty": 0, "usage": None},
    "stream_tools": CALLS,
    "reasoning": [THOUGHT, THOUGHT],
    "models": {"first": "auto", "small": True, "one": "small"},
    **FAILS,
    **SPENT,
    **BREAKS_AFTER,
    "rate_limit_headers": {
        "retry-after-ms": "20",
        "x-ratelimit-remaining-requests": "0",
        "id": True,
    },
    "broken": error(502, "upstream_disconnected", "InternalServerError"),
    "too_slow": error(None, None, "APITimeoutError"),
    **LEAVES,
    "async_cancelled": FIRST_WORD,
}
EVENTS = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    *["response.output_text.delta"] * PIECES,
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]
COMPLETED = {**ANSWER, "finish": "completed"}
OPENAI_OTHER: Seen = {
    "completion": "def add(|return",
    "completion_stream": "One, |",
    "embeddings": VECTORS,
    "embeddings_of_floats": VECTORS,
    "embeddings_as_floats": VECTORS[:1],
    "plain": COMPLETED,
    "stream": {**COMPLETED, "whole": HELLO, "kinds": EVENTS},
    "accumulated": COMPLETED,
    "tools": TOOLS,
    "stream_tools": CALLS,
    "structured": PERSON,
    "reasoning": {"kind": "reasoning", "thought": THOUGHT, "text": HELLO},
    "stored": {"text": FORECAST, "again": FORECAST, "gone": 404},
    **FAILS,
    "broken_stream": {
        "last": "response.failed",
        "completed": False,
        "code": "upstream_disconnected",
    },
    **LEAVES,
    "async_plain": COMPLETED,
}
ENDED = {**ANSWER, "finish": "end_turn"}
ANTHROPIC: Seen = {
    "plain": ENDED,
    "stream": {**ENDED, "pieces": PIECES},
    "kinds": [
        "message_start",
        "content_block_start",
        *["content_block_delta"] * PIECES,
        "content_block_stop",
        "message_delta",
        "message_stop",
    ],
    "tools": {**TOOLS, "finish": "tool_use"},
    "stream_tools": CALLS,
    **{name: {"class": seen["class"], "status": seen["status"]} for name, seen in FAILS.items()},
    "spent": {"class": "RateLimitError", "status": 429},
    "overloaded": {"class": "OverloadedError", "status": 529},
    "broken_stream": {"class": "APIStatusError", "stopped": False},
    **LEAVES,
}
COUNTED = 59
"""By the proxy itself; the model's text and tool, written as JSON, are about fifty tokens."""
ANTHROPIC_PYTHON: Seen = {
    **ANTHROPIC,
    "bearer": ENDED,
    "unknown_fields": HELLO,
    "thinking": {"kinds": ["thinking", "text"], "thought": THOUGHT},
    "models": "auto",
    "error_shape": {"type": "error", "kind": "invalid_request_error"},
    "async_plain": ENDED,
    "async_stream": ENDED,
}
ANTHROPIC_NODE: Seen = {
    **ANTHROPIC,
    "broken_stream": {"class": "APIError", "stopped": False},
}
AI_SDK: Seen = {
    **WORKS,
    "embeddings": VECTORS,
    **{name: {**seen, "class": "APICallError"} for name, seen in FAILS.items()},
    "broken_stream": {"error": True},
    **LEAVES,
}
