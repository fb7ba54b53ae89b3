"""Requests of the Messages API, and decoders that answer them."""

import json
from collections.abc import Iterable
from typing import Any

from wrp_proxy.dialects.messages.dialect import MessagesDialect
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_answer import OpenAIAnswerDecoder
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder
from wrp_proxy.providers.sse import data_of, split_events
from wrp_proxy.types import ChatRequest, Chunk

DIALECT = MessagesDialect()


def asked(*messages: Any, **more: Any) -> dict[str, Any]:
    """The body of a request; one message is there where none is given."""
    said = list(messages) or [{"role": "user", "content": "Hello there"}]
    return {"model": "auto", "max_tokens": 100, "messages": said, **more}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def text(said: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": said, **more}


def chat(body: dict[str, Any]) -> dict[str, Any]:
    return dict(DIALECT.to_chat(body).body)


def chat_messages(*messages: Any, **more: Any) -> Any:
    return chat(asked(*messages, **more))["messages"]


def native_only(body: dict[str, Any]) -> str | None:
    return DIALECT.to_chat(body).native_only


def request(*, stream: bool, **more: Any) -> ChatRequest:
    own = asked(stream=stream, **more)
    return ChatRequest(
        id="req_1",
        tenant="alice",
        session=None,
        model=own["model"],
        body=chat(own),
        raw=json.dumps(own).encode(),
        api="messages",
        own=own,
        stream=stream,
    )


def stream_decoder(**more: Any) -> Decoder:
    upstream = OpenAIStreamDecoder(choices=1, wants_usage=True)
    return DIALECT.decoder(request(stream=True, **more), upstream)


def answer_decoder(**more: Any) -> Decoder:
    return DIALECT.decoder(request(stream=False, **more), OpenAIAnswerDecoder())


def told(decoder: Decoder, pieces: Iterable[bytes]) -> list[Chunk]:
    """Feed as an attempt does: until it is done, then close."""
    chunks: list[Chunk] = []
    for piece in pieces:
        chunks += decoder.feed(piece)
        if decoder.done:
            break
    return [*chunks, *decoder.close()]


def joined(chunks: Iterable[Chunk]) -> bytes:
    return b"".join(chunk.data for chunk in chunks)


def events_in(said: bytes) -> list[dict[str, Any]]:
    """Parse a stream; the name of each event must be its type."""
    events = []
    for event in split_events(said):
        data = json.loads(data_of(event))
        assert event.startswith(f"event: {data['type']}\ndata: ".encode())
        events.append(data)
    return events


def events_of(pieces: Iterable[bytes], **more: Any) -> list[dict[str, Any]]:
    return events_in(joined(told(stream_decoder(**more), pieces)))


def message_of(completion: Any, **more: Any) -> Any:
    """Translate a plain answer."""
    raw = completion if isinstance(completion, bytes) else json.dumps(completion).encode()
    return json.loads(joined(told(answer_decoder(**more), [raw])))
