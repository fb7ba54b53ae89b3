"""Turns in proportion to weights."""

from collections.abc import Sequence

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload

_MOST = 1024
"""Endpoints whose credit is kept in mind."""


class Weighted:
    """Smooth weighted round robin, as in nginx (upstream_round_robin): turns are spread evenly."""

    def __init__(self) -> None:
        self._credit: dict[EndpointState, float] = {}

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        kept = self._credit
        if len(kept) > _MOST:
            kept.clear()
        total = 0.0
        chosen, most = free[0], float("-inf")
        for state in free:
            total += state.weight
            credit = kept[state] = kept.get(state, 0.0) + state.weight
            if credit > most:
                chosen, most = state, credit
        kept[chosen] = most - total
        return chosen
