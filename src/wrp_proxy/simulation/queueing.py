"""One pool at work: a queue, first come first served, before replicas."""

from collections import deque
from heapq import heappush
from math import inf

from wrp_proxy.simulation.fleet import PoolSpec
from wrp_proxy.simulation.ledger import Ledger
from wrp_proxy.simulation.replica import Replica

Events = list[tuple[float, int]]
"""A heap of when, and at which replica; outdated where the replica has another `due_s`."""


class PoolQueue:
    """Give the first in the queue to the least busy replica that has a slot and the room.

    With steps that do not depend on the batch this is the queue M/G/c of theory, its c being all
    slots of all replicas.
    """

    __slots__ = (
        "_events",
        "_ledger",
        "_loads",
        "_running",
        "_slots",
        "preemptions",
        "replicas",
        "waiting",
    )

    def __init__(self, pool: PoolSpec, ledger: Ledger, events: Events, first_place: int) -> None:
        self.replicas = [Replica(pool, ledger, first_place + n, n) for n in range(pool.replicas)]
        self.waiting: deque[int] = deque()
        self.preemptions = 0
        self._slots = pool.slots
        self._loads = [0] * pool.replicas
        self._running = 0
        self._ledger = ledger
        self._events = events

    @property
    def load(self) -> float:
        """Requests here, in slots or waiting, as a share of all slots."""
        return (self._running + len(self.waiting)) / (len(self._loads) * self._slots)

    def offer(self, request: int, now_s: float) -> None:
        self.waiting.append(request)
        self._dispatch(now_s)

    def happen(self, replica: Replica, now_s: float) -> None:
        """Let a replica do what is due, and fill what becomes free."""
        number = replica.number
        dropped = replica.happen(now_s)
        if dropped is not None:
            self.preemptions += 1
            self.waiting.appendleft(dropped)
        self._running += replica.running - self._loads[number]
        self._loads[number] = replica.running
        if self.waiting:
            self._dispatch(now_s)
        if replica.due_s < inf:
            heappush(self._events, (replica.due_s, replica.place))

    def pass_time(self, now_s: float) -> tuple[float, float]:
        """Return the seconds that slots, and that lanes of prompts, were busy up to now."""
        for replica in self.replicas:
            replica.pass_time(now_s)
        slot_s = sum(replica.busy_slot_s for replica in self.replicas)
        return slot_s, sum(replica.prefill_busy_s(now_s) for replica in self.replicas)

    def energy_until(self, now_s: float) -> float:
        """Return joules."""
        self.pass_time(now_s)
        return sum(replica.energy_j for replica in self.replicas)

    def _dispatch(self, now_s: float) -> None:
        ledger = self._ledger
        while self.waiting:
            number = self._room(ledger.prompt[self.waiting[0]], now_s)
            if number is None:
                return
            request = self.waiting.popleft()
            ledger.note_start(request, now_s)
            replica = self.replicas[number]
            replica.admit(request, now_s)
            self._loads[number] += 1
            self._running += 1
            heappush(self._events, (replica.due_s, replica.place))

    def _room(self, tokens: float, now_s: float) -> int | None:
        least = min(self._loads)
        if least >= self._slots:
            return None
        number = self._loads.index(least)
        if self.replicas[number].has_room(tokens, now_s):
            return number
        others = sorted(range(len(self._loads)), key=self._loads.__getitem__)
        return next((n for n in others if self._takes(n, tokens, now_s)), None)

    def _takes(self, number: int, tokens: float, now_s: float) -> bool:
        return self._loads[number] < self._slots and self.replicas[number].has_room(tokens, now_s)
