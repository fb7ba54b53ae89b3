"""The endpoint with the fewest requests in flight for its weight."""

from collections.abc import Sequence

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.pool.weighted import Weighted
from wrp_proxy.types import Workload


class LeastBusy:
    """Prefer the idle; take turns where several are equally busy."""

    def __init__(self) -> None:
        self._turns = Weighted()

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        if len(free) == 1:
            return free[0]
        busyness = [state.load() / state.weight for state in free]
        lowest = min(busyness)
        idlest = [state for state, busy in zip(free, busyness, strict=True) if busy == lowest]
        return self._turns.choose(idlest, workload)
