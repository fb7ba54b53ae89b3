"""Turns, whatever the load."""

from collections.abc import Sequence

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.pool.weighted import Weighted
from wrp_proxy.types import Workload


class RoundRobin:
    """Equal turns; an endpoint of weight 0 would have none, and is left out elsewhere."""

    def __init__(self) -> None:
        self._turns = Weighted(weight_of=lambda state: 1.0)

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        return self._turns.choose(free, workload)
