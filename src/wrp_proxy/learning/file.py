"""The file that keeps what was learnt while the proxy does not run."""

import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

import msgspec
import structlog

from wrp_proxy.learning.base import Batch

_MAGIC = b"wrp-proxy learning 1\n"
"""The number is the version: a file with another one is foreign."""
_CHECKSUM = struct.Struct(">I")
_MOST_BYTES = 512 * 1024 * 1024


class Kept(msgspec.Struct, frozen=True, array_like=True, tag="statistics"):
    """Some sums of one of the statistics; there may be several pieces of one."""

    name: str
    sums: dict[str, bytes]
    """Key -> packed sums."""
    leaving: list[Batch]
    """Part of the sums, not yet confirmed by other replicas."""
    missing_since: float | None = None
    """Unix seconds; None: it belonged to a route when it was written."""


class Saved(msgspec.Struct, frozen=True, array_like=True, tag="learnt"):
    """When the file was written, in Unix seconds; the first piece."""

    at: float


Piece = Saved | Kept
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Piece] = msgspec.msgpack.Decoder(Piece)
_pieces_decoder: msgspec.msgpack.Decoder[list[memoryview]] = msgspec.msgpack.Decoder(
    list[memoryview]
)


def encoded(piece: Piece) -> bytes:
    return _encoder.encode(piece)


class LearningFile:
    """Reads and writes it as a whole; damage raises nothing, what the system refuses does.

    All of it blocks, and belongs in a thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, pieces: Sequence[bytes]) -> None:
        """Put encoded pieces in the place of the old file, once they are on the disk (OSError)."""
        body = _encoder.encode(pieces)
        if len(body) > _MOST_BYTES:
            raise OSError(None, f"more than {_MOST_BYTES} bytes were learnt")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_name(f"{self._path.name}.part")
        part.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
                file.write(_MAGIC + _CHECKSUM.pack(crc32(body)))
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)

    def read(self) -> list[Piece]:
        """Return all pieces; set aside a file that is damaged, or none of ours (OSError)."""
        try:
            if self._path.stat().st_size > 2 * _MOST_BYTES:
                return self._set_aside()
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return []
        start = len(_MAGIC) + _CHECKSUM.size
        body = memoryview(raw)[start:]
        if raw[:start] != _MAGIC + _CHECKSUM.pack(crc32(body)):
            return self._set_aside()
        try:
            return [_decoder.decode(piece) for piece in _pieces_decoder.decode(body)]
        except msgspec.MsgspecError:
            return self._set_aside()

    def _set_aside(self) -> list[Piece]:
        aside = self._path.with_name(f"{self._path.name}.set-aside")
        with suppress(FileNotFoundError):
            self._path.replace(aside)
        log = structlog.get_logger("wrp_proxy.learning")
        log.warning(
            "what was learnt is damaged, or of another version: it begins anew",
            set_aside=str(aside),
        )
        return []
