"""Answers in both forms, and what becomes of them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tests.answers import DONE, USAGE, event
from wrp_proxy.cache.answers.base import Kept, Reason, Refused
from wrp_proxy.cache.answers.events import payloads
from wrp_proxy.cache.answers.registry import FORMS
from wrp_proxy.types import Api, Usage

HEAD = {
    "id": "chatcmpl-7",
    "created": 1700000000,
    "model": "mock-1-2026-01-01",
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}
TOKENS = [
    {"token": token, "logprob": -0.25, "bytes": list(token.encode()), "top_logprobs": []}
    for token in ("Hel", "lo")
]


def keep(
    pieces: Sequence[bytes],
    *,
    stream: bool,
    api: Api = "chat",
    choices: int = 1,
    usage: Usage | None = None,
) -> Kept | Refused:
    return FORMS[api].keep(pieces, stream=stream, choices=choices, usage=usage)


def body_of(pieces: Sequence[bytes], *, stream: bool, **more: Any) -> bytes:
    """What is kept of an answer that must be kept."""
    kept = keep(pieces, stream=stream, **more)
    assert isinstance(kept, Kept), kept
    return kept.body


def kept_of(pieces: Sequence[bytes], *, stream: bool, **more: Any) -> Any:
    return json.loads(body_of(pieces, stream=stream, **more))


def reason_of(pieces: Sequence[bytes], *, stream: bool, **more: Any) -> Reason:
    """Why an answer is refused that must be."""
    refused = keep(pieces, stream=stream, **more)
    assert isinstance(refused, Refused), refused
    return refused.reason


def replay(
    body: Any, *, stream: bool = True, wants_usage: bool = False, api: Api = "chat"
) -> Sequence[bytes]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return FORMS[api].replay(raw, stream=stream, wants_usage=wants_usage)


def chunks_in(pieces: Iterable[bytes]) -> list[Any]:
    """Parse a stream that ends as it must."""
    *chunks, last = payloads(b"".join(pieces))
    assert last == b"[DONE]"
    return [json.loads(chunk) for chunk in chunks]


def whole(*choices: Any, **more: Any) -> dict[str, Any]:
    return {**HEAD, "object": "chat.completion", "choices": list(choices), **more}


def choice(content: Any = "Hello", *, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """A choice of a plain answer, with more fields of its message."""
    message = {"role": "assistant", "content": content, **more}
    return {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}


def chunk(delta: Any, *, finish: Any = None, **more: Any) -> bytes:
    """An event of a stream, with more fields of its choice."""
    one = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish, **more}
    return event({**HEAD, "object": "chat.completion.chunk", "choices": [one]})


def stream_of(*deltas: Any, finish: Any = "stop", usage: bool = False) -> list[bytes]:
    """Role, deltas, finish, and usage if there is any."""
    told = [chunk(delta) for delta in ({"role": "assistant", "content": ""}, *deltas)]
    last = [event({**HEAD, "choices": [], "usage": USAGE})] if usage else []
    return [*told, chunk({}, finish=finish), *last, DONE]
