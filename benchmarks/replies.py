"""The fake upstream's canned answers, as the bytes that go on the wire."""

import json
from functools import lru_cache

WORDS = ("Seven", " bright", " lanterns", " hung", " over", " the", " quiet", " harbour", ",")
IDENTITY = {"id": "chatcmpl-Bq7GmX2sT9kZ4vWcYd1Lh8NpR0aJ", "created": 1760000000, "model": "mock"}
USAGE = {"prompt_tokens": 117, "completion_tokens": 42, "total_tokens": 159}
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"


def json_reply(body: object, status: str = "200 OK") -> bytes:
    """Return a whole HTTP answer with a JSON body."""
    content = json.dumps(body, separators=(",", ":")).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content


def completion() -> bytes:
    """Return a chat completion of about 500 bytes of JSON."""
    message = {"role": "assistant", "content": "".join(WORDS * 3), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = USAGE | {"prompt_tokens_details": {"cached_tokens": 0}}
    return json_reply(IDENTITY | {"object": "chat.completion", "choices": [choice], "usage": usage})


def models() -> bytes:
    """Return the answer of GET /v1/models."""
    model = {"id": "mock", "object": "model", "created": 1760000000, "owned_by": "bench"}
    return json_reply({"object": "list", "data": [model]})


@lru_cache(maxsize=16)
def stream_frames(chunks: int, include_usage: bool) -> tuple[bytes, ...]:
    """Return the HTTP chunks of a stream with `chunks` events that carry a choice."""
    events = [_event(choices=[_choice(number, chunks)]) for number in range(chunks)]
    if include_usage:
        events.append(_event(choices=[], usage=USAGE))
    return (*map(_frame, events), _frame(b"data: [DONE]\n\n") + LAST_CHUNK)


def _choice(number: int, chunks: int) -> dict[str, object]:
    last = number == chunks - 1
    delta = {} if last else {"content": WORDS[number % len(WORDS)]}
    opening = {"role": "assistant"} if number == 0 else {}
    reason = "stop" if last else None
    return {"index": 0, "delta": opening | delta, "logprobs": None, "finish_reason": reason}


def _event(**fields: object) -> bytes:
    body = IDENTITY | {"object": "chat.completion.chunk", "system_fingerprint": "fp_6a1"} | fields
    return b"data: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


def _frame(event: bytes) -> bytes:
    return f"{len(event):x}\r\n".encode() + event + b"\r\n"
