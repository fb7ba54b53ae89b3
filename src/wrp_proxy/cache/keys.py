"""Names requests: what is the same request, and which may answer each other."""

from dataclasses import astuple, dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec

from wrp_proxy.cache.canonical import fold
from wrp_proxy.cache.question import Question, find_question
from wrp_proxy.signals import NO_PREFERENCES
from wrp_proxy.types import ChatRequest

_BYTES = 16
_FORM = frozenset({"stream", "stream_options"})
"""How an answer is sent; it is kept in one form for both where that can be told anew."""
_ONE_FORM = frozenset({"chat", "completions"})
_LARGEST_EXACT = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a request shares with others in one scope: keyed hashes of 16 bytes."""

    partition: bytes
    """Of all but the last user's text, and the embedder: what may answer each other."""
    canonical: bytes
    """Of all but that text, and the text folded; empty where it cannot be folded."""


class KeyedRequest:
    """A request in canonical JSON: keys in order, 1.0 as 1, and nothing else changed.

    `stream` is left out where one kept answer serves both forms; `cache` is no part of what is
    asked. What the caller's headers change in the answer is part of it.
    """

    def __init__(self, request: ChatRequest) -> None:
        """Raise ValueError where the request has no canonical form."""
        body = _decode(request.raw)
        left_out = {"cache"} | (_FORM if request.api in _ONE_FORM else frozenset())
        self._body = {name: value for name, value in body.items() if name not in left_out}
        self._whole = _encode(self._body)
        self._frame: bytes | None = None
        passed_on = [pair for pair in request.passed_on if pair[0].startswith(b"anthropic-")]
        wishes = request.preferences
        wished = () if wishes is NO_PREFERENCES else astuple(wishes)
        self._around = (request.api, request.model, request.query, passed_on, *wished)
        self._namespace = request.cache.namespace
        self._api = request.api

    @cached_property
    def question(self) -> Question | None:
        """The text that may be put in other words; not looked for where its words are known."""
        return find_question(self._api, self._body)

    def entry_id(self, secret: bytes, scope: str) -> bytes:
        """Name the whole request, in 16 bytes: only the same one has this name."""
        return self._hash(secret, ("entry", scope), self._whole)

    def names(self, secret: bytes, scope: str, fingerprint: str) -> Names:
        """Name what it shares with others; `fingerprint` is that of the embedder."""
        if self.question is None:
            return Names(partition=b"", canonical=b"")
        frame = self._frame_of(self.question)
        partition = self._hash(secret, ("partition", scope, fingerprint), frame)
        folded = fold(self.question.text)
        canonical = self._hash(secret, ("text", scope, folded), frame) if folded else b""
        return Names(partition=partition, canonical=canonical)

    def _frame_of(self, question: Question) -> bytes:
        """Encode the request with nothing in the question's place, which no text can be."""
        if self._frame is None:
            question.put(None)
            self._frame = _encode(self._body)
            question.put(question.text)
        return self._frame

    def _hash(self, secret: bytes, kind: tuple[object, ...], content: bytes) -> bytes:
        head = msgspec.msgpack.encode((kind, self._namespace, self._around))
        digest = blake2b(head, digest_size=_BYTES, key=secret)
        digest.update(content)
        return digest.digest()


def _number(literal: str) -> object:
    """Read a number that is written with a point or an exponent."""
    value = float(literal)
    if abs(value) >= _LARGEST_EXACT:
        return {"number": literal}
    return int(value) if value.is_integer() else value


_decode = msgspec.json.Decoder(dict[str, Any], float_hook=_number).decode
_encode = msgspec.json.Encoder(order="sorted").encode
