"""Reads OpenAI's embeddings, and gives them in the encoding that was asked for."""

import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, WrpError
from wrp_proxy.providers.openai_error import NO_SECRET, envelope, error_in_answer
from wrp_proxy.providers.openai_usage import to_usage
from wrp_proxy.providers.whole_body import WholeBody
from wrp_proxy.types import Chunk, Usage


class _Row(msgspec.Struct):
    embedding: msgspec.Raw = msgspec.Raw(b"null")


class _Answer(msgspec.Struct):
    data: list[_Row] | None = None
    usage: Any = None
    error: Any = None


class EmbeddingsDecoder:
    """Collect a whole answer and relay it as it came, if it came as asked.

    Clients decode blindly: some servers ignore `encoding_format`, or know only one of its values,
    and a list of numbers read as base64, or base64 read as numbers, is rubbish without an error.
    """

    def __init__(self, encoding_format: object, *, secret: bytes = NO_SECRET) -> None:
        """`encoding_format` is the caller's, `float` where there is none."""
        self.usage: Usage | None = None
        self.done = False
        self._is_base64 = encoding_format == "base64"
        self._secret = secret
        self._body = WholeBody()

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
        if not answer.data:
            raise DisconnectedError("The upstream's answer has no embeddings.")
        self.usage = to_usage(answer.usage)
        return (Chunk(data=self._as_asked(body, answer.data), content=True),)

    def failure(self, error: WrpError) -> bytes:
        return envelope(error)

    def estimate(self) -> int:
        return 0

    def _as_asked(self, body: bytes, rows: list[_Row]) -> bytes:
        """Convert what came in the other encoding; leave alone what is neither."""
        other = b"[" if self._is_base64 else b'"'
        if not any(bytes(row.embedding).startswith(other) for row in rows):
            return body
        answer = msgspec.json.decode(body)
        for row in answer["data"]:
            said = row["embedding"]
            if self._is_base64 and isinstance(said, list):
                row["embedding"] = to_base64(said)
            elif isinstance(said, str) and not self._is_base64:
                row["embedding"] = to_floats(said)
        return msgspec.json.encode(answer)


def to_base64(numbers: list[Any]) -> str:
    """Pack numbers as little-endian 32-bit floats."""
    try:
        packed = array("f", numbers)
    except (TypeError, OverflowError) as error:
        raise DisconnectedError("The upstream's embedding is no list of numbers.") from error
    if sys.byteorder == "big":
        packed.byteswap()
    return b64encode(packed.tobytes()).decode()


def to_floats(encoded: str) -> list[float]:
    """Unpack little-endian 32-bit floats."""
    numbers = array("f")
    try:
        numbers.frombytes(b64decode(encoded, validate=True))
    except ValueError as error:
        raise DisconnectedError("The upstream's embedding is no base64 of numbers.") from error
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()
