"""What was said last of each name, by whichever replica."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MOST_NAMES = 10_000
_MOST_NAME_BYTES = 1024
_MOST_BYTES = 1024
_AHEAD_MS = 3_600_000
"""A clock that is further ahead than this is not believed."""


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """The greater one wins, so that all replicas keep the same, in whatever order they hear it."""

    version: int
    """Unix milliseconds, or a little more: later than all that its speaker had heard."""
    value: bytes


class Latest:
    """A register for each name in which the last writer wins.

    Nothing of it depends on the order of messages, or on how often they come: what is missing in
    the place where replicas meet, or is older there, is put there again.
    """

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}
        self.damaged = 0
        """How much stood there that could not be read, the last time."""

    def say(self, name: str, value: bytes, now_ms: int) -> None:
        known = self._said.get(name)
        version = max(now_ms, known.version + 1 if known else 0)
        if known is not None or len(self._said) < _MOST_NAMES:
            self._said[name] = Said(version, value)

    def items(self) -> Iterator[tuple[str, Said]]:
        """Yield names and what was said of them, the oldest first."""
        return iter(sorted(self._said.items(), key=lambda item: item[1]))

    def forget(self, before_ms: int) -> None:
        """Drop what is older."""
        self._said = {n: said for n, said in self._said.items() if said.version >= before_ms}

    def merge(
        self, found: Mapping[bytes, bytes], now_ms: int
    ) -> tuple[dict[str, Said], dict[str, bytes]]:
        """Take over what is newer there; return that, and what is newer here, to put there."""
        there = {}
        self.damaged = 0
        for field, packed in list(found.items())[:_MOST_NAMES]:
            unpacked = _unpack(field, packed, now_ms)
            if unpacked is None:
                self.damaged += 1
            else:
                there[unpacked[0]] = unpacked[1]
        news = {name: said for name, said in there.items() if self._is_news(name, said)}
        self._said.update(news)
        owed = {
            name: b"%d %b" % (said.version, said.value)
            for name, said in self._said.items()
            if name not in there or said > there[name]
        }
        return news, owed

    def _is_news(self, name: str, said: Said) -> bool:
        known = self._said.get(name)
        if known is None:
            return len(self._said) < _MOST_NAMES
        return said > known


def _unpack(field: bytes, packed: bytes, now_ms: int) -> tuple[str, Said] | None:
    digits, _, value = packed.partition(b" ")
    if len(field) > _MOST_NAME_BYTES or len(packed) > _MOST_BYTES or not digits.isdigit():
        return None
    version = int(digits)
    try:
        name = field.decode()
    except UnicodeDecodeError:
        return None
    return (name, Said(version, value)) if version <= now_ms + _AHEAD_MS else None
