"""Responses as the dialect tells them, from what a chat upstream said."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

import msgspec

from tests.answers import DONE, event
from tests.unit.clock import Clock
from wrp_proxy.dialects.responses.dialect import ResponsesDialect
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_answer import OpenAIAnswerDecoder
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder
from wrp_proxy.providers.sse import data_of, split_events
from wrp_proxy.types import ChatRequest, Chunk

Event = dict[str, Any]
FUNCTION = {"type": "function", "name": "look", "parameters": {"type": "object"}}
PATCH = {"type": "custom", "name": "apply_patch"}
USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 2},
}
USAGE_CHUNK = event({"choices": [], "usage": USAGE})


def chat_chunk(delta: Any, finish: str | None = None, **more: Any) -> bytes:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish, **more}]})


def call(index: int | None, arguments: Any, call_id: str = "", name: str = "") -> dict[str, Any]:
    """A delta with a fragment of a call."""
    function = {"arguments": arguments, **({"name": name} if name else {})}
    fragment: dict[str, Any] = {"function": function}
    if call_id:
        fragment |= {"id": call_id, "type": "function"}
    if index is not None:
        fragment["index"] = index
    return {"tool_calls": [fragment]}


def chat_stream(*deltas: Any, finish: str = "stop") -> bytes:
    role = chat_chunk({"role": "assistant", "content": ""})
    chunks = [chat_chunk(delta) for delta in deltas]
    return b"".join([role, *chunks, chat_chunk({}, finish), USAGE_CHUNK, DONE])


def request_of(*, stream: bool = True, **own: Any) -> ChatRequest:
    body = {"model": "auto", "input": "Hello", "stream": stream, **own}
    return ChatRequest(
        id="request-1",
        tenant="tenant",
        session=None,
        model="auto",
        body={},
        raw=msgspec.json.encode(body),
        api="responses",
        own=body,
        stream=stream,
    )


def dialect() -> ResponsesDialect:
    return ResponsesDialect(clock=Clock(1000.5), make_id=numbers())


def numbers() -> Callable[[], str]:
    counted = count()
    return lambda: str(next(counted))


def stream_decoder(**own: Any) -> Decoder:
    chat = OpenAIStreamDecoder(choices=1, wants_usage=True)
    return dialect().decoder(request_of(**own), chat)


def relay(decoder: Decoder, pieces: Iterable[bytes]) -> bytes:
    """Feed as an attempt does: until it is done, then close."""
    relayed: list[Chunk] = []
    for piece in pieces:
        relayed += decoder.feed(piece)
        if decoder.done:
            break
    relayed += decoder.close()
    return b"".join(chunk.data for chunk in relayed)


def told(*deltas: Any, finish: str = "stop", **own: Any) -> list[Event]:
    """The events that a client gets when an upstream says these deltas."""
    return events_in(relay(stream_decoder(**own), [chat_stream(*deltas, finish=finish)]))


def told_plain(message: Any, finish: str | None = "stop", **own: Any) -> Event:
    answer = {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    body = json.dumps({**answer, "usage": USAGE}).encode()
    decoder = dialect().decoder(request_of(stream=False, **own), OpenAIAnswerDecoder())
    return dict(json.loads(relay(decoder, [body])))


def events_in(relayed: bytes) -> list[Event]:
    return [json.loads(data_of(data)) for data in split_events(relayed)]


def kinds(events: Sequence[Event]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def of_kind(events: Sequence[Event], kind: str) -> list[Event]:
    return [event for event in events if event["type"] == f"response.{kind}"]


def response_in(events: Sequence[Event]) -> Event:
    """The response object of the last event."""
    return dict(events[-1]["response"])
