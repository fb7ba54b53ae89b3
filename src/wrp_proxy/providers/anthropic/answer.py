"""Reads a message that is not streamed."""

from collections.abc import Sequence
from math import ceil

from wrp_proxy.errors import DisconnectedError, WrpError
from wrp_proxy.providers.anthropic.errors import error_in
from wrp_proxy.providers.anthropic.stream import Words, parse
from wrp_proxy.providers.anthropic.usage import UsageTally
from wrp_proxy.providers.openai_usage import BYTES_PER_TOKEN, text_bytes
from wrp_proxy.providers.whole_body import WholeBody
from wrp_proxy.types import Chunk, Usage


class MessageDecoder:
    """Collect a whole message, check that it is one, and leave it to its words."""

    def __init__(self, words: Words, tally: UsageTally, *, secret: bytes) -> None:
        """`tally` is filled before `words` are asked; `secret` is struck out of errors."""
        self.usage: Usage | None = None
        self.done = False
        self._words = words
        self._tally = tally
        self._secret = secret
        self._body = WholeBody()
        self._text_bytes = 0

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        self._body.add(piece)
        return ()

    def close(self) -> Sequence[Chunk]:
        body = self._body.read()
        message = parse(body)
        if message.get("type") == "error" or message.get("error"):
            raise error_in(body, self._secret)
        blocks, reason = message.get("content"), message.get("stop_reason")
        if not isinstance(blocks, list) or not isinstance(reason, str) or not reason:
            raise DisconnectedError("The upstream's answer is not a finished message.")
        self._tally.add(message.get("usage"), final=True)
        self._text_bytes = sum(map(text_bytes, blocks))
        self.usage = self._tally.usage(self.estimate())
        try:
            answer = self._words.answer(message, body)
        except RecursionError as error:
            raise DisconnectedError("The upstream's answer is nested too deeply.") from error
        return (Chunk(data=answer, content=True),)

    def estimate(self) -> int:
        return ceil(self._text_bytes / BYTES_PER_TOKEN)

    def failure(self, error: WrpError) -> bytes:
        return self._words.failure(error)
