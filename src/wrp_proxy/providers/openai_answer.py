"""Reads OpenAI's plain (not streamed) completions."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, WrpError
from wrp_proxy.providers.openai_error import NO_SECRET, envelope, error_in_answer
from wrp_proxy.providers.openai_usage import BYTES_PER_TOKEN, text_bytes, to_usage
from wrp_proxy.providers.whole_body import WholeBody
from wrp_proxy.types import Chunk, Usage


class _Answer(msgspec.Struct):
    choices: Any = None
    usage: Any = None
    error: Any = None


class OpenAIAnswerDecoder:
    """Collect a whole answer, check that it is one, and relay it as it came."""

    def __init__(self, *, secret: bytes = NO_SECRET) -> None:
        """`secret` is struck out of errors."""
        self._secret = secret
        self.usage: Usage | None = None
        self.done = False
        self._body = WholeBody()
        self._text_bytes = 0

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        self._body.add(piece)
        return ()

    def close(self) -> Sequence[Chunk]:
        body = self._body.read()
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DisconnectedError("The upstream's answer is not a JSON object.") from error
        if answer.error and (failure := error_in_answer(body, self._secret)):
            raise failure
        if not isinstance(answer.choices, list) or not any(map(_is_choice, answer.choices)):
            raise DisconnectedError("The upstream's answer has no choices.")
        self.usage = to_usage(answer.usage)
        if self.usage is None:
            self._text_bytes = sum(map(_text_of_choice, answer.choices))
        return (Chunk(data=body, content=True),)

    def failure(self, error: WrpError) -> bytes:
        return envelope(error)

    def estimate(self) -> int:
        return ceil(self._text_bytes / BYTES_PER_TOKEN)


def _is_choice(choice: object) -> bool:
    """Tell whether something is said in it, if only in an empty text."""
    if not isinstance(choice, dict):
        return False
    return isinstance(choice.get("message"), dict) or isinstance(choice.get("text"), str)


def _text_of_choice(choice: object) -> int:
    if not isinstance(choice, dict):
        return 0
    return text_bytes(choice.get("message") or {"text": choice.get("text")})
