"""Reads the Responses API of upstreams that have it: relayed as bytes, looked at where it must."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, UpstreamError, WrpError
from wrp_proxy.providers.openai_error import NO_SECRET, envelope, error_in_answer
from wrp_proxy.providers.openai_usage import BYTES_PER_TOKEN
from wrp_proxy.providers.responses_error import Event, error_of, parse_event
from wrp_proxy.providers.responses_events import failed_event, usage_of
from wrp_proxy.providers.sse import EventCutter, data_of, ended, split_events
from wrp_proxy.providers.whole_body import WholeBody
from wrp_proxy.types import Chunk, Usage, joined

_ENDS = {"response.completed", "response.incomplete"}
_FAILURES = {"response.failed", "response.cancelled", "error"}
_WORTH_A_LOOK = (
    b"response.completed",
    b"response.incomplete",
    b"response.failed",
    b"response.cancelled",
    b'"error"',
    b"event: error",
    b"event:error",
)


class ResponsesStreamDecoder:
    """Relay events untouched.

    Until the first content every event is parsed; after it only blocks that need a look.
    """

    def __init__(self, *, secret: bytes = NO_SECRET) -> None:
        """`secret` is struck out of errors."""
        self.usage: Usage | None = None
        self.done = False
        self._secret = secret
        self._cutter = EventCutter()
        self._response: dict[str, Any] | None = None
        self._failure: UpstreamError | None = None
        self._has_told_failure = False
        self._has_content = False
        self._last = b""
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
            return (self._passed(block),)
        return self._inspect(block)

    def close(self) -> Sequence[Chunk]:
        if self._failure is not None:
            raise self._failure
        if self.done:
            return ()
        last = self._inspect(ended(self._cutter.close()))
        if self._failure is not None:
            raise self._failure
        if not self.done:
            raise DisconnectedError("The upstream's stream ended before the answer was finished.")
        return last

    def estimate(self) -> int:
        text_bytes = self._bytes - self._overhead * self._events
        return max(self._events, round(text_bytes / BYTES_PER_TOKEN))

    def failure(self, error: WrpError) -> bytes:
        if self._has_told_failure:
            return b""
        return failed_event(error, self._next_sequence_number(), self._response)

    def _passed(self, block: bytes) -> Chunk:
        """Relay events that hold nothing but content, and pings."""
        self._last = block if b"data:" in block else self._last
        if b".done" not in block:
            is_content = b".delta" in block
            if is_content:
                self._count(block, block.count(b"data:"))
            return Chunk(data=block, content=is_content)
        is_content = False
        for event in split_events(block):
            is_delta = b".delta" in event
            if is_delta:
                self._count(event, 1)
            is_content = is_content or is_delta or b"output_item.done" in event
        return Chunk(data=block, content=is_content)

    def _inspect(self, block: bytes) -> Sequence[Chunk]:
        """Look at each event; what stands before a failure still goes out, the rest does not."""
        chunks: list[Chunk] = []
        try:
            for event in split_events(block):
                if self.done:
                    break
                chunks.append(self._look_at(event))
        except UpstreamError as error:
            if not chunks:
                raise
            self._failure = error
            self.done = True
        return joined(chunks)

    def _look_at(self, data: bytes) -> Chunk:
        if self._has_content and not _needs_a_look(data):
            return self._passed(data)
        payload = data_of(data)
        if not payload or payload == b"[DONE]":
            self._refuse_plain_json(data)
            return Chunk(data=data)
        event = parse_event(payload)
        kind = event.type if isinstance(event.type, str) else ""
        if kind in _FAILURES or (event.error and not kind):
            return self._failed(data, event)
        self._last = data
        self._note(event, kind)
        is_content = kind.endswith(".delta") or kind == "response.output_item.done" or self.done
        if is_content:
            self._measure(event, len(data))
        return Chunk(data=data, content=is_content)

    def _note(self, event: Event, kind: str) -> None:
        if not isinstance(event.response, dict):
            return
        self._response = event.response
        if kind in _ENDS:
            self.usage = usage_of(event.response.get("usage"))
            self.done = True

    def _failed(self, data: bytes, event: Event) -> Chunk:
        """Raise it, unless the client has already got something: then it is told, too."""
        error = error_of(event, self._secret)
        if not self._has_content:
            raise error
        if isinstance(event.response, dict):
            self.usage = usage_of(event.response.get("usage"))
        self._failure = error
        self._has_told_failure = b'"response.failed"' in data
        self.done = True
        return Chunk(data=data.replace(self._secret, b"***"))

    def _measure(self, event: Event, size: int) -> None:
        """Learn what an event weighs besides its text, from the first that has any."""
        text = len(event.delta.encode()) if isinstance(event.delta, str) else 0
        if not self._has_content:
            self._overhead = size - text
        self._has_content = True
        if text:
            self._count(b"", 1)
            self._bytes += self._overhead + text

    def _count(self, block: bytes, events: int) -> None:
        self._bytes += len(block)
        self._events += events

    def _refuse_plain_json(self, event: bytes) -> None:
        """Some upstreams answer with a plain error object where a stream was asked for."""
        if event.lstrip().startswith(b"{"):
            error = error_in_answer(event, self._secret)
            raise error or DisconnectedError("The upstream did not stream.")

    def _next_sequence_number(self) -> int:
        for event in reversed(split_events(self._last)):
            with suppress(DisconnectedError):
                number = parse_event(data_of(event)).sequence_number
                if isinstance(number, int):
                    return number + 1
        return 0


class _Answer(msgspec.Struct):
    output: Any = None
    usage: Any = None
    error: Any = None


class ResponsesAnswerDecoder:
    """Collect a whole response, check that it is one, and relay it as it came."""

    def __init__(self, *, secret: bytes = NO_SECRET) -> None:
        """`secret` is struck out of errors."""
        self.usage: Usage | None = None
        self.done = False
        self._secret = secret
        self._body = WholeBody()
        self._output_bytes = 0

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        self._body.add(piece)
        return ()

    def close(self) -> Sequence[Chunk]:
        body = self._body.read()
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DisconnectedError("The upstream's answer is not a JSON object.") from error
        if answer.error:
            raise error_of(Event(error=answer.error), self._secret)
        if not isinstance(answer.output, list):
            raise DisconnectedError("The upstream's answer has no output.")
        self.usage = usage_of(answer.usage)
        self._output_bytes = len(msgspec.json.encode(answer.output)) if answer.output else 0
        return (Chunk(data=body, content=True),)

    def estimate(self) -> int:
        return round(self._output_bytes / BYTES_PER_TOKEN)

    def failure(self, error: WrpError) -> bytes:
        return envelope(error)


def _needs_a_look(block: bytes) -> bool:
    return any(mark in block for mark in _WORTH_A_LOOK)
