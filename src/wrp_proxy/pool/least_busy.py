"""The endpoint with the fewest requests in flight for its weight."""

from collections.abc import Sequence

from wrp_proxy.pool.base import Load
from wrp_proxy.pool.round_robin import RoundRobin


class LeastBusy:
    """Prefer the idle; take turns where several are equally busy."""

    def __init__(self) -> None:
        self._turns = RoundRobin()

    def choose(self, free: Sequence[Load]) -> Load:
        if len(free) == 1:
            return free[0]
        busyness = [load.in_flight / load.endpoint.weight for load in free]
        lowest = min(busyness)
        idlest = [load for load, busy in zip(free, busyness, strict=True) if busy == lowest]
        return self._turns.choose(idlest)
