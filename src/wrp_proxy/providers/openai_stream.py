"""Reads OpenAI's streamed completions as bytes, and looks only where it must."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, UpstreamError, WrpError
from wrp_proxy.providers.openai_error import NO_SECRET, error_event, error_in_answer
from wrp_proxy.providers.openai_usage import BYTES_PER_TOKEN, text_bytes, to_usage
from wrp_proxy.providers.sse import EventCutter, data_of, ended, is_whole, split_events
from wrp_proxy.types import Chunk, Usage, joined

_DONE = b"[DONE]"


class _Choice(msgspec.Struct):
    """Loosely typed: what an upstream writes oddly is not ours to refuse."""

    index: Any = 0
    delta: Any = None
    text: Any = None
    """What the older completions have in place of a delta."""
    finish_reason: Any = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


class OpenAIStreamDecoder:
    """Relay SSE untouched, less the chunks without choices that the caller did not ask for.

    Until the first content every event is parsed; after it only blocks that need a look.
    """

    def __init__(self, *, choices: int, wants_usage: bool, secret: bytes = NO_SECRET) -> None:
        """`choices` must all finish; `secret` is struck out of errors."""
        self._secret = secret
        self.usage: Usage | None = None
        self.done = False
        self._cutter = EventCutter()
        self._choices = choices
        self._seen: set[str] = set()
        self._finished: set[str] = set()
        self._wants_usage = wants_usage
        self._failure: UpstreamError | None = None
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
        if self._may_pass(block):
            return (self._passed(block),)
        return self._inspect(block)

    def close(self) -> Sequence[Chunk]:
        if self._failure is not None:
            raise self._failure
        if self.done:
            return ()
        rest = self._cutter.close()
        if not is_whole(rest) and self._is_finished() and not _can_be_read(rest):
            rest = b""
        last = self._inspect(ended(rest))
        if self._failure is not None:
            raise self._failure
        if self.done:
            return last
        self._refuse_unfinished(self._choices)
        return (*last, Chunk(data=b"data: [DONE]\n\n"))

    def failure(self, error: WrpError) -> bytes:
        return error_event(error)

    def estimate(self) -> int:
        text_bytes = self._bytes - self._overhead * self._events
        return max(self._events, round(text_bytes / BYTES_PER_TOKEN))

    def _passed(self, block: bytes) -> Chunk:
        """Relay events that hold nothing but content."""
        events = block.count(b"data:")
        self._events += events
        self._bytes += len(block)
        return Chunk(data=block, content=events > 0)

    def _inspect(self, block: bytes) -> Sequence[Chunk]:
        """Look at each event; what stands before a failure still goes out, the rest does not."""
        chunks: list[Chunk] = []
        try:
            for event in split_events(block):
                if self.done:
                    break
                chunks.extend(self._look_at(event))
        except UpstreamError as error:
            if not chunks:
                raise
            self._failure = error
            self.done = True
        return joined(chunks)

    def _look_at(self, data: bytes) -> Iterator[Chunk]:
        if self._may_pass(data):
            yield self._passed(data)
            return
        payload = data_of(data)
        if payload == _DONE:
            self._refuse_unfinished(len(self._seen))
            self.done = True
        if not payload:
            self._refuse_plain_json(data)
        if self.done or not payload:
            yield Chunk(data=data)
            return
        event = _parse(payload)
        if event.error:
            raise error_in_answer(payload, self._secret) or UpstreamError("The upstream failed.")
        is_content = self._note(event, len(data))
        if event.choices or (self._wants_usage and event.usage is not None):
            yield Chunk(data=data, content=is_content)

    def _refuse_plain_json(self, event: bytes) -> None:
        """Some upstreams answer with a plain error object where a stream was asked for."""
        if event.lstrip().startswith(b"{"):
            error = error_in_answer(event, self._secret)
            raise error or DisconnectedError("The upstream did not stream.")

    def _note(self, event: _Event, size: int) -> bool:
        if event.usage:
            self.usage = to_usage(event.usage)
        has_content = False
        for choice in event.choices or ():
            self._seen.add(str(choice.index))
            if choice.finish_reason:
                self._finished.add(str(choice.index))
            is_output = bool(choice.finish_reason or choice.text) or _has_output(choice.delta)
            has_content = has_content or is_output
        if has_content:
            self._measure(event, size)
        return has_content

    def _measure(self, event: _Event, size: int) -> None:
        """Learn what an event weighs besides its text, from the first that has any."""
        text = sum(
            text_bytes(choice.delta or {"text": choice.text}) for choice in event.choices or ()
        )
        if not self._has_content:
            self._overhead = size - text
        self._has_content = True
        if text:
            self._events += 1
            self._bytes += self._overhead + text

    def _may_pass(self, block: bytes) -> bool:
        """Tell whether nothing but content is in it; of several choices each must be seen."""
        return self._has_content and self._choices == 1 and not _needs_a_look(block)

    def _is_finished(self) -> bool:
        return len(self._finished) >= self._choices

    def _refuse_unfinished(self, choices: int) -> None:
        """An upstream may give fewer choices than were asked for, but it must say so by [DONE]."""
        if len(self._finished) < max(choices, 1):
            raise DisconnectedError("The upstream's stream ended before the answer was finished.")


def _needs_a_look(block: bytes) -> bool:
    """Tell whether anything but content can be in a block of events; written out for speed.

    Odd white space only costs a look: the usual ways to write nothing are counted out.
    """
    chunks = block.count(b'"choices":[{') + block.count(b'"choices": [{')
    return (
        not chunks == block.count(b'"choices"') == block.count(b"data:")
        or block.count(b'"finish_reason"')
        != block.count(b'"finish_reason":null') + block.count(b'"finish_reason": null')
        or b'"usage"' in block
        or b'"error"' in block
        or _DONE in block
    )


def _can_be_read(rest: bytes) -> bool:
    """Tell a last event that only lacks its blank line from one that is cut off."""
    payload = data_of(rest + b"\n\n")
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload == _DONE
    return True


def _parse(payload: bytes) -> _Event:
    try:
        return msgspec.json.decode(payload, type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DisconnectedError("The upstream's stream is malformed.") from error


def _has_output(delta: object) -> bool:
    if not isinstance(delta, dict):
        return False
    return any(value and name != "role" for name, value in delta.items())
