"""A streamed answer of chat completions, told as the events of a response."""

from collections.abc import Sequence

import msgspec

from wrp_proxy.dialects.responses.events import StreamedEvents
from wrp_proxy.dialects.responses.reading import Reading, Said
from wrp_proxy.errors import DisconnectedError, UpstreamError, WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.responses_events import failed_event
from wrp_proxy.providers.sse import data_of, split_events
from wrp_proxy.types import Chunk, Usage


class StreamDecoder:
    """Stands over the decoder of a chat upstream, whose `[DONE]` nobody needs here."""

    def __init__(self, chat: Decoder, reading: Reading, events: StreamedEvents) -> None:
        self._chat = chat
        self._reading = reading
        self._events = events
        self._has_begun = False
        self._failure: UpstreamError | None = None

    @property
    def usage(self) -> Usage | None:
        return self._chat.usage

    @property
    def done(self) -> bool:
        return self._chat.done or self._failure is not None

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        return self._told(self._chat.feed(piece))

    def close(self) -> Sequence[Chunk]:
        """Tell the end, once the chat decoder has vouched for it."""
        if self._failure is not None:
            raise self._failure
        told = self._told(self._chat.close())
        if self._failure is not None:
            raise self._failure
        self._reading.end()
        return (*told, Chunk(data=self._events.taken(), content=True))

    def estimate(self) -> int:
        return self._chat.estimate()

    def failure(self, error: WrpError) -> bytes:
        response = self._reading.response("failed") if self._has_begun else None
        return failed_event(error, self._events.sequence_number, response)

    def _told(self, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        told = []
        for chunk in chunks:
            try:
                for event in split_events(chunk.data):
                    self._take(data_of(event))
            except UpstreamError as error:
                self._failure = error
            if data := self._events.taken():
                told.append(Chunk(data=data, content=chunk.content))
        if self._failure is not None and not told:
            raise self._failure
        return told

    def _take(self, payload: bytes) -> None:
        if not payload or payload == b"[DONE]" or self._failure is not None:
            return
        try:
            said = msgspec.json.decode(payload, type=Said)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DisconnectedError("The upstream's stream is malformed.") from error
        if not self._has_begun:
            self._has_begun = True
            self._reading.begin()
        self._reading.take(said, "delta")
