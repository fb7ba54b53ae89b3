"""The store that holds nothing."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from wrp_proxy.cache.base import Entry, Near, StoreStatus, Vector


class NullStore:
    """Take everything, and have nothing."""

    def find(self, entry_id: bytes) -> Entry | None:
        return None

    def find_canonical(self, canonical: bytes) -> Entry | None:
        return None

    def nearest(self, partition: bytes, vector: Vector, count: int) -> Sequence[Near]:
        return ()

    async def payload(self, entry: Entry) -> bytes | None:
        return None

    def add(self, entry: Entry, payload: bytes, vector: Vector | None) -> bool:
        return True

    async def delete(self, entry_ids: Iterable[bytes]) -> int:
        return 0

    async def flush(self, scope: str | None) -> int:
        return 0

    def epoch(self, scope: str) -> int:
        return 0

    def entries(self) -> Iterator[Entry]:
        return iter(())

    def note(self, key: bytes, value: bytes) -> None:
        return

    def listen(self, heard: Callable[[bytes, bytes], None]) -> None:
        return

    def status(self) -> StoreStatus:
        return StoreStatus(
            state="ok",
            detail="nothing is held",
            entries=0,
            payload_bytes=0,
            partitions=0,
            vectors=0,
            evicted=0,
        )

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        return
