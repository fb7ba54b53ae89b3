"""Responses that a client may refer to later."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

_OVERHEAD_BYTES = 512
"""What an entry weighs besides its bytes, roughly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response, and the conversation that it is the end of."""

    response: bytes
    """The whole response object."""
    items: tuple[msgspec.Raw, ...] = ()
    """All input and output items so far, to put in front of the next turn's."""
    provider: str | None = None
    """Who keeps it itself; then `items` may be empty."""

    @property
    def size_bytes(self) -> int:
        items = sum(memoryview(item).nbytes for item in self.items)
        return len(self.response) + items + _OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class _Entry:
    stored: StoredResponse
    size_bytes: int
    expires: float


class ResponseStore:
    """Bounded in bytes, least recently used out first; nobody sees another tenant's."""

    def __init__(self, *, max_bytes: int, ttl_s: float, clock: Callable[[], float]) -> None:
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._clock = clock
        self._size_bytes = 0
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def put(self, tenant: str, response_id: str, stored: StoredResponse) -> None:
        """Keep a response for `ttl_s`, unless it alone is larger than the store."""
        self.delete(tenant, response_id)
        size_bytes = stored.size_bytes
        if size_bytes > self._max_bytes:
            return
        self._make_room(size_bytes)
        self._size_bytes += size_bytes
        self._entries[tenant, response_id] = _Entry(stored, size_bytes, self._clock() + self._ttl_s)

    def get(self, tenant: str, response_id: str) -> StoredResponse | None:
        entry = self._entries.get((tenant, response_id))
        if entry is None:
            return None
        if entry.expires <= self._clock():
            self.delete(tenant, response_id)
            return None
        self._entries.move_to_end((tenant, response_id))
        return entry.stored

    def delete(self, tenant: str, response_id: str) -> bool:
        """Tell whether there was one."""
        entry = self._entries.pop((tenant, response_id), None)
        if entry is None:
            return False
        self._size_bytes -= entry.size_bytes
        return entry.expires > self._clock()

    def _make_room(self, size_bytes: int) -> None:
        while self._size_bytes + size_bytes > self._max_bytes:
            _, entry = self._entries.popitem(last=False)
            self._size_bytes -= entry.size_bytes
