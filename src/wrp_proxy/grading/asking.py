"""What was asked, short enough to be remembered: no text of it is kept."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from wrp_proxy.signals import Features

Sketch = npt.NDArray[np.uint32]

_SHINGLE = 3
_SKETCH = 256
_LONG = 500
_MOST_CHARS, _MOST_DIGESTED = 500, 32_768
"""Looked at from each end of a text."""
_SHORT = 10
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NOT_WORDS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Asked:
    """The last text of a user."""

    digest: bytes
    """Of the text; of a short one but for case, space and punctuation."""
    numbers: bytes
    """Digest of those in it: one that is another makes another question of the same words."""
    sketch: Sketch = field(repr=False, compare=False)
    """The smallest hashes of its shingles (Broder, On the resemblance of documents, 1997)."""
    features: Features | None = field(repr=False, compare=False)
    turn: int
    """Number of the user's message."""

    is_long: bool
    """More is template than question, so that two that are alike need not ask the same."""

    @property
    def is_short(self) -> bool:
        """Such as "go on": it may be said twice of different things."""
        return len(self.sketch) < _SHORT


def asked(body: Mapping[str, Any], features: Features | None) -> Asked | None:
    """Read a request in the words of chat; None: no user says anything in it."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return None
    users = [m for m in messages if isinstance(m, dict) and m.get("role") == "user"]
    text = _text_of(users[-1].get("content")) if users else ""
    if not text.strip():
        return None
    ends = _ends(text, _MOST_CHARS)
    words = _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", ends).casefold()).strip() or ends
    is_long = len(text) > _LONG
    return Asked(
        digest=_digest(f"{len(text)} {_ends(text, _MOST_DIGESTED)}" if is_long else words),
        numbers=_digest(" ".join(_NUMBER.findall(words))),
        sketch=_sketch(words.encode(errors="replace")),
        features=features,
        turn=len(users),
        is_long=is_long,
    )


def alike(one: Asked, two: Asked) -> float:
    """Return how similar two texts are, 0 to 1.

    The cosine of their features, else the share of one's shingles that the other has (Dice), which
    is about the cosine of the two as vectors.
    """
    if one.features is not None and two.features is not None:
        return float(np.dot(one.features, two.features))
    overlap = jaccard(one.sketch, two.sketch)
    return 2 * overlap / (1 + overlap)


def jaccard(one: Sketch, two: Sketch) -> float:
    """Estimate the share of all shingles that both have; exact for short texts."""
    merged = np.sort(np.concatenate((one, two)))
    twins = merged[1:][merged[1:] == merged[:-1]]
    distinct = len(merged) - len(twins)
    if distinct <= _SKETCH:
        return len(twins) / distinct if distinct else 0.0
    largest = np.unique(merged)[_SKETCH - 1]
    return int(np.count_nonzero(twins <= largest)) / _SKETCH


def _ends(text: str, chars: int) -> str:
    return text if len(text) <= 2 * chars else text[:chars] + text[-chars:]


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="replace"), digest_size=16).digest()


def _sketch(read: bytes) -> Sketch:
    padded = np.frombuffer(read.ljust(_SHINGLE), np.uint8).astype(np.uint64)
    count = len(padded) - _SHINGLE + 1
    shingles = np.zeros(count, np.uint64)
    for place in range(_SHINGLE):
        shingles = (shingles << np.uint64(8)) | padded[place : place + count]
    return np.unique((shingles * _MIX) >> np.uint64(32)).astype(np.uint32)[:_SKETCH]


def _text_of(content: object) -> str:
    """Return a text, or the texts of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "\n".join(text for text in texts if isinstance(text, str))
