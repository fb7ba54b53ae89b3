"""The endpoint with the fewest requests in flight for its weight."""

from collections.abc import Sequence
from math import inf

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.pool.weighted import Weighted
from wrp_proxy.types import Workload


class LeastBusy:
    """Prefer the idle; take turns by weight where several are equally busy."""

    def __init__(self) -> None:
        self._turns = Weighted()

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        if len(free) == 1:
            return free[0]
        lowest, idlest = inf, list[EndpointState]()
        for state in free:
            busyness = (state.in_flight + state.elsewhere) / state.weight
            if busyness < lowest:
                lowest, idlest = busyness, [state]
            elif busyness == lowest:
                idlest.append(state)
        return idlest[0] if len(idlest) == 1 else self._turns.choose(idlest, workload)
