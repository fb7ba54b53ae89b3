"""A completion told as a stream: as chunks that come to the same when they are put together."""

from collections.abc import Iterator
from typing import Any

import msgspec

from wrp_proxy.cache.answers.words import Fields, Words

_COMPLETION = msgspec.json.Decoder(dict[str, Any])
_DONE = b"data: [DONE]\n\n"
_IN_EVERY_CHUNK = {"id", "object", "created", "model", "service_tier", "system_fingerprint"}
"""What else is known of a completion stands in the first chunk only."""
_MAX_CUTS = 32
_MIN_CHARS = 32


def told(body: bytes, words: Words, *, wants_usage: bool) -> list[bytes]:
    """Return the events of a stream, one for each chunk."""
    completion = _COMPLETION.decode(body)
    choices, usage = completion.pop("choices"), completion.pop("usage", None)
    completion["object"] = words.chunk
    head = {name: value for name, value in completion.items() if name in _IN_EVERY_CHUNK}
    first, *rest = [
        msgspec.json.encode(chunk)
        for place, choice in enumerate(choices)
        for chunk in _chunks(place, choice, words)
    ]
    start = _start(head)
    events = [_start(completion) + first + b"]}\n\n", *(start + one + b"]}\n\n" for one in rest)]
    if wants_usage and usage:
        events.append(start + b'],"usage":' + msgspec.json.encode(usage) + b"}\n\n")
    events.append(_DONE)
    return events


def spoken(text: str, choice: Fields) -> Iterator[tuple[str, Fields]]:
    """Yield a text in pieces, with what stands beside each.

    With logprobs it stays whole: they must stand beside the very text that they belong to.
    """
    if choice.get("logprobs"):
        yield text, {"logprobs": choice.pop("logprobs")}
    else:
        yield from ((piece, {}) for piece in cut(text))


def cut(text: str) -> list[str]:
    """Cut a text before spaces, where there are any, into few pieces of much the same length."""
    size = max(_MIN_CHARS, -(-len(text) // _MAX_CUTS))
    pieces, start = [], 0
    while start < len(text):
        end = start + size
        space = text.find(" ", end, end + size)
        end = end if space < 0 else space
        pieces.append(text[start:end])
        start = end
    return pieces


def _chunks(place: int, choice: Fields, words: Words) -> Iterator[Fields]:
    index = choice.pop("index", place)
    finish = choice.pop("finish_reason")
    *said, silence = words.tell(choice)
    for one in said:
        yield {"index": index, **one, "finish_reason": None}
    yield {"index": index, **silence, **choice, "finish_reason": finish}


def _start(head: Fields) -> bytes:
    return b"data: " + msgspec.json.encode(head)[:-1] + b',"choices":['
