"""The Message object: whole in a plain answer, empty at the start of a stream."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wrp_proxy.types import ChatRequest

_ODD = re.compile(r"[^A-Za-z0-9_-]")
"""Anthropic refuses such characters in the ids of calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why an answer ended; no reason: it has not ended yet."""

    reason: str | None = None
    sequence: str | None = None


def identity_of(request: ChatRequest) -> str:
    """Return what the ids of an answer are made of; upstreams' own ids are not always unique."""
    return _ODD.sub("_", request.id.removeprefix("req_"))


def message_of(
    request: ChatRequest, content: Sequence[Any], stop: Stop, usage: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": f"msg_{identity_of(request)}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": stop.reason,
        "stop_sequence": stop.sequence,
        "usage": usage,
    }
