"""Collects the body of an answer that is not streamed."""

from wrp_proxy.errors import DisconnectedError

_MAX_BYTES = 256 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class WholeBody:
    """Keep what comes, within bounds."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Raise DisconnectedError when it grows too long."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > _MAX_BYTES:
            raise DisconnectedError("The upstream's answer is too long.")

    def read(self) -> bytes:
        """Return all of it, less a byte order mark."""
        return b"".join(self._pieces).removeprefix(_BOM)
