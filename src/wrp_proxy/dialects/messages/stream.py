"""Reads a streamed chat completion, and tells it as the events of a Message."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from wrp_proxy.dialects.messages.assembly import Assembly
from wrp_proxy.dialects.messages.ending import Choice, stop_of, stop_sequences, usage_of
from wrp_proxy.dialects.messages.errors import error_event
from wrp_proxy.dialects.messages.events import PING, event
from wrp_proxy.dialects.messages.message import Stop, message_of
from wrp_proxy.dialects.messages.sayings import has_refused, sayings
from wrp_proxy.dialects.messages.teller import Teller
from wrp_proxy.errors import DisconnectedError, UpstreamError, WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.sse import data_of, split_events
from wrp_proxy.types import ChatRequest, Chunk, Usage, joined

_DONE = b"[DONE]"
_NOTHING_USED = {
    "input_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 0,
}


class _Event(msgspec.Struct):
    choices: list[Choice] | None = None
    usage: Any = None


class MessagesStreamDecoder:
    """Tell each event of `chat` by itself, so that any split of the bytes tells the same.

    The end waits for `[DONE]` or the end of the stream, for usage comes after the finish.
    """

    def __init__(self, request: ChatRequest, chat: Decoder) -> None:
        self._request = request
        self._chat = chat
        self._content = Assembly(request)
        self._teller = Teller()
        self._sequences = stop_sequences(request.own.get("stop_sequences"))
        self._has_begun = False
        self._has_refused = False
        self._is_over = False
        self._stop = Stop()
        self._used: dict[str, Any] | None = None
        self._failure: UpstreamError | None = None

    @property
    def usage(self) -> Usage | None:
        return self._chat.usage

    @property
    def done(self) -> bool:
        return self._chat.done or self._failure is not None

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        return self._translated(self._chat.feed(piece))

    def close(self) -> Sequence[Chunk]:
        if self._failure is not None:
            raise self._failure
        last = self._translated(self._chat.close())
        if self._failure is not None:
            raise self._failure
        return last if self._is_over else (*last, Chunk(data=self._end(), content=True))

    def estimate(self) -> int:
        return self._chat.estimate()

    def failure(self, error: WrpError) -> bytes:
        return error_event(error)

    def _translated(self, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        """Tell what stands before a failure; the failure itself is for the next call."""
        told: list[Chunk] = []
        try:
            for chunk in chunks:
                for said in split_events(chunk.data):
                    told.extend(self._told(said))
        except UpstreamError as error:
            if not told:
                raise
            self._failure = error
        return joined(told)

    def _told(self, said: bytes) -> Iterator[Chunk]:
        payload = data_of(said)
        if payload == _DONE:
            yield Chunk(data=self._end(), content=True)
        elif payload:
            yield from self._told_of(_parse(payload))
        elif said.startswith(b":") and self._has_begun:
            yield Chunk(data=PING)

    def _told_of(self, said: _Event) -> Iterator[Chunk]:
        self._used = usage_of(said.usage) or self._used
        choices = [choice for choice in said.choices or () if choice.index in (0, None)]
        if said.choices and not self._has_begun:
            self._has_begun = True
            yield Chunk(data=self._start())
        for choice in choices:
            is_content = self._listen(choice)
            told = b"".join(self._teller.tell(self._content.blocks, is_last=False))
            if told or is_content:
                yield Chunk(data=told or PING, content=is_content)

    def _listen(self, choice: Choice) -> bool:
        """Take in what a choice says; tell whether that is anything."""
        said = list(sayings(choice.delta))
        for saying in said:
            self._content.add(saying)
        self._has_refused = self._has_refused or has_refused(choice.delta)
        if choice.finish_reason:
            self._stop = stop_of(
                choice,
                self._sequences,
                has_calls=self._content.has_calls,
                has_refused=self._has_refused,
            )
        return bool(said)

    def _start(self) -> bytes:
        message = message_of(self._request, (), Stop(), self._used or _NOTHING_USED)
        return event("message_start", message=message)

    def _end(self) -> bytes:
        if not self._stop.reason:
            raise DisconnectedError("The upstream's stream ended before the answer was finished.")
        self._is_over = True
        blocks = b"".join(self._teller.tell(self._content.blocks, is_last=True))
        stop = {"stop_reason": self._stop.reason, "stop_sequence": self._stop.sequence}
        usage = self._used or {"output_tokens": self.estimate()}
        return blocks + event("message_delta", delta=stop, usage=usage) + event("message_stop")


def _parse(payload: bytes) -> _Event:
    try:
        return msgspec.json.decode(payload, type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DisconnectedError("The upstream's stream is malformed.") from error
