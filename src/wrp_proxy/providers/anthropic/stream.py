"""Reads the events of a streamed message, whoever they are told to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any, Protocol

import msgspec

from wrp_proxy.errors import DisconnectedError, UpstreamError, WrpError
from wrp_proxy.providers.anthropic.errors import error_in
from wrp_proxy.providers.anthropic.usage import UsageTally
from wrp_proxy.providers.openai_usage import BYTES_PER_TOKEN
from wrp_proxy.providers.sse import EventCutter, data_of, ended, split_events
from wrp_proxy.types import Chunk, Usage, joined

Event = Mapping[str, Any]


class Words(Protocol):
    """How a client is told of an answer; called by the decoders for what they have read."""

    def tell(self, event: Event, raw: bytes) -> bytes:
        """Return what an event comes to; `event` is empty where `raw` holds no data."""
        ...

    def answer(self, message: Event, raw: bytes) -> bytes:
        """Return a whole message."""
        ...

    def failure(self, error: WrpError) -> bytes:
        """Return what ends a stream that fails."""
        ...


class MessageStreamDecoder:
    """Looks at every event, and leaves it to its words what becomes of them."""

    def __init__(self, words: Words, tally: UsageTally, *, secret: bytes) -> None:
        """`tally` is filled before `words` are asked; `secret` is struck out of errors."""
        self.usage: Usage | None = None
        self.done = False
        self._words = words
        self._tally = tally
        self._secret = secret
        self._cutter = EventCutter()
        self._failure: UpstreamError | None = None
        self._is_finished = False
        self._events = 0
        self._text_bytes = 0

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        try:
            block = self._cutter.feed(piece)
        except ValueError as error:
            raise DisconnectedError(f"The upstream's stream is malformed: {error}.") from error
        return self._inspect(block) if block and not self.done else ()

    def close(self) -> Sequence[Chunk]:
        chunks: Sequence[Chunk] = ()
        if not self.done:
            chunks = self._inspect(ended(self._cutter.close()))
        if self._failure is not None:
            raise self._failure
        if not self.done:
            raise DisconnectedError("The upstream's stream ended before the answer was finished.")
        return chunks

    def estimate(self) -> int:
        return max(self._events, ceil(self._text_bytes / BYTES_PER_TOKEN))

    def failure(self, error: WrpError) -> bytes:
        return self._words.failure(error)

    def _inspect(self, block: bytes) -> Sequence[Chunk]:
        """Look at each event; what stands before a failure still goes out, the rest does not."""
        chunks: list[Chunk] = []
        try:
            for raw in split_events(block):
                chunks.extend(self._look_at(raw))
                if self.done:
                    break
        except UpstreamError as error:
            if not chunks:
                raise
            self._failure = error
            self.done = True
        self.usage = self._tally.usage(self.estimate())
        return joined(chunks)

    def _look_at(self, raw: bytes) -> Iterator[Chunk]:
        payload = data_of(raw)
        event = parse(payload) if payload else {}
        if event.get("type") == "error" or event.get("error"):
            raise error_in(payload, self._secret)
        if not payload and raw.lstrip().startswith(b"{"):
            raise self._plain(raw)
        self._note(event)
        if data := self._words.tell(event, raw):
            yield Chunk(data=data, content=_has_output(event))

    def _plain(self, raw: bytes) -> UpstreamError:
        """Some upstreams answer with a plain error object where a stream was asked for."""
        if parse(raw).get("error"):
            return error_in(raw, self._secret)
        return DisconnectedError("The upstream did not stream.")

    def _note(self, event: Event) -> None:
        match event.get("type"):
            case "message_start":
                self._tally.add(inside(event, "message").get("usage"), final=False)
            case "content_block_delta":
                self._events += 1
                self._text_bytes += _text_bytes(inside(event, "delta"))
            case "message_delta":
                self._tally.add(event.get("usage"), final=True)
                reason = inside(event, "delta").get("stop_reason")
                self._is_finished = self._is_finished or (isinstance(reason, str) and bool(reason))
            case "message_stop":
                if not self._is_finished:
                    raise DisconnectedError("The upstream's stream stopped without a reason.")
                self.done = True


def parse(payload: bytes) -> dict[str, Any]:
    """Parse an event's data; raise DisconnectedError unless it is a JSON object."""
    try:
        event = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DisconnectedError("The upstream's answer is malformed.") from error
    if not isinstance(event, dict):
        raise DisconnectedError("The upstream's answer is not made of JSON objects.")
    return event


def inside(event: Event, name: str) -> Event:
    """Return an object within an object; empty where there is none."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def _has_output(event: Event) -> bool:
    look = _OUTPUT.get(str(event.get("type")))
    return look is not None and look(event)


def _starts_with_output(event: Event) -> bool:
    block = inside(event, "content_block")
    if block.get("type") in ("text", "thinking"):
        return bool(block.get("text") or block.get("thinking"))
    return bool(block)


def _says_something(event: Event) -> bool:
    return any(value and name != "type" for name, value in inside(event, "delta").items())


_OUTPUT: Mapping[str, Callable[[Event], bool]] = {
    "content_block_start": _starts_with_output,
    "content_block_delta": _says_something,
    "message_delta": lambda event: bool(inside(event, "delta").get("stop_reason")),
}


def _text_bytes(delta: Event) -> int:
    texts = (value for name, value in delta.items() if name not in {"type", "signature"})
    return sum(len(text.encode()) for text in texts if isinstance(text, str))
