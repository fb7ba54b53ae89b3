"""What a store needs of the index that holds its vectors."""

from typing import Protocol

from wrp_proxy.cache.base import Vector


class Vectors(Protocol):
    """Changed on the event loop, in no time; read in worker threads, which may wait for each other.

    An id that is not there is removed all the same.
    """

    def put(self, partition: bytes, entry_id: bytes, vector: Vector) -> None: ...

    def remove(self, partition: bytes, entry_id: bytes) -> None: ...

    def clear(self) -> None: ...

    def search(self, partition: bytes, vector: Vector, count: int) -> list[tuple[bytes, float]]:
        """Return ids and cosines, nearest first."""
        ...

    def get(self, partition: bytes, entry_id: bytes) -> Vector | None: ...
