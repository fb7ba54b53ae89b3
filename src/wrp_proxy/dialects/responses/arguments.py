"""The arguments of a call, as they come in fragments."""

import json
import re
from typing import Protocol

import msgspec

from wrp_proxy.dialects.responses.tools import CUSTOM_INPUT

_OPENING = re.compile(r'\s*\{\s*"' + CUSTOM_INPUT + r'"\s*:\s*"')
_WHOLE_CHARACTERS = re.compile(
    r'(?:[^"\\]|\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\u[0-9a-fA-F]{4}|(?=[^\\]|\\[^u]))'
    r"|\\u(?![dD][89abAB])[0-9a-fA-F]{4}|\\[^u])*+"
)
"""Characters of a JSON string; the first half of a surrogate pair waits for its second."""


class Arguments(Protocol):
    """What a client reads of a call's arguments; `close` returns what was still held back."""

    @property
    def text(self) -> str: ...

    def feed(self, fragment: str) -> str: ...

    def close(self) -> str: ...


class FunctionArguments:
    """JSON, passed on as it comes; no arguments are an empty object, as OpenAI writes them."""

    def __init__(self) -> None:
        self._read: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._read)

    def feed(self, fragment: str) -> str:
        self._read.append(fragment)
        return fragment

    def close(self) -> str:
        return "" if self.text else self.feed("{}")


class CustomInput:
    """The text inside `{"input": "..."}`, given out while it grows."""

    def __init__(self) -> None:
        self._read: list[str] = []
        self._rest = ""
        self._has_begun = False

    @property
    def text(self) -> str:
        return "".join(self._read)

    def feed(self, fragment: str) -> str:
        self._rest += fragment
        if not self._has_begun:
            opening = _OPENING.match(self._rest)
            if opening is None:
                return ""
            self._has_begun = True
            self._rest = self._rest[opening.end() :]
        characters = _WHOLE_CHARACTERS.match(self._rest)
        if characters is None or not characters[0]:
            return ""
        self._rest = self._rest[characters.end() :]
        return self._add(_unescaped(characters[0]))

    def close(self) -> str:
        """Take a model at its word that did not write the one parameter first, or no JSON."""
        return "" if self._has_begun else self._add(_input_in(self._rest))

    def _add(self, more: str) -> str:
        self._read.append(more)
        return more


def _unescaped(characters: str) -> str:
    """Decode a JSON string; models write line breaks as they are, which JSON forbids."""
    try:
        text = str(json.loads(f'"{characters}"', strict=False))
    except ValueError:
        return characters
    return text.encode(errors="replace").decode()


def _input_in(raw: str) -> str:
    try:
        parsed = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return raw
    if isinstance(parsed, dict):
        texts = [value for value in parsed.values() if isinstance(value, str)]
        said = parsed.get(CUSTOM_INPUT)
        if isinstance(said, str):
            return said
        if len(texts) == 1:
            return texts[0]
    return parsed if isinstance(parsed, str) else raw
