"""Small facts beside the entries, and who wants to hear of them."""

from collections.abc import Callable, Iterator, Mapping


class Notes:
    """Keeps the last value of every key; of more than `most` keys the oldest are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[bytes, bytes] = {}
        self._listeners: list[Callable[[bytes, bytes], None]] = []

    def keep(self, key: bytes, value: bytes) -> bytes | None:
        """Keep one's own note; return the key that made room for it."""
        self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) <= self._most:
            return None
        oldest = next(iter(self._values))
        del self._values[oldest]
        return oldest

    def hear(self, key: bytes, value: bytes) -> None:
        """Keep a note that comes from elsewhere, and tell it to all listeners."""
        if self._values.get(key) == value:
            return
        self.keep(key, value)
        for heard in self._listeners:
            heard(key, value)

    def hear_earlier(self, notes: Mapping[bytes, bytes]) -> None:
        """Hear notes that were kept before those that are known."""
        for key, value in notes.items():
            if key not in self._values:
                self.hear(key, value)

    def listen(self, heard: Callable[[bytes, bytes], None]) -> None:
        self._listeners.append(heard)
        for key, value in list(self._values.items()):
            heard(key, value)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(list(self._values.items()))
