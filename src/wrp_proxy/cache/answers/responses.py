"""Responses: which of them may be kept."""

from typing import Any

import msgspec

from wrp_proxy.cache.answers.events import payloads
from wrp_proxy.cache.answers.rules import UnfitError, check_text

_FAILURES = {"error", "response.failed", "response.cancelled"}
_ENDS = {"response.completed", "response.incomplete"}


class _Part(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Item(msgspec.Struct):
    type: str = ""
    content: Any = None
    """Parts in a message; who knows what in others."""


class _Details(msgspec.Struct):
    reason: str | None = None


class _Response(msgspec.Struct):
    status: str = ""
    output: list[_Item] = []
    error: Any = None
    incomplete_details: _Details | None = None


class _Event(msgspec.Struct):
    type: str = ""
    response: msgspec.Raw = msgspec.Raw(b"{}")
    error: Any = None


_RESPONSE = msgspec.json.Decoder(_Response)
_EVENT = msgspec.json.Decoder(_Event)


def check_response(answer: bytes) -> None:
    response = _RESPONSE.decode(answer)
    _check_status(response)
    texts = [text for item in response.output for text in _texts(item)]
    check_text("".join(texts))


def check_response_stream(answer: bytes) -> None:
    """Look at the last event, which holds the whole response."""
    for payload in payloads(answer):
        event = _EVENT.decode(payload)
        if event.type in _FAILURES or event.error:
            raise UnfitError("error")
        if event.type in _ENDS:
            check_response(bytes(event.response))
            return
    raise UnfitError("cut off")


def _check_status(response: _Response) -> None:
    if response.error or response.status == "failed":
        raise UnfitError("error")
    if response.status == "completed":
        return
    details = response.incomplete_details
    is_filtered = details is not None and details.reason == "content_filter"
    raise UnfitError("refusal" if is_filtered else "not stopped")


def _texts(item: _Item) -> list[str]:
    """Return what an item says; thoughts may stand beside it, and nothing else."""
    if item.type == "reasoning":
        return []
    if item.type != "message":
        raise UnfitError("tool calls" if item.type.endswith("call") else "other content")
    parts = msgspec.convert(item.content, list[_Part])
    for part in parts:
        if part.type != "output_text":
            raise UnfitError("refusal" if part.type == "refusal" else "other content")
    return [part.text for part in parts]
