"""Chunks of a stream, put together to the completion that they are."""

from collections import defaultdict
from typing import Any

import msgspec

from wrp_proxy.cache.answers.events import DONE, payloads
from wrp_proxy.cache.answers.rules import UnfitError, check_finish
from wrp_proxy.cache.answers.words import Fields, Words

_CHUNK = msgspec.json.Decoder(dict[str, Any])
_PADDING = "obfuscation"
"""OpenAI hides by it how long a chunk is."""


def assembled(stream: bytes, words: Words) -> Fields:
    """Return the completion; raise UnfitError where the stream failed or has no end.

    What stands after `[DONE]` counts for nothing, for no client reads it.
    """
    assembly = _Assembly(words)
    for payload in payloads(stream):
        if payload == DONE:
            return assembly.completion()
        assembly.add(_CHUNK.decode(payload))
    raise UnfitError("cut off")


class _Assembly:
    """Of fields beside the choices the last counts that is not empty: it is the final one."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._head: Fields = {}
        self._drafts: dict[int, _Draft] = {}

    def add(self, chunk: Fields) -> None:
        if chunk.get("error"):
            raise UnfitError("error")
        chunk.pop(_PADDING, None)
        for choice in objects(chunk.pop("choices", None) or []):
            index = choice.setdefault("index", 0)
            if not isinstance(index, int):
                raise UnfitError("malformed")
            draft = self._drafts.get(index)
            if draft is None:
                draft = self._drafts[index] = _Draft()
            draft.add(self._words.take(choice), choice)
        for name, value in chunk.items():
            if value or name not in self._head:
                self._head[name] = value

    def completion(self) -> Fields:
        drafts = [self._drafts[index] for index in sorted(self._drafts)]
        choices = [draft.choice(self._words) for draft in drafts]
        return {**self._head, "object": self._words.whole, "choices": choices}


class _Draft:
    """One choice, while it grows."""

    def __init__(self) -> None:
        self._texts: defaultdict[str, list[str]] = defaultdict(list)
        self._said: Fields = {}
        self._fields: Fields = {}

    def add(self, said: Fields, choice: Fields) -> None:
        """Take what is said, and what else stands in the choice of a chunk."""
        if finish := choice.get("finish_reason"):
            check_finish(finish)
        for name, value in said.items():
            if isinstance(value, str) and name != "role":
                self._texts[name].append(value)
            else:
                _grow(self._said, {name: value})
        _grow(self._fields, choice)

    def choice(self, words: Words) -> Fields:
        if any(self._said.get(name) is not None for name in self._texts):
            raise UnfitError("malformed")
        texts = {name: "".join(pieces) for name, pieces in self._texts.items()}
        return {**self._fields, **words.put({**self._said, **texts})}


def objects(value: object) -> list[Fields]:
    """Return a list of JSON objects as what it is; raise UnfitError for anything else."""
    if not isinstance(value, list):
        raise UnfitError("malformed")
    for item in value:
        if not isinstance(item, dict):
            raise UnfitError("malformed")
    return value


def _grow(known: Fields, more: Fields) -> None:
    """Add to lists, field by field to objects; else the last counts that is not empty."""
    for name, value in more.items():
        if not value and name in known:
            continue
        before = known.get(name)
        if isinstance(before, list) and isinstance(value, list):
            before += value
        elif isinstance(before, dict) and isinstance(value, dict):
            _grow(before, value)
        else:
            known[name] = value
