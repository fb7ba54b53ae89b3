"""A plain answer of chat completions, told as a response."""

from collections.abc import Sequence

import msgspec

from wrp_proxy.dialects.responses.reading import Reading, Said
from wrp_proxy.errors import DisconnectedError, WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_error import envelope
from wrp_proxy.types import Chunk, Usage


class AnswerDecoder:
    """Stands over the decoder of a chat upstream."""

    def __init__(self, chat: Decoder, reading: Reading) -> None:
        self._chat = chat
        self._reading = reading

    @property
    def usage(self) -> Usage | None:
        return self._chat.usage

    @property
    def done(self) -> bool:
        return self._chat.done

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        return self._told(self._chat.feed(piece))

    def close(self) -> Sequence[Chunk]:
        return self._told(self._chat.close())

    def estimate(self) -> int:
        return self._chat.estimate()

    def failure(self, error: WrpError) -> bytes:
        return envelope(error)

    def _told(self, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        body = b"".join(chunk.data for chunk in chunks)
        if not body:
            return ()
        try:
            said = msgspec.json.decode(body, type=Said)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DisconnectedError("The upstream's answer is not a JSON object.") from error
        self._reading.take(said, "message")
        return (Chunk(data=msgspec.json.encode(self._reading.end()), content=True),)
