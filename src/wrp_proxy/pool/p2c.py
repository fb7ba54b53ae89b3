"""Power of two choices on the peak EWMA of latency."""

from collections.abc import Sequence
from random import Random

from wrp_proxy.pool.base import Clock
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload

_LEAST_S = 0.001


class PowerOfTwoChoices:
    """Draw two, and take the one that is expected to be the sooner.

    The cost of an endpoint is its peak latency times what it has in flight and one more, over its
    weight. (Mitzenmacher, The Power of Two Choices, 2001; peak EWMA as in Finagle.)
    """

    def __init__(self, *, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        if len(free) < 2:
            return free[0]
        now = self._clock()
        one, other = self._random.sample(free, 2)
        return one if _cost(one, now) <= _cost(other, now) else other


def _cost(state: EndpointState, now: float) -> float:
    latency_s = max(state.latency_s(now), _LEAST_S)
    return latency_s * (state.load() + 1) / state.weight
