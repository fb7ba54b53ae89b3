"""Embeddings: which of them may be kept."""

from typing import Any

import msgspec

from wrp_proxy.cache.answers.rules import UnfitError

_NOTHING = {b"", b"null", b"[]", b'""'}


class _Row(msgspec.Struct):
    embedding: msgspec.Raw = msgspec.Raw(b"")


class _Embeddings(msgspec.Struct):
    data: list[_Row] = []
    error: Any = None


_EMBEDDINGS = msgspec.json.Decoder(_Embeddings)


def check_embeddings(answer: bytes) -> None:
    embeddings = _EMBEDDINGS.decode(answer)
    if embeddings.error:
        raise UnfitError("error")
    if not embeddings.data or any(bytes(row.embedding) in _NOTHING for row in embeddings.data):
        raise UnfitError("empty")
