"""Upstreams and arrivals in simulated time, before the real pool."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush, heapreplace
from itertools import count
from math import ceil
from random import Random

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model, outcome, usage, workload
from wrp_proxy.errors import NoEndpointError, UpstreamError
from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.breaker import BreakerRules
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pooling import Balancing
from wrp_proxy.types import Endpoint, Model, Workload

FIRST_S, REST_S = 0.2, 0.8


@dataclass(slots=True, eq=False)
class Upstream:
    """A server with a few workers and a line; `slowness` may change in the middle."""

    endpoint: Endpoint
    workers: int = 8
    slowness: float = 1.0
    fails: bool = False
    """At once."""
    free_at: list[float] = field(default_factory=list)

    def serve(self, now: float) -> tuple[float, float]:
        """Return when the first content comes, and when the last."""
        if self.fails:
            return now, now + 0.001
        begin = now
        if len(self.free_at) < self.workers:
            heappush(self.free_at, now)
        begin = max(now, self.free_at[0])
        first_at = begin + FIRST_S * self.slowness
        end_at = first_at + REST_S * self.slowness
        heapreplace(self.free_at, end_at)
        return first_at, end_at


@dataclass(frozen=True, slots=True)
class Served:
    """One request, as it went."""

    endpoint: Endpoint
    arrived_at: float
    latency_s: float
    session: str | None
    loads: tuple[int, ...]
    """In flight at each upstream when it had been placed, in their order."""


@dataclass(slots=True)
class Simulation:
    """Plays arrivals; everything happens in the order of its time."""

    upstreams: Sequence[Upstream]
    balancing: Balancing
    seed: int = 1
    rules: BreakerRules | None = None
    clock: Clock = field(default_factory=Clock)
    pool: LocalPool = field(init=False)
    model: Model = field(init=False)
    served: list[Served] = field(default_factory=list)
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: Callable[[], int] = field(default_factory=lambda: count().__next__)

    def __post_init__(self) -> None:
        random = Random(self.seed)  # noqa: S311 - repeatable
        self.pool = LocalPool(self.rules, clock=self.clock, random=random)
        endpoints = [upstream.endpoint for upstream in self.upstreams]
        self.model = model("m", *endpoints, balancing=self.balancing)

    async def play(self, arrivals: Iterable[tuple[float, Workload]]) -> list[Served]:
        """Return how these went, after the last has ended; times are seconds from now."""
        began, before = self.clock.now, len(self.served)
        for after_s, asked in arrivals:
            self._go_to(began + after_s)
            await self._arrive(asked)
        while self._events:
            self._go_to(self._events[0][0])
        return self.served[before:]

    def _go_to(self, at: float) -> None:
        while self._events and self._events[0][0] <= at:
            self.clock.now, _, happen = heappop(self._events)
            happen()
        self.clock.now = at

    def _at(self, at: float, happen: Callable[[], None]) -> None:
        heappush(self._events, (at, self._number(), happen))

    async def _arrive(self, asked: Workload) -> None:
        try:
            lease = await self.pool.lease(self.model, Demand(asked))
        except NoEndpointError:
            return
        upstream = next(one for one in self.upstreams if one.endpoint is lease.endpoint)
        first_at, end_at = upstream.serve(self.clock.now)
        load_of = {state.endpoint: state.in_flight for state in self.pool.states()}
        loads = tuple(load_of[one.endpoint] for one in self.upstreams)
        arrived_at = self.clock.now
        self.served.append(
            Served(lease.endpoint, arrived_at, end_at - arrived_at, asked.session, loads)
        )
        if not upstream.fails:
            self._at(first_at, lambda: lease.begin(is_stream=True))
        self._at(end_at, lambda: _end(lease, arrived_at, first_at, end_at, upstream.fails))


def _end(
    lease: LocalLease, arrived_at: float, first_at: float, end_at: float, failed: bool
) -> None:
    with lease:
        lease.settle(
            outcome(
                first_content_s=None if failed else first_at - arrived_at,
                duration_s=end_at - arrived_at,
                finish="failed" if failed else "complete",
                usage=None if failed else usage(100, 50),
                stream=True,
            ),
            UpstreamError("boom") if failed else None,
        )


def upstreams(*slowness: float, **more: float) -> list[Upstream]:
    """Make servers, as slow as said in comparison with the others."""
    return [Upstream(endpoint(f"e{place}"), slowness=slow) for place, slow in enumerate(slowness)]


def poisson(
    rate_per_s: float, seconds: float, seed: int = 1, asked: Callable[[int], Workload] | None = None
) -> list[tuple[float, Workload]]:
    """Make arrivals at random; `asked` makes the workload of the nth."""
    random = Random(seed)  # noqa: S311 - repeatable
    at, arrivals = 0.0, list[tuple[float, Workload]]()
    while (at := at + random.expovariate(rate_per_s)) < seconds:
        arrivals.append((at, asked(len(arrivals)) if asked else workload()))
    return arrivals


def p99_s(served: Sequence[Served]) -> float:
    latencies = sorted(one.latency_s for one in served)
    return latencies[ceil(0.99 * len(latencies)) - 1]


def shares(served: Sequence[Served]) -> Counter[str]:
    return Counter(one.endpoint.model for one in served)
