"""Stores of what is learnt, and what stands around them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.clock import Clock
from wrp_proxy.learning.base import Batch, Sharing, SharingStatus, Told, named
from wrp_proxy.learning.packing import pack
from wrp_proxy.learning.store import LearningStore
from wrp_proxy.statistics import Change, Statistics


def values(statistics: Statistics, key: str = "key") -> list[float]:
    sums = statistics.get(key)
    assert sums is not None
    found: list[float] = sums.tolist()
    return found


def found(path: Path) -> bytes:
    """Return what is in a file; empty: there is none."""
    return path.read_bytes() if path.exists() else b""


def leave(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def drop(path: Path) -> None:
    path.unlink()


def store_on(
    path: Path,
    clock: Clock,
    *statistics: Statistics,
    route: str = "auto",
    sharing: Sharing | None = None,
) -> LearningStore:
    return LearningStore(path, named({route: statistics}), sharing, clock=clock)


@dataclass(slots=True)
class Redisless:
    """Pretends to share: others confirm nothing, and may keep one waiting."""

    unconfirmed: Mapping[str, list[Batch]] = field(default_factory=dict)
    resumed: dict[str, list[Batch]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    is_slow: bool = False
    status: SharingStatus = field(default_factory=SharingStatus)

    def leaving(self, name: str) -> list[Batch]:
        return self.unconfirmed.get(name, [])

    def resume(self, name: str, batches: Iterable[Batch]) -> None:
        self.resumed.setdefault(name, []).extend(batches)

    async def exchange(self) -> None:
        self.said.append("exchange")
        if self.is_slow:
            await asyncio.Event().wait()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.said.append("close")


def batch(number: int = 1) -> Batch:
    change = Change(key="key", factor=1.0, added=[1.0], at=1000.0)
    return Batch("one", number, [Told(change, pack([5.0], 1000.0))])
