"""What a fake upstream may say."""

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any

from tests.fake_upstream import Answer, Received, Wire

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def completion(text: str = "Hello there", **more: Any) -> dict[str, Any]:
    """A plain answer, as OpenAI writes it."""
    message = more.pop("message", {"role": "assistant", "content": text})
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "mock-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": USAGE,
        **more,
    }


def delta(content: str | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of a streamed answer."""
    fields = {**({"content": content} if content is not None else {}), **more}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "mock-1",
        "choices": [{"index": 0, "delta": fields, "finish_reason": finish}],
    }


def usage_chunk() -> dict[str, Any]:
    return {**delta(), "choices": [], "usage": USAGE}


def event(chunk: Any) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def chunks_of(texts: Sequence[str]) -> list[bytes]:
    """A whole stream: role, texts, finish, usage, [DONE]."""
    return [
        event(delta("", role="assistant")),
        *(event(delta(text)) for text in texts),
        event(delta(finish="stop")),
        event(usage_chunk()),
        DONE,
    ]


def chat(text: str = "Hello there") -> Answer:
    """Answer plain or streamed, as asked; the usage chunk only when asked for."""

    async def answer(received: Received, wire: Wire) -> None:
        if not received.json.get("stream"):
            await wire.whole(200, json.dumps(completion(text)).encode())
            return
        wants_usage = (received.json.get("stream_options") or {}).get("include_usage")
        pieces = chunks_of([f"{word} " for word in text.split()])
        await wire.begin_stream()
        for piece in pieces:
            if wants_usage or b'"choices": []' not in piece:
                await wire.piece(piece)
        await wire.end_stream()

    return answer


def plain(body: Any, status: int = 200, **headers: str) -> Answer:
    async def answer(received: Received, wire: Wire) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        await wire.whole(status, raw, **headers)

    return answer


def error(status: int, *, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    """An error in OpenAI's shape; header names with `_` for `-`."""
    said = {"message": f"status {status}", "type": "some_error", "param": None, "code": None}
    return plain({"error": {**said, **fields}}, status, **(headers or {}))


def stream(pieces: Sequence[bytes], *, end: bool = True, **headers: str) -> Answer:
    """Stream pieces as they are; without `end` the connection breaks after the last."""

    async def answer(received: Received, wire: Wire) -> None:
        await wire.begin_stream(**headers)
        for piece in pieces:
            await wire.piece(piece)
        if end:
            await wire.end_stream()
        else:
            wire.reset()

    return answer


def paused_stream(before: Sequence[bytes], after: Sequence[bytes]) -> Answer:
    """Stream `before`, wait for FakeUpstream.release(), stream `after`."""

    async def answer(received: Received, wire: Wire) -> None:
        await wire.begin_stream()
        for piece in before:
            await wire.piece(piece)
        await wire.release.wait()
        for piece in after:
            await wire.piece(piece)
        await wire.end_stream()

    return answer


async def hang(received: Received, wire: Wire) -> None:
    """Accept, and never answer."""
    await asyncio.Event().wait()


async def reset(received: Received, wire: Wire) -> None:
    wire.reset()


def in_turn(*answers: Answer) -> Answer:
    """Give each request the next answer; the last one stays."""
    left = list(answers)

    async def answer(received: Received, wire: Wire) -> None:
        chosen = left.pop(0) if len(left) > 1 else left[0]
        await chosen(received, wire)

    return answer


def stepwise_stream(
    pieces: Sequence[bytes], steps: threading.Semaphore, *, end: bool = True
) -> Answer:
    """Stream a piece whenever the test releases a step, and end with the last."""

    async def answer(received: Received, wire: Wire) -> None:
        await wire.begin_stream()
        for piece in pieces:
            assert await asyncio.to_thread(steps.acquire, timeout=20)
            await wire.piece(piece)
        if end:
            await wire.end_stream()
        else:
            wire.reset()

    return answer


async def head_only(received: Received, wire: Wire) -> None:
    """Send status and headers, and nothing more."""
    if received.json.get("stream"):
        await wire.begin_stream()
    else:
        await wire.head(200, content_type="application/json", content_length="100")
    await asyncio.Event().wait()


def comments_after(pieces: Sequence[bytes]) -> Answer:
    """Stream pieces, then keep-alive comments for as long as somebody listens."""

    async def answer(received: Received, wire: Wire) -> None:
        await wire.begin_stream()
        for piece in pieces:
            await wire.piece(piece)
        while True:
            await wire.piece(b": keep-alive\n\n")
            await asyncio.sleep(0.02)

    return answer
