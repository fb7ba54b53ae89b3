"""Turns in proportion to weights."""

from collections.abc import Sequence

from wrp_proxy.pool.base import Load
from wrp_proxy.types import Endpoint


class RoundRobin:
    """Smooth weighted round robin, as in nginx (upstream_round_robin): turns are spread evenly."""

    def __init__(self) -> None:
        self._credit: dict[Endpoint, float] = {}

    def choose(self, free: Sequence[Load]) -> Load:
        for load in free:
            endpoint = load.endpoint
            self._credit[endpoint] = self._credit.get(endpoint, 0.0) + endpoint.weight
        chosen = max(free, key=lambda load: self._credit[load.endpoint])
        self._credit[chosen.endpoint] -= sum(load.endpoint.weight for load in free)
        return chosen
