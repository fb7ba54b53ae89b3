"""Streams, and how an attempt reads them."""

from collections.abc import Iterable

from tests.answers import delta, event
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder
from wrp_proxy.types import Chunk, Usage

REPORTED = Usage(prompt_tokens=11, completion_tokens=7)
ROLE = event(delta("", role="assistant"))
FINISH = event(delta(finish="stop"))


def decoder_of(*, choices: int = 1, wants_usage: bool = False) -> OpenAIStreamDecoder:
    return OpenAIStreamDecoder(choices=choices, wants_usage=wants_usage)


def relay(decoder: OpenAIStreamDecoder, pieces: Iterable[bytes]) -> bytes:
    """Feed as an attempt does: until it is done, then close."""
    relayed: list[Chunk] = []
    for piece in pieces:
        relayed += decoder.feed(piece)
        if decoder.done:
            break
    relayed += decoder.close()
    return b"".join(chunk.data for chunk in relayed)
