"""Balancer name -> class; a new balancer is one file and one row here."""

import inspect
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from wrp_proxy.pool.base import INJECTED, Balancer, Clock
from wrp_proxy.pool.cheapest import Cheapest
from wrp_proxy.pool.least_busy import LeastBusy
from wrp_proxy.pool.p2c import PowerOfTwoChoices
from wrp_proxy.pool.predicted_latency import PredictedLatency
from wrp_proxy.pool.prefix_affinity import PrefixAffinity
from wrp_proxy.pool.round_robin import RoundRobin
from wrp_proxy.pool.weighted import Weighted
from wrp_proxy.pooling import Balancing
from wrp_proxy.signals import Signal


def balancer_parameters(name: str) -> Mapping[str, inspect.Parameter]:
    """Return the parameters that the configuration may set."""
    given = inspect.signature(BALANCERS[name]).parameters
    return {key: one for key, one in given.items() if one.annotation not in INJECTED}


def make_balancer(balancing: Balancing, clock: Clock, random: Random) -> Balancer:
    """Build the balancer of one model."""
    kinds: Mapping[Any, Any] = {Clock: clock, Random: random}
    given = inspect.signature(BALANCERS[balancing.name]).parameters
    injected = {n: kinds[p.annotation] for n, p in given.items() if p.annotation in INJECTED}
    return BALANCERS[balancing.name](**balancing.parameters, **injected)


def signals_of(balancing: Balancing) -> frozenset[Signal]:
    """Return what the balancer looks at of a workload."""
    return _SIGNALS.get(balancing.name, frozenset())


BALANCERS: dict[str, Callable[..., Balancer]] = {
    "cheapest": Cheapest,
    "least_busy": LeastBusy,
    "p2c": PowerOfTwoChoices,
    "predicted_latency": PredictedLatency,
    "prefix_affinity": PrefixAffinity,
    "round_robin": RoundRobin,
    "weighted": Weighted,
}
WEIGHTLESS = frozenset({"round_robin"})
"""Balancers that take no notice of weights."""
_SIGNALS: Mapping[str, frozenset[Signal]] = {
    "prefix_affinity": frozenset({"conversation", "fingerprint"}),
}
