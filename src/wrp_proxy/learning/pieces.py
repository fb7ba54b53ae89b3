"""Sums on their way between statistics and the file."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from wrp_proxy.learning.file import Kept, encoded
from wrp_proxy.learning.packing import Sums, is_text, pack_vector, unpack
from wrp_proxy.statistics import Statistics, Vector

_SLICE = 500
"""Vectors that are copied at a time; it takes about 1 ms."""


async def copied(name: str, statistics: Statistics, clock: Callable[[], float]) -> list[bytes]:
    """Return encoded pieces; only copying is done on the event loop, with others in between."""
    return [
        await asyncio.to_thread(_packed, name, vectors, clock()) for vectors in _slices(statistics)
    ]


def readable(piece: Kept) -> dict[str, Sums]:
    """Return the sums in the form that `Statistics.replace` takes."""
    unpacked = ((key, unpack(one)) for key, one in piece.sums.items())
    return {key: sums for key, sums in unpacked if sums is not None}


def _slices(statistics: Statistics) -> Iterator[dict[str, Vector]]:
    keys = list(statistics.keys())
    for start in range(0, len(keys), _SLICE):
        found = ((key, statistics.get(key)) for key in keys[start : start + _SLICE])
        yield {key: sums for key, sums in found if sums is not None}


def _packed(name: str, vectors: Mapping[str, Vector], at: float) -> bytes:
    """Vectors are never changed, only replaced: they may be read in a thread."""
    sums = {key: pack_vector(one, at) for key, one in vectors.items() if is_text(key)}
    return encoded(Kept(name, sums, []))
