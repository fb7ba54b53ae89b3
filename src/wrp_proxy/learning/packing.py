"""Sums as bytes, in the file and in Redis: the time they are faded to, then the values."""

import struct
from collections.abc import Iterable
from math import isfinite

from wrp_proxy.statistics import Vector

Sums = tuple[tuple[float, ...], float]
"""Values, and Unix seconds to which they are faded."""
_SIZE = 8


def pack(values: Iterable[float], at: float) -> bytes:
    numbers = (at, *values)
    return struct.pack(f"<{len(numbers)}d", *numbers)


def pack_vector(values: Vector, at: float) -> bytes:
    return pack((), at) + values.astype("<f8", copy=False).tobytes()


def unpack(packed: bytes) -> Sums | None:
    """Return what was packed; None: it is no such thing, or not finite."""
    count, rest = divmod(len(packed), _SIZE)
    if rest or not count:
        return None
    at, *values = struct.unpack(f"<{count}d", packed)
    return (tuple(values), at) if all(map(isfinite, (at, *values))) else None


def field_of(key: str, length: int) -> bytes:
    """Name a vector in Redis: those of another length, as another version has them, stay apart."""
    return b"%d:%s" % (length, key.encode())


def key_of(field: bytes) -> tuple[str, int] | None:
    """Return key and length of a field; None: it is nobody's."""
    length, _, key = field.partition(b":")
    try:
        return key.decode(), int(length)
    except ValueError:
        return None


def is_text(key: str) -> bool:
    """Tell whether a key can be written at all: a lone half of a surrogate pair cannot."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
