"""Reads OpenAI's streamed chat completions as bytes, and looks only where it must."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, UpstreamError
from wrp_proxy.providers.openai_error import error_in_answer
from wrp_proxy.providers.openai_usage import BYTES_PER_TOKEN, ReportedUsage, to_usage
from wrp_proxy.providers.sse import EventCutter, data_of, split_events
from wrp_proxy.types import Chunk, Usage

_DONE = b"[DONE]"


class _Choice(msgspec.Struct):
    index: int = 0
    delta: dict[str, Any] | None = None
    finish_reason: str | None = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: ReportedUsage | None = None
    error: Any = None


class OpenAIStreamDecoder:
    """Relay SSE untouched, less the chunks without choices that the caller did not ask for.

    Until the first content every event is parsed; after it only blocks that need a look.
    """

    def __init__(self, *, choices: int, wants_usage: bool) -> None:
        self.usage: Usage | None = None
        self.done = False
        self._cutter = EventCutter()
        self._unfinished = choices
        self._finished: set[int] = set()
        self._wants_usage = wants_usage
        self._has_content = False
        self._events = 0
        self._bytes = 0
        self._overhead = 0

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        try:
            block = self._cutter.feed(piece)
        except ValueError as error:
            raise DisconnectedError(f"The upstream's stream is malformed: {error}.") from error
        if not block:
            return ()
        if self._has_content and not _needs_a_look(block):
            events = block.count(b"data:")
            self._events += events
            self._bytes += len(block)
            return (Chunk(data=block, content=events > 0),)
        return tuple(self._inspect(block))

    def close(self) -> Sequence[Chunk]:
        rest = self._cutter.close().strip()
        if self.done:
            return ()
        if rest.startswith(b"{") and (error := error_in_answer(rest)):
            raise error
        last = tuple(self._inspect(rest + b"\n\n")) if rest.startswith(b"data:") else ()
        if self.done:
            return last
        if not self._is_finished():
            raise DisconnectedError("The upstream's stream ended before the answer was finished.")
        return (*last, Chunk(data=b"data: [DONE]\n\n"))

    def estimate(self) -> int:
        text_bytes = self._bytes - self._overhead * self._events
        return max(self._events, round(text_bytes / BYTES_PER_TOKEN))

    def _is_finished(self) -> bool:
        return len(self._finished) >= self._unfinished

    def _inspect(self, block: bytes) -> Iterator[Chunk]:
        for data in split_events(block):
            payload = data_of(data)
            if payload == _DONE:
                self.done = True
                self._refuse_unfinished()
                yield Chunk(data=data)
                return
            if not payload:
                yield Chunk(data=data)
                continue
            event = _parse(payload)
            if event.error:
                raise error_in_answer(payload) or UpstreamError("The upstream failed.")
            is_content = self._note(event, len(data))
            if event.choices or (self._wants_usage and event.usage is not None):
                yield Chunk(data=data, content=is_content)

    def _note(self, event: _Event, size: int) -> bool:
        if event.usage is not None:
            self.usage = to_usage(event.usage)
        has_content = False
        for choice in event.choices or ():
            if choice.finish_reason:
                self._finished.add(choice.index)
            has_content = has_content or bool(choice.finish_reason) or _has_output(choice.delta)
        if has_content:
            self._measure(event, size)
        return has_content

    def _measure(self, event: _Event, size: int) -> None:
        """Learn what an event weighs besides its text, from the first that has any."""
        text = sum(_text_bytes(choice.delta) for choice in event.choices or ())
        if not self._has_content:
            self._overhead = size - text
        self._has_content = True
        if text:
            self._events += 1
            self._bytes += self._overhead + text

    def _refuse_unfinished(self) -> None:
        if not self._is_finished():
            raise DisconnectedError("The upstream's stream ended before the answer was finished.")


def _needs_a_look(block: bytes) -> bool:
    """Tell whether anything but content can be in a block of events; written out for speed."""
    return (
        b'"finish_reason":"' in block
        or b'"finish_reason": "' in block
        or b'"usage":{' in block
        or b'"usage": {' in block
        or b'"error"' in block
        or b'"choices":[]' in block
        or b'"choices": []' in block
        or _DONE in block
    )


def _parse(payload: bytes) -> _Event:
    try:
        return msgspec.json.decode(payload, type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DisconnectedError("The upstream's stream is malformed.") from error


def _has_output(delta: Mapping[str, Any] | None) -> bool:
    return any(value and name != "role" for name, value in (delta or {}).items())


def _text_bytes(delta: Mapping[str, Any] | None) -> int:
    return sum(
        len(value.encode()) if isinstance(value, str) else len(msgspec.json.encode(value))
        for name, value in (delta or {}).items()
        if value and name != "role"
    )
