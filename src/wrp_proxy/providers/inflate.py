"""Takes the compression off a body, piece by piece, within bounds."""

import zlib

from wrp_proxy.errors import DisconnectedError

ENCODINGS = frozenset({b"gzip", b"x-gzip", b"deflate"})
_MAX_INFLATED = 32 * 1024 * 1024
"""What one piece may expand to."""
_GZIP_START = b"\x1f\x8b"


class Inflater:
    """Understands gzip, also of several members, and deflate, with its zlib frame and without."""

    def __init__(self) -> None:
        self._inflate: zlib._Decompress | None = None
        self._start = b""

    @property
    def is_cut(self) -> bool:
        """The body has begun and has not come to its end."""
        return bool(self._start) or (self._inflate is not None and not self._inflate.eof)

    def feed(self, piece: bytes) -> bytes:
        try:
            return self._feed(piece)
        except zlib.error as error:
            raise DisconnectedError("The upstream's compressed body cannot be read.") from error

    def _feed(self, piece: bytes) -> bytes:
        inflated = b""
        while piece:
            if self._inflate is None or self._inflate.eof:
                piece = self._begin(piece)
                continue
            inflated += self._inflate.decompress(piece, _MAX_INFLATED - len(inflated) + 1)
            if len(inflated) > _MAX_INFLATED:
                raise DisconnectedError("The upstream's body expands without measure.")
            piece = self._inflate.unused_data
        return inflated

    def _begin(self, piece: bytes) -> bytes:
        """Tell by its first two bytes what the compressed body, or its next member, is."""
        start, self._start = self._start + piece, b""
        if len(start) < 2:
            self._start = start
            return b""
        if self._inflate is not None and start[:2] != _GZIP_START:
            raise DisconnectedError("The upstream sent more than its compressed body.")
        has_frame = start[:2] == _GZIP_START or _is_zlib(start)
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32 if has_frame else -zlib.MAX_WBITS)
        return start


def _is_zlib(start: bytes) -> bool:
    """Check the method and the checksum of a zlib header (RFC 1950, section 2.2)."""
    return start[0] & 0x0F == 8 and (start[0] << 8 | start[1]) % 31 == 0
