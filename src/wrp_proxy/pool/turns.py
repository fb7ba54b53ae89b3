"""Whose turn it is: tenants one after the other, whatever each of them has in line."""

from collections import Counter
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """A request in line; what it says stays the same while it is there."""

    @property
    def tenant(self) -> str: ...

    @property
    def able(self) -> int:
        """Which endpoints may serve it, one bit each."""
        ...


W = TypeVar("W", bound=Waiting)


class Turns(Generic[W]):
    """Round robin over tenants; within a tenant, first come, first served.

    Whoever has just had a turn, or has just come, is behind all others: a tenant's first request
    waits for one round at most. (Fair queuing in its simplest form: Nagle, RFC 970.)
    """

    def __init__(self) -> None:
        self._tenants: dict[str, dict[W, None]] = {}
        """In the order of their turns."""
        self._needs: Counter[int] = Counter()
        """How many have each value of `able`, so that nobody is looked for in vain."""
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[W]:
        return (one for queue in self._tenants.values() for one in queue)

    def add(self, one: W) -> None:
        self._tenants.setdefault(one.tenant, {})[one] = None
        self._needs[one.able] += 1
        self._size += 1

    def drop(self, one: W) -> None:
        """Take somebody out of the line; nothing happens where that has been done."""
        queue = self._tenants.get(one.tenant, {})
        if one not in queue:
            return
        del queue[one]
        if not queue:
            del self._tenants[one.tenant]
        self._size -= 1
        self._needs[one.able] -= 1
        if not self._needs[one.able]:
            del self._needs[one.able]

    def next(self, free: int) -> W | None:
        """Return who is the first that one of some endpoints can serve."""
        if not any(able & free for able in self._needs):
            return None
        return next(one for one in self if one.able & free)

    def serve(self, one: W) -> None:
        """Take somebody out of the line who has had a turn."""
        self.drop(one)
        queue = self._tenants.pop(one.tenant, None)
        if queue is not None:
            self._tenants[one.tenant] = queue

    def beyond(self, endpoints: int) -> list[W]:
        """Return those that none of some endpoints can serve."""
        if all(able & endpoints for able in self._needs):
            return []
        return [one for one in self if not one.able & endpoints]

    def of(self, tenant: str) -> int:
        """Count what a tenant has in line."""
        return len(self._tenants.get(tenant, ()))

    def newest_of_greediest(self) -> W:
        """Return the newest request of the tenant with the most in line, where there is any."""
        queue = max(self._tenants.values(), key=len)
        return next(reversed(queue))
