"""An entry with its vector and its answer, as bytes; and what of such bytes can be believed."""

import math
import struct
import sys
from hashlib import blake2b

import msgspec

from wrp_proxy.cache.base import Entry, Vector

_ID_BYTES = 16
_REPEATED = ("scope", "tenant", "namespace", "api", "route", "model", "category", "fingerprint")
"""Strings that many entries have in common."""
_ROUNDING = 0.01
"""By how much half precision may change the length of a vector."""
_SEAL_BYTES = 16
_LONGEST_KEY = 64
_HALF = "<f2"
_HALF_BYTES = 2


UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that msgspec makes of bytes that are no message."""


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is written of one entry."""

    entry: Entry
    vector: bytes = b""
    """Half precision, little endian; empty: it has none."""
    payload: bytes = b""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    return _encoder.encode(record)


def is_writable(entry: Entry) -> bool:
    """Tell whether an entry can be encoded; half a surrogate pair in a text cannot."""
    try:
        _encoder.encode(entry)
    except UnicodeEncodeError:
        return False
    return True


def decode(raw: bytes) -> Record | None:
    """Return a record that can be believed, or None."""
    try:
        record = _decoder.decode(raw)
    except UNREADABLE:
        return None
    return settled(record)


def settled(record: Record) -> Record | None:
    """Return a decoded record whose common strings are shared; None: it cannot be believed."""
    if not _is_sound(record.entry):
        return None
    for name in _REPEATED:
        shared = sys.intern(getattr(record.entry, name))
        msgspec.structs.force_setattr(record.entry, name, shared)
    return record


def pack(vector: Vector | None) -> bytes:
    return b"" if vector is None else vector.astype(_HALF).tobytes()


def unpack(packed: bytes) -> Vector | None:
    """Return a vector of length 1; None: there is none, or what is there was not made of one."""
    if not packed or len(packed) % _HALF_BYTES:
        return None
    import numpy as np

    vector = np.frombuffer(packed, _HALF).astype(np.float32)
    with np.errstate(invalid="ignore"):  # what is no number has no length
        length = math.sqrt(float(vector @ vector))
    return vector / np.float32(length) if abs(length - 1) < _ROUNDING else None


def seal(entry: Entry, payload: bytes) -> bytes:
    """Return a payload that only counts as the answer of this very entry."""
    return _digest(entry, payload) + payload


def unseal(entry: Entry, sealed: bytes) -> bytes | None:
    """Return the payload; None: it is damaged, or the answer of another entry with this id."""
    payload = sealed[_SEAL_BYTES:]
    return payload if sealed[:_SEAL_BYTES] == _digest(entry, payload) else None


def _digest(entry: Entry, payload: bytes) -> bytes:
    whose = entry.id + struct.pack(">d", entry.created_at) + entry.request_id.encode()
    return blake2b(payload, digest_size=_SEAL_BYTES, key=whose[:_LONGEST_KEY]).digest()


def _is_sound(entry: Entry) -> bool:
    return (
        len(entry.id) == _ID_BYTES
        and len(entry.partition) in {0, _ID_BYTES}
        and len(entry.canonical) in {0, _ID_BYTES}
        and entry.size >= 0
        and math.isfinite(entry.created_at)
        and math.isfinite(entry.expires_at)
    )
