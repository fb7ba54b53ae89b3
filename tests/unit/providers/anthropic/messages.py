"""What Anthropic says, and how it is read and asked."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.unit.nouns import chat_request, endpoint
from wrp_proxy.providers.anthropic.provider import AnthropicProvider
from wrp_proxy.providers.base import Decoder
from wrp_proxy.types import ChatRequest, Chunk

NEW = "claude-opus-5"
OLD = "claude-sonnet-4-5-20250929"
NOW = 1_700_000_000
USAGE = {
    "input_tokens": 5,
    "cache_read_input_tokens": 4,
    "cache_creation_input_tokens": 2,
    "output_tokens": 1,
}
TEXT = "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{LINE SEPARATOR}\N{GRINNING FACE}"


def provider(**more: Any) -> AnthropicProvider:
    return AnthropicProvider(**{"api_key": "sk-secret", "clock": lambda: NOW + 0.5, **more})


def native_request(*, stream: bool = False, query: str = "", **body: Any) -> ChatRequest:
    usual = {"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    asked: dict[str, Any] = {**usual, **body}
    request = chat_request(stream=stream, **asked)
    return replace(request, api="messages", own=asked, query=query)


def encoded(model: str = NEW, *, stream: bool = False, **body: Any) -> dict[str, Any]:
    """Return the body of a chat request as it is sent."""
    call = provider().encode(chat_request(stream=stream, **body), endpoint(model))
    sent: dict[str, Any] = json.loads(call.body)
    return sent


def turns_of(*messages: dict[str, Any], model: str = NEW) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = encoded(model, messages=list(messages))["messages"]
    return turns


def blocks_of(*parts: Any) -> list[dict[str, Any]]:
    """Return the content that a user's parts become."""
    blocks: list[dict[str, Any]] = turns_of({"role": "user", "content": list(parts)})[0]["content"]
    return blocks


def event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def start(**more: Any) -> bytes:
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [],
        "stop_reason": None,
        "usage": USAGE,
    }
    return event("message_start", message={**message, **more})


def block(index: int, opened: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    return [
        event("content_block_start", index=index, content_block=opened),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


def text_block(index: int, *texts: str) -> list[bytes]:
    deltas = ({"type": "text_delta", "text": text} for text in texts)
    return block(index, {"type": "text", "text": ""}, *deltas)


def thinking_block(index: int, *texts: str, signature: str = "sig") -> list[bytes]:
    return block(
        index,
        {"type": "thinking", "thinking": "", "signature": ""},
        *({"type": "thinking_delta", "thinking": text} for text in texts),
        {"type": "signature_delta", "signature": signature},
    )


def tool_block(index: int, name: str, *pieces: str, call_id: str = "toolu_1") -> list[bytes]:
    opened = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
    deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
    return block(index, opened, *deltas)


def stop(reason: str | None = "end_turn", **more: Any) -> bytes:
    delta = {"stop_reason": reason, "stop_sequence": None, **more}
    return event("message_delta", delta=delta, usage={"output_tokens": 7})


PING = event("ping")
STOP = event("message_stop")
FAILURE = {"type": "overloaded_error", "message": "Overloaded sk-secret"}


def whole(*pieces: bytes | list[bytes], reason: str = "end_turn") -> bytes:
    """Return a whole stream around these events."""
    flat = [p for piece in pieces for p in (piece if isinstance(piece, list) else [piece])]
    return b"".join([start(), PING, *flat, stop(reason), STOP])


def message(*content: Any, **more: Any) -> dict[str, Any]:
    """A message that was not streamed."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": list(content),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {**USAGE, "output_tokens": 7},
        **more,
    }


def chat_decoder(*, wants_usage: bool = False, stream: bool = True, **body: Any) -> Decoder:
    request = chat_request(stream=stream, wants_usage=wants_usage, **body)
    return provider().decoder(request, endpoint(NEW))


def native_decoder(*, stream: bool = True) -> Decoder:
    return provider().decoder(native_request(stream=stream), endpoint(NEW))


def read(decoder: Decoder, pieces: Iterable[bytes]) -> list[Chunk]:
    """Feed as an attempt does: until it is done, then close."""
    chunks: list[Chunk] = []
    for piece in pieces:
        chunks += decoder.feed(piece)
        if decoder.done:
            break
    return [*chunks, *decoder.close()]


def relay(decoder: Decoder, pieces: Iterable[bytes]) -> bytes:
    return b"".join(chunk.data for chunk in read(decoder, pieces))


def chunks_in(relayed: bytes) -> list[dict[str, Any]]:
    """Parse what a client of chat completions was sent, less comments and [DONE]."""
    lines = [line[6:] for line in relayed.decode().split("\n\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def deltas_in(relayed: bytes) -> list[dict[str, Any]]:
    """Return the deltas after the role's."""
    chunks = chunks_in(relayed)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return [delta for delta in deltas if delta and delta.get("role") is None]


def completion(answer: dict[str, Any], **body: Any) -> dict[str, Any]:
    """Return the chat completion that a message becomes."""
    raw = json.dumps(answer, ensure_ascii=False).encode()
    decoder = chat_decoder(stream=False, **body)
    said: dict[str, Any] = json.loads(relay(decoder, [raw]))
    return said


def choice(answer: dict[str, Any], **body: Any) -> dict[str, Any]:
    said: dict[str, Any] = completion(answer, **body)["choices"][0]
    return said
