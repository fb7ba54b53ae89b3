"""What is learnt outlives a restart, and is shared with other replicas."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from wrp_proxy.statistics import Change, Statistics


class Told(msgspec.Struct, frozen=True, array_like=True):
    """A change, and what to begin with where others know nothing of its key."""

    change: Change
    total: bytes
    """Packed sums: the change is part of them, and nothing that is told later."""


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Changes on their way to the other replicas; whoever takes them in does so once."""

    sender: str
    """A replica, from one start of it to the next."""
    number: int
    """Grows with each batch of a sender."""
    changes: list[Told]


class Sharing(Protocol):
    """Shares statistics with other replicas; called by the learning store. Nothing raises."""

    @property
    def status(self) -> "SharingStatus": ...

    def leaving(self, name: str) -> list[Batch]:
        """Return what the others have not confirmed of one of the statistics."""
        ...

    def resume(self, name: str, batches: Iterable[Batch]) -> None:
        """Let these, of an earlier run, be told first."""
        ...

    async def exchange(self) -> None:
        """Tell what was learnt here, and take over what was elsewhere."""
        ...

    async def run(self) -> None:
        """Exchange until cancelled."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingStatus:
    """How the exchange with other replicas goes."""

    trouble: str = ""
    """Why the last exchange failed, in words."""
    exchanged_at: float | None = None
    """Unix seconds of the last one that did not."""
    failures: int = 0
    damaged: int = 0
    """Sums found that could not be read."""


class NoSharing:
    """There are no other replicas."""

    status = SharingStatus()

    def leaving(self, name: str) -> list[Batch]:
        return []

    def resume(self, name: str, batches: Iterable[Batch]) -> None:
        pass

    async def exchange(self) -> None:
        pass

    async def run(self) -> None:
        pass

    async def close(self) -> None:
        pass


def named(sources: Mapping[str, Iterable[Statistics]]) -> dict[str, Statistics]:
    """Name statistics after their source; `sources`: such as a route -> what its strategy learnt.

    Two of one name would be added up, so that they are refused (ValueError). Whoever gives the sums
    another meaning gives the statistics another name, as files and replicas of before have the old.
    """
    found: dict[str, Statistics] = {}
    for source, several in sources.items():
        for statistics in several:
            name = f"{source}/{statistics.name}"
            if name in found:
                raise ValueError(f"{name} names two statistics; let one be `.under` another name")
            found[name] = statistics
    return found
