"""Turns, whatever the load."""

from collections.abc import Sequence

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload

_MOST = 1024
"""Endpoints whose turns are kept in mind."""


class RoundRobin:
    """Take the one whose last turn is the longest ago.

    So turns are equal among those that are free, and one that comes back catches up on nothing.
    """

    def __init__(self) -> None:
        self._turn = 0
        self._last: dict[EndpointState, int] = {}

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        last = self._last
        if len(last) > _MOST:
            last.clear()
        chosen = min(free, key=lambda state: last.get(state, 0))
        self._turn += 1
        last[chosen] = self._turn
        return chosen
