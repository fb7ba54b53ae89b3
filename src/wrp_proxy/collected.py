"""An answer on its way to the client, kept in case that somebody wants it whole."""

from collections.abc import Sequence


class Collected:
    """Keeps pieces until they are too many: then none."""

    __slots__ = ("_most", "_pieces", "_size")

    def __init__(self, most: int) -> None:
        """`most`: bytes."""
        self._most = most
        self._size = 0
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= self._most:
            self._pieces.append(piece)
        elif self._pieces:
            self._pieces.clear()

    def within(self, most: int) -> Sequence[bytes] | None:
        """Return the pieces; None: they have more than `most` bytes, or were not kept."""
        return self._pieces if self._size <= min(most, self._most) else None
