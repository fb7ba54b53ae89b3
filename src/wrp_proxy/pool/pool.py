"""The pool of this process: slots, health, lines, and one balancer per model."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from time import time

from wrp_proxy.errors import AllRestingError, NoEndpointError, PoolFullError
from wrp_proxy.pool.base import Balancer, Clock, Demand
from wrp_proxy.pool.boundary import LONG, SHORT, Boundaries
from wrp_proxy.pool.breaker import Breaker, BreakerRules
from wrp_proxy.pool.expecting import expectation
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.line import Line
from wrp_proxy.pool.parts import Parts
from wrp_proxy.pool.registry import make_balancer
from wrp_proxy.pool.state import EndpointState, KeyState
from wrp_proxy.pool_view import Expectation
from wrp_proxy.types import Endpoint, Model, Workload


@dataclass(slots=True, eq=False)
class _Service:
    """What the pool keeps for one listed model."""

    model: Model
    balancer: Balancer
    line: Line
    states: Sequence[EndpointState]
    is_cut: bool
    """Some of its endpoints are for short or for long requests."""


class LocalPool:
    """Lease endpoints by what this process has in flight and has seen of them.

    An endpoint is out of service while its breaker is open, its key is refused or it is drained.
    """

    def __init__(
        self,
        rules: BreakerRules | None = None,
        *,
        boundaries: Boundaries | None = None,
        longest_line: int = 256,
        clock: Clock,
        random: Random,
    ) -> None:
        """`longest_line`: requests that may wait for each model."""
        self._rules = rules or BreakerRules()
        self._longest_line = longest_line
        self._clock = clock
        self._random = random
        self._states: dict[Endpoint, EndpointState] = {}
        self._keys: dict[str, KeyState] = {}
        self._services: dict[str, _Service] = {}
        self.boundaries = boundaries or Boundaries(clock, time)
        self._parts = Parts(self.boundaries)

    async def lease(self, model: Model, demand: Demand, wait_s: float = 0.0) -> LocalLease:
        service = self._service(model)
        try:
            return self._take(service, demand)
        except PoolFullError:
            if not wait_s:
                raise
            return await service.line.wait(demand, wait_s)

    def states(self) -> Sequence[EndpointState]:
        """Show the live state of every endpoint in use so far."""
        return tuple(self._states.values())

    def keys(self) -> Sequence[KeyState]:
        return tuple(self._keys.values())

    def lines(self) -> Sequence[tuple[str, int]]:
        """Tell how many wait for each model."""
        return [(name, len(service.line)) for name, service in self._services.items()]

    def is_out(self, state: EndpointState) -> bool:
        return state.is_out(self._clock())

    def expect(self, model: Model, workload: Workload) -> Expectation:
        """Tell strategies what to expect of a model, as `PoolView` says."""
        return expectation(self._service(model).states, workload, self._clock())

    def serve_lines(self) -> None:
        """Let those in line look again, after something has changed."""
        for service in self._services.values():
            if len(service.line):
                self._serve(service)

    def _take(self, service: _Service, demand: Demand) -> LocalLease:
        state = self._choose(service, demand)
        return LocalLease(state, self._clock, self.serve_lines)

    def _choose(self, service: _Service, demand: Demand) -> EndpointState:
        name = service.model.name
        able = [state for state in service.states if demand.is_met_by(state.endpoint)]
        if not able:
            raise NoEndpointError(f"No endpoint of model '{name}' is left to try.")
        now = self._clock()
        up = [state for state in able if not state.is_out(now)]
        if not up:
            raise _all_resting(name, able, now)
        free = [state for state in up if not state.is_full]
        if not free:
            raise PoolFullError(
                f"Every endpoint of model '{name}' is busy; try again shortly.",
                retry_after_s=_soonest_slot_s(up),
            )
        if len(free) == 1:
            return free[0]
        if service.is_cut:
            preferred = self._parts.preferred(service.model, up, free, demand.workload)
            return service.balancer.choose(preferred, demand.workload)
        return service.balancer.choose(free, demand.workload)

    def _serve(self, service: _Service) -> None:
        def has_free() -> bool:
            now = self._clock()
            return any(not (state.is_out(now) or state.is_full) for state in service.states)

        service.line.serve(has_free)

    def _service(self, model: Model) -> _Service:
        service = self._services.get(model.name)
        if service is None:
            return self._make_service(model)
        if service.model is not model:
            self._renew(service, model)
        return service

    def _make_service(self, model: Model) -> _Service:
        """Make what a model needs; names that callers make up leave nothing behind."""
        service = _Service(
            model=model,
            balancer=make_balancer(model.balancing, self._clock, self._random),
            line=Line(
                model.name,
                self._longest_line,
                lambda demand: self._take(service, demand),
                self._clock,
            ),
            states=self._states_of(model),
            is_cut=_is_cut(model),
        )
        if model.listed:
            self._services[model.name] = service
        return service

    def _renew(self, service: _Service, model: Model) -> None:
        """Take over a model that was listed anew, perhaps with other endpoints."""
        if model.endpoints != service.model.endpoints:
            service.states = self._states_of(model)
            service.is_cut = _is_cut(model)
        service.model = model

    def _states_of(self, model: Model) -> Sequence[EndpointState]:
        state_of = self._state if model.listed else self._new_state
        return [state_of(endpoint) for endpoint in model.endpoints]

    def _state(self, endpoint: Endpoint) -> EndpointState:
        state = self._states.get(endpoint)
        if state is None:
            state = self._states[endpoint] = self._new_state(endpoint)
            state.key = self._keys.setdefault(endpoint.provider, state.key)
        return state

    def _new_state(self, endpoint: Endpoint) -> EndpointState:
        return EndpointState(
            endpoint,
            self._new_breaker(),
            KeyState(endpoint.provider, self._new_breaker()),
            endpoint.weight,
        )

    def _new_breaker(self) -> Breaker:
        return Breaker(self._rules, self._random)


def _is_cut(model: Model) -> bool:
    return any(endpoint.label in {SHORT, LONG} for endpoint in model.endpoints)


def _soonest_slot_s(states: Sequence[EndpointState]) -> float:
    return max(min(state.expected_wait_s() for state in states), 1.0)


def _all_resting(name: str, states: Sequence[EndpointState], now: float) -> NoEndpointError:
    """Say when the first of them may be back; a rate limit is told as one."""
    ends = [state.back_at() for state in states]
    known = [end for end in ends if end is not None]
    after_s = max(min(known) - now, 1.0) if known else None
    if all(state.is_limited for state in states):
        said = f"Every endpoint of model '{name}' is at its upstream's rate limit."
        return PoolFullError(said, code="rate_limit_exceeded", retry_after_s=after_s)
    why = "; ".join(f"{state.endpoint.name} {state.why_out(now)}" for state in states)
    return AllRestingError(
        f"Every endpoint of model '{name}' is out of service: {why}.", retry_after_s=after_s
    )
