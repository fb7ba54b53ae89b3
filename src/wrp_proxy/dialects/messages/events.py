"""Events of a stream, as Anthropic writes them."""

from typing import Any

import msgspec


def event(kind: str, **fields: Any) -> bytes:
    """Return one event, its type both in the event's name and in its data."""
    data = msgspec.json.encode({"type": kind, **fields})
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


PING = event("ping")
