"""The pool of this process: slots, cooldown, and one balancer per model."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from wrp_proxy.errors import NoEndpointError, PoolFullError, UpstreamError
from wrp_proxy.pool.base import Balancer, Load
from wrp_proxy.pool.registry import BALANCERS
from wrp_proxy.types import Endpoint, Model, Workload

_MAX_RETRY_AFTER_S = 300.0
"""No `Retry-After` keeps an endpoint out for longer."""


@dataclass(frozen=True, slots=True)
class LocalLease:
    """A slot of one endpoint of a LocalPool."""

    endpoint: Endpoint
    settle: Callable[[UpstreamError | None], None]


class LocalPool:
    """Lease endpoints by what this process has in flight and has seen fail.

    A failed endpoint rests for `cooldown_s` (0: never), or as long as its `Retry-After` says.
    Where all endpoints of a model rest, the least recently failed one is tried all the same, so
    that a model is never taken out of service altogether.
    """

    def __init__(self, *, cooldown_s: float, clock: Callable[[], float]) -> None:
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._loads: dict[Endpoint, Load] = {}
        self._balancers: dict[str, Balancer] = {}

    @contextmanager
    def lease(
        self, model: Model, workload: Workload, tried: Collection[Endpoint]
    ) -> Iterator[LocalLease]:
        load = self._choose(model, workload, tried)
        load.in_flight += 1
        try:
            yield LocalLease(load.endpoint, partial(self._settle, load))
        finally:
            load.in_flight -= 1

    def loads(self) -> Sequence[Load]:
        """Show the live state of every endpoint in use so far."""
        return tuple(self._loads.values())

    def is_cooling(self, load: Load) -> bool:
        return load.cooling_until > self._clock()

    def _choose(self, model: Model, workload: Workload, tried: Collection[Endpoint]) -> Load:
        able = [
            self._load(model, endpoint)
            for endpoint in model.endpoints
            if endpoint not in tried and endpoint.serves(workload)
        ]
        if not able:
            raise NoEndpointError(f"No endpoint of model '{model.name}' is left to try.")
        free = [load for load in able if not load.is_full]
        if not free:
            raise PoolFullError(
                f"Every endpoint of model '{model.name}' is busy; try again shortly.",
                retry_after_s=1,
            )
        rested = [load for load in free if not self.is_cooling(load)]
        if not rested:
            return min(free, key=lambda load: load.failed_at)
        return rested[0] if len(rested) == 1 else self._balancer(model).choose(rested)

    def _load(self, model: Model, endpoint: Endpoint) -> Load:
        if not model.listed:
            return Load(endpoint)  # names that callers make up leave nothing behind
        load = self._loads.get(endpoint)
        if load is None:
            load = self._loads[endpoint] = Load(endpoint)
        return load

    def _balancer(self, model: Model) -> Balancer:
        balancer = self._balancers.get(model.name)
        if balancer is None:
            balancer = self._balancers[model.name] = BALANCERS[model.balancer]()
        return balancer

    def _settle(self, load: Load, error: UpstreamError | None) -> None:
        if error is None:
            load.cooling_until = 0.0
        elif error.at_fault and self._cooldown_s:
            rest_s = max(self._cooldown_s, min(error.retry_after_s or 0.0, _MAX_RETRY_AFTER_S))
            load.failed_at = self._clock()
            load.cooling_until = load.failed_at + rest_s
