"""Endpoints as a balancer sees them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, outcome, usage
from wrp_proxy.pool.base import Balancer
from wrp_proxy.pool.breaker import Breaker, BreakerRules
from wrp_proxy.pool.registry import make_balancer
from wrp_proxy.pool.state import EndpointState, KeyState
from wrp_proxy.pooling import Balancing
from wrp_proxy.types import Endpoint, Workload


def state_of(one: Endpoint, in_flight: int = 0) -> EndpointState:
    breaker, of_key = (Breaker(BreakerRules(), Random(1)) for _ in range(2))  # noqa: S311 - repeatable
    return EndpointState(
        one, breaker, KeyState(one.provider, of_key), one.weight, in_flight=in_flight
    )


def state(name: str, in_flight: int = 0, **more: object) -> EndpointState:
    return state_of(endpoint(name, **more), in_flight)


def states(*weights: float) -> list[EndpointState]:
    return [state(f"e{place}", weight=weight) for place, weight in enumerate(weights)]


def balancer(name: str, clock: Clock | None = None, seed: int = 1, **parameters: Any) -> Balancer:
    balancing = Balancing(name=name, parameters=parameters)
    return make_balancer(balancing, clock or Clock(), Random(seed))  # noqa: S311 - repeatable


def answer(one: EndpointState, now: float, first_s: float = 0.5, duration_s: float = 1.0) -> None:
    """Let an endpoint have given a complete answer."""
    done = outcome(
        first_content_s=first_s, duration_s=duration_s, stream=True, usage=usage(100, 51)
    )
    one.pace.observe(done, now)


def chosen(
    balancer: Balancer, free: Sequence[EndpointState], asked: Iterable[Workload]
) -> Counter[str]:
    """Count who is chosen, one after the other."""
    return Counter(balancer.choose(free, one).endpoint.model for one in asked)


def turns(
    balancer: Balancer, free: Sequence[EndpointState], asked: Workload, count: int
) -> list[str]:
    return [balancer.choose(free, asked).endpoint.model for _ in range(count)]
