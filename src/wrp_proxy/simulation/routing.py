"""Which pool a request goes to: by its total of tokens, and by how busy the pools are."""

from collections.abc import Sequence

import numpy as np

from wrp_proxy.simulation.fleet import Fleet
from wrp_proxy.simulation.ledger import Ledger
from wrp_proxy.simulation.queueing import PoolQueue
from wrp_proxy.simulation.trace import Counts, Trace

REFUSED = -1


class Dispatcher:
    """Send requests to a pool whose window fits, the preferred one unless it is too busy."""

    __slots__ = ("_fits", "_ledger", "_preferred", "_queues", "_spillover", "_windows")

    def __init__(
        self,
        trace: Trace,
        fleet: Fleet,
        ledger: Ledger,
        queues: Sequence[PoolQueue],
        preferred: Counts,
    ) -> None:
        needed = trace.needed_tokens
        self._fits: list[list[bool]] = [(needed <= one.window).tolist() for one in fleet.pools]
        self._preferred: list[int] = preferred.tolist()
        self._windows = [one.window for one in fleet.pools]
        self._spillover = fleet.spillover if len(fleet.pools) > 1 else None
        self._ledger = ledger
        self._queues = queues

    def send(self, request: int, now_s: float) -> None:
        pool = self._preferred[request]
        if pool == REFUSED:
            return
        if self._spillover is not None and self._queues[pool].load >= self._spillover:
            pool = self._spilled(request, pool, self._spillover)
        ledger = self._ledger
        ledger.pool[request] = pool
        room = self._windows[pool] - ledger.prompt[request]
        if ledger.left[request] > room:
            ledger.left[request] = room
        self._queues[pool].offer(request, now_s)

    def _spilled(self, request: int, preferred: int, threshold: float) -> int:
        other = 1 - preferred
        is_free = self._queues[other].load < threshold
        return other if is_free and self._fits[other][request] else preferred


def preferred_pools(trace: Trace, fleet: Fleet) -> Counts:
    """Return the number of the pool that each request's expected length asks for."""
    longest = len(fleet.pools) - 1
    needed = trace.needed_tokens
    preferred = np.full(len(trace), longest)
    if longest:
        is_short = (trace.expected_tokens <= fleet.boundary_tokens) & (
            needed <= fleet.pools[0].window
        )
        preferred[is_short] = 0
    preferred[needed > fleet.pools[longest].window] = REFUSED
    return preferred
