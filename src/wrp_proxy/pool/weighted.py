"""Turns in proportion to weights."""

from collections.abc import Callable, Sequence

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Endpoint, Workload


class Weighted:
    """Smooth weighted round robin, as in nginx (upstream_round_robin): turns are spread evenly."""

    def __init__(
        self, *, weight_of: Callable[[EndpointState], float] = lambda state: state.weight
    ) -> None:
        self._weight_of = weight_of
        self._credit: dict[Endpoint, float] = {}

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        total = 0.0
        for state in free:
            weight = self._weight_of(state)
            total += weight
            self._credit[state.endpoint] = self._credit.get(state.endpoint, 0.0) + weight
        chosen = max(free, key=lambda state: self._credit[state.endpoint])
        self._credit[chosen.endpoint] -= total
        return chosen
