"""What a later turn needs of an earlier one."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, RequestError
from wrp_proxy.providers.sse import EventCutter, data_of, split_events

_ENDS = {"response.completed", "response.incomplete"}
_MARKS = (b"response.completed", b"response.incomplete")
_ABSENT = msgspec.Raw(b"null")


class _Request(msgspec.Struct):
    input: msgspec.Raw = _ABSENT


class _Response(msgspec.Struct):
    output: list[msgspec.Raw] = []


class _Event(msgspec.Struct):
    type: Any = None
    response: msgspec.Raw = _ABSENT


class FinishedResponse:
    """Watches a stream on its way to the client for the response object that ends it.

    One that is longer than `max_bytes` is not found: it would be too long to keep.
    """

    def __init__(self, max_bytes: int = 8 * 1024 * 1024) -> None:
        self.response: bytes | None = None
        self._cutter = EventCutter(max_bytes)
        self._has_given_up = False

    def feed(self, piece: bytes) -> None:
        if self._has_given_up:
            return
        try:
            block = self._cutter.feed(piece)
        except ValueError:
            self._has_given_up = True
            return
        if not any(mark in block for mark in _MARKS):
            return
        for data in split_events(block):
            event = _event(data)
            if str(event.type) in _ENDS:
                self.response = bytes(event.response)


def with_history(own: Mapping[str, Any], items: Sequence[msgspec.Raw]) -> dict[str, Any]:
    """Return a request whose input begins with an earlier conversation."""
    earlier = [msgspec.json.decode(item) for item in items]
    return {**own, "input": [*earlier, *_as_items(own.get("input"))]}


def conversation(raw: bytes, response: bytes) -> tuple[msgspec.Raw, ...]:
    """Return the items of a request and of its response, each in its own bytes.

    `raw` must hold the history already, if there is one.
    """
    try:
        given = msgspec.json.decode(raw, type=_Request).input
        output = msgspec.json.decode(response, type=_Response).output
        items = _raw_items(given)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DisconnectedError("The answer is not a response.") from error
    # Copies, for a slice would keep the whole body in memory.
    return tuple(msgspec.Raw(bytes(item)) for item in (*items, *output))


def _as_items(given: object) -> list[Any]:
    if isinstance(given, list):
        return given
    if given is None:
        return []
    if not isinstance(given, str):
        raise RequestError("input must be a text, or a list of at least one item.", param="input")
    content = [{"type": "input_text", "text": given}]
    return [{"type": "message", "role": "user", "content": content}]


def _raw_items(given: msgspec.Raw) -> list[msgspec.Raw]:
    parsed = msgspec.json.decode(given)
    if isinstance(parsed, list):
        return msgspec.json.decode(given, type=list[msgspec.Raw])
    return [msgspec.Raw(msgspec.json.encode(item)) for item in _as_items(parsed)]


def _event(data: bytes) -> _Event:
    try:
        return msgspec.json.decode(data_of(data), type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Event()
