"""The pool of this process: slots, health, lines, and one balancer per model."""

from collections.abc import Sequence
from random import Random
from time import time

from wrp_proxy.pool.base import Clock, Demand
from wrp_proxy.pool.boundary import Boundaries
from wrp_proxy.pool.breaker import Breaker, BreakerRules
from wrp_proxy.pool.expecting import expectation
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.parts import Parts
from wrp_proxy.pool.registry import make_balancer
from wrp_proxy.pool.service import Service
from wrp_proxy.pool.state import EndpointState, KeyState
from wrp_proxy.pool_view import Expectation
from wrp_proxy.types import Endpoint, Model, Workload


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
        self._services: dict[str, Service] = {}
        self._waited_for: dict[Service, None] = {}
        """Somebody is in line for these; in turns, as models may share endpoints."""
        self.boundaries = boundaries or Boundaries(clock, time)
        self._parts = Parts(self.boundaries)

    async def lease(self, model: Model, demand: Demand, wait_s: float = 0.0) -> LocalLease:
        service = self._service(model)
        if self._waited_for:
            self.serve_lines()
        state = self._choose(service, demand)
        if state is not None:
            return self._take(state)
        if not wait_s:
            raise service.is_full()
        return await self._wait(service, demand, wait_s)

    def states(self) -> Sequence[EndpointState]:
        """Show the live state of every endpoint in use so far."""
        return tuple(self._states.values())

    def states_of(self, model: Model) -> Sequence[EndpointState]:
        """Show the live state of a listed model's endpoints, in use so far or not."""
        return self._service(model).states

    def keys(self) -> Sequence[KeyState]:
        return tuple(self._keys.values())

    def lines(self) -> Sequence[tuple[str, int]]:
        """Tell how many wait for each model."""
        return [(name, len(service.line)) for name, service in self._services.items()]

    def is_out(self, state: EndpointState) -> bool:
        return state.is_out(self._clock())

    def expect(self, model: Model, workload: Workload) -> Expectation:
        """Tell strategies what to expect of a model, as `PoolView` says."""
        service = self._service(model)
        return expectation(service.states, workload, self._clock(), len(service.line))

    def boundary(self, model: Model) -> int:
        return self.boundaries.of(model)

    def serve_lines(self) -> None:
        """Let those in line look again, after something has changed: nobody else has gone before.

        Called whenever a slot has come free, an endpoint has gone or come back, and before a
        newcomer is served.
        """
        if not self._waited_for:
            return
        served = [True]
        while any(served):
            served = [self._serve(service) for service in tuple(self._waited_for)]

    def _take(self, state: EndpointState) -> LocalLease:
        return LocalLease(state, self._clock, self.serve_lines)

    async def _wait(self, service: Service, demand: Demand, wait_s: float) -> LocalLease:
        waiter = service.line.enter(demand, service.able(demand))
        self._waited_for[service] = None
        service.watch(self._clock(), self.serve_lines)
        try:
            return await service.line.wait(waiter, wait_s)
        finally:
            if not service.line:
                self._waited_for.pop(service, None)
                service.rest()

    def _serve(self, service: Service) -> bool:
        """Give one slot to whose turn it is; tell whether there was one."""
        now = self._clock()
        up, free = service.look(now)
        line = service.line
        for waiter in line.beyond(up):
            line.refuse(waiter, service.nobody_for(waiter.demand, now))
        first = line.first(free) if free else None
        state = self._choose(service, first.demand) if first is not None else None
        if first is None or state is None:
            if up.bit_count() < len(service.states):
                service.watch(now, self.serve_lines)
            return False
        # Behind the other models, should these wait for the same endpoints.
        del self._waited_for[service]
        self._waited_for[service] = None
        line.grant(first, self._take(state))
        return True

    def _choose(self, service: Service, demand: Demand) -> EndpointState | None:
        """Choose among what is free; None: nothing is. Raise NoEndpointError where none is up."""
        now = self._clock()
        up, free = [], []
        for state in service.states:
            if demand.is_met_by(state.endpoint) and not state.is_out(now):
                up.append(state)
                if not state.is_full:
                    free.append(state)
        if not up:
            raise service.nobody_for(demand, now)
        if len(free) < 2:
            return free[0] if free else None
        if not service.is_cut:
            return service.balancer.choose(free, demand.workload)
        preferred = self._parts.preferred(service.model, up, free, demand.workload)
        return service.balancer.choose(preferred, demand.workload)

    def _service(self, model: Model) -> Service:
        service = self._services.get(model.name)
        if service is None or not model.listed:
            return self._make_service(model)
        if service.model is not model:
            service.renew(model, self._states_of(model))
        return service

    def _make_service(self, model: Model) -> Service:
        """Make what a model needs; names that callers make up leave nothing behind."""
        service = Service(
            model,
            make_balancer(model.balancing, self._clock, self._random),
            self._states_of(model),
            self._longest_line,
            self._clock,
        )
        if model.listed:
            self._services[model.name] = service
        return service

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
