"""The file that entries are kept in while the proxy does not run."""

import asyncio
import os
import struct
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

import msgspec
import structlog

from wrp_proxy.cache.stores.records import UNREADABLE, Record, settled

_MAGIC = b"wrp-proxy cache 1\n"
"""The number is the version: a file with another one is foreign."""
_FRAME = struct.Struct(">II")
"""Before every piece: its length and checksum."""
_LONGEST_PIECE = 128 * 1024 * 1024
"""A greater length is damage."""


class Heading(msgspec.Struct, frozen=True, array_like=True, tag="heading"):
    """How often all scopes and each of them were flushed; the first piece."""

    of_all: int
    by_scope: dict[str, int]


class Facts(msgspec.Struct, frozen=True, array_like=True, tag="notes"):
    """Some notes."""

    notes: dict[bytes, bytes]


class Answers(msgspec.Struct, frozen=True, array_like=True, tag="answers"):
    """Some entries with all that belongs to them."""

    records: list[Record]


Piece = Heading | Facts | Answers

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Piece] = msgspec.msgpack.Decoder(Piece)


class SnapshotFile:
    """Reads and writes a snapshot piece by piece, in threads; one piece is in memory at a time.

    A new file takes the place of the old one when it is whole and on the disk. Damage raises
    nothing: what can be read is. What the system refuses does (OSError).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = structlog.get_logger("wrp_proxy.cache")

    async def write(self, pieces: Iterator[Piece]) -> None:
        """Write pieces, which are made in the thread that writes them."""
        part = self._path.with_name(f"{self._path.name}.part")
        file = _create(part)
        try:
            file.write(_MAGIC)
            while await asyncio.to_thread(_write_next, file, pieces):
                pass
            await asyncio.to_thread(_finish, file, part, self._path)
        finally:
            file.close()
            part.unlink(missing_ok=True)

    async def read(self) -> AsyncGenerator[Piece, None]:
        """Yield the pieces that are whole; set a file aside that is none of ours."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            if file.read(len(_MAGIC)) != _MAGIC:
                self._set_aside()
                return
            reader = _Reader(file)
            while (piece := await asyncio.to_thread(reader.next)) is not None:
                yield piece
        if reader.damaged:
            self._log.warning("cache snapshot is damaged", path=str(self._path))

    def _set_aside(self) -> None:
        aside = self._path.with_name(f"{self._path.name}.set-aside")
        self._path.replace(aside)
        self._log.warning("cache snapshot is of another kind or version", set_aside=str(aside))


class _Reader:
    """Reads pieces one after the other, and passes over those that are damaged."""

    def __init__(self, file: BinaryIO) -> None:
        self.damaged = False
        self._file = file

    def next(self) -> Piece | None:
        """Return the next whole piece; None: there is no more."""
        while frame := self._file.read(_FRAME.size):
            if len(frame) == _FRAME.size:
                length, checksum = _FRAME.unpack(frame)
                if length <= _LONGEST_PIECE and (piece := self._piece(length, checksum)):
                    return piece
            self.damaged = True
        return None

    def _piece(self, length: int, checksum: int) -> Piece | None:
        raw = self._file.read(length)
        if len(raw) != length or crc32(raw) != checksum:
            return None
        try:
            piece = _decoder.decode(raw)
        except UNREADABLE:
            return None
        if not isinstance(piece, Answers):
            return piece
        return Answers([record for record in piece.records if settled(record)])


def _create(path: Path) -> BinaryIO:
    """Create a file that only its owner reads, whatever was there before."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _write_next(file: BinaryIO, pieces: Iterator[Piece]) -> bool:
    """Write the next piece; False: there is no more."""
    piece = next(pieces, None)
    if piece is None:
        return False
    raw = _encoder.encode(piece)
    if len(raw) <= _LONGEST_PIECE:
        file.write(_FRAME.pack(len(raw), crc32(raw)))
        file.write(raw)
    return True


def _finish(file: BinaryIO, part: Path, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name is on the disk too
    finally:
        os.close(folder)
