"""Power of two choices on the peak EWMA of latency."""

from collections.abc import Sequence
from random import Random

from wrp_proxy.pool.base import Clock
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload

_LEAST_S = 0.001
"""Added to all, as load still tells where no latency does."""


class PowerOfTwoChoices:
    """Draw two, and take the one that is expected to be the sooner.

    The cost of an endpoint is its peak latency times what it has in flight and one more, over its
    weight. (Mitzenmacher, The Power of Two Choices, 2001; peak EWMA as in Finagle.) A peak fades
    until the endpoint is tried again, with one request: while that one is in flight, the endpoint
    counts as slow as it last was. One that was never asked is tried first, and counts as quick as
    the other one until its first answer is in.
    """

    def __init__(self, *, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        count = len(free)
        if count < 2:
            return free[0]
        draw = self._random.random
        place = int(draw() * count)
        one, other = free[place], free[place - 1 - int(draw() * (count - 1))]
        return one if self._is_sooner(one, other) else other

    def _is_sooner(self, one: EndpointState, other: EndpointState) -> bool:
        now = self._clock()
        own_s, other_s = _latency_s(one, now), _latency_s(other, now)
        if own_s is None or other_s is None:
            known_s = max(own_s or 0.0, other_s or 0.0)
            own_s = own_s if own_s is not None else _unknown_s(one, known_s, now)
            other_s = other_s if other_s is not None else _unknown_s(other, known_s, now)
        own = (own_s + _LEAST_S) * (one.in_flight + one.elsewhere + 1) / one.weight
        return own <= (other_s + _LEAST_S) * (other.in_flight + other.elsewhere + 1) / other.weight


def _latency_s(state: EndpointState, now: float) -> float | None:
    """Return the peak, or how long the oldest waits, so that one that hangs is noticed early."""
    pace = state.pace
    known_s = pace.latency_s
    if known_s is None:
        return None
    if not state.in_flight:
        return pace.peak_s(now)
    waited_s = _waited_s(state, now)
    return waited_s if waited_s > known_s else known_s


def _unknown_s(state: EndpointState, known_s: float, now: float) -> float:
    return max(known_s, _waited_s(state, now)) if state.in_flight else 0.0


def _waited_s(state: EndpointState, now: float) -> float:
    """Return how long the oldest request has waited for its first content; 0: none waits."""
    return now - next(iter(state.unanswered.values())) if state.unanswered else 0.0
