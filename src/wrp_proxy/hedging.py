"""Asks a second endpoint the same where the first one is late, on routes that want it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

from wrp_proxy.attempting import Attempts
from wrp_proxy.errors import NoEndpointError
from wrp_proxy.pool.base import Demand, Lease, Pool
from wrp_proxy.pool.budget import TrafficBudget
from wrp_proxy.pooling import Hedging
from wrp_proxy.race import Race
from wrp_proxy.trace import Trace
from wrp_proxy.types import Endpoint, Kind, Model, Usage, Workload

_RESERVE = 5.0
"""So many may be asked twice before there were many requests, or in a row."""
_NEVER: frozenset[Kind] = frozenset({"tool_loop", "batch"})
"""A loop of tools goes on where its prompt is warm, and for batch nobody waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What to do when the first endpoint is late."""

    model: Model
    demand: Demand
    """Of the second copy."""
    delay_s: float
    budget: TrafficBudget


class Hedger:
    """Stands between `FailOver` and `Attempts`, and does nothing where a route does not hedge.

    (Dean and Barroso, The Tail at Scale, 2013.) A request that is not hedged has no task and no
    timer of its own. Only streams are hedged: of a plain answer, which comes all at once, nobody
    can tell in time that it is late. A budget is a share of all requests of its route.
    """

    def __init__(self, pool: Pool, attempts: Attempts) -> None:
        self._pool = pool
        self._attempts = attempts
        self._budgets: dict[str, TrafficBudget] = {}
        self._tasks: set[asyncio.Task[None] | asyncio.Task[bytes]] = set()

    def answer(
        self, trace: Trace, demand: Demand, model: Model, lease: Lease
    ) -> AsyncGenerator[bytes, None]:
        """Yield the answer's bytes, and free every slot in the end; raise WrpError."""
        plan = self._plan(trace, demand, model, lease)
        if plan is None:
            return self._attempts.answer(trace, demand.workload, model, lease)
        return self._hedged(trace, plan, lease)

    def _plan(self, trace: Trace, demand: Demand, model: Model, lease: Lease) -> _Plan | None:
        """Return what to do about a late answer; None: nothing."""
        if trace.route is None or trace.route.hedging is None:
            return None
        hedging, workload = trace.route.hedging, demand.workload
        budget = self._budget(trace.route.name, hedging)
        if not trace.tried:
            budget.count()
        if not trace.request.stream or not _may_be_asked_twice(workload):
            return None
        usual_s = lease.first_content_quantile(hedging.quantile)
        if usual_s is None:
            return None
        barred = _barred(model, demand, lease.endpoint, hedging.max_cost_usd)
        if len(barred) == len(model.endpoints):
            return None
        return _Plan(
            model=model,
            demand=Demand(workload, barred, demand.above_tokens),
            delay_s=max(usual_s, hedging.least_delay_s),
            budget=budget,
        )

    async def _hedged(self, trace: Trace, plan: _Plan, lease: Lease) -> AsyncGenerator[bytes, None]:
        race = Race(trace, self._attempts, plan.model, plan.demand.workload, self._tasks)
        try:
            race.enter(lease)
            if await race.is_late(plan.delay_s):
                await self._ask_another(race, plan)
            first = await race.run()
        finally:
            race.end()
        try:
            async with aclosing(race.pieces) as pieces:
                yield first
                async for piece in pieces:
                    yield piece
        finally:
            trace.answered = race.answered

    async def _ask_another(self, race: Race, plan: _Plan) -> None:
        """Ask an endpoint that is free, unless it usually takes longer than this one has had."""
        if not plan.budget.take():
            return
        try:
            lease = await self._pool.lease(plan.model, plan.demand)
        except NoEndpointError:
            plan.budget.give_back()
            return
        usual_s = lease.first_content_quantile(0.5)
        if usual_s is None or usual_s <= plan.delay_s:
            race.enter(lease)
            return
        with lease:
            plan.budget.give_back()

    def _budget(self, route: str, hedging: Hedging) -> TrafficBudget:
        budget = self._budgets.get(route)
        if budget is None:
            budget = TrafficBudget(hedging.share, _RESERVE, clock=monotonic)
            self._budgets[route] = budget
        return budget


def _may_be_asked_twice(workload: Workload) -> bool:
    """Tell whether it does no harm: what only one API has may be tools that an upstream runs."""
    is_bound = workload.bound_to is not None or workload.native_only is not None
    return workload.kind not in _NEVER and not is_bound


def _barred(model: Model, demand: Demand, first: Endpoint, most_usd: float) -> list[Endpoint]:
    """Return the endpoints that a second copy must not go to.

    Not to one where it costs more than that, as far as is known, or nobody knows what it costs.
    """
    usage = Usage(
        prompt_tokens=demand.workload.input_tokens,
        completion_tokens=demand.workload.expected_output_tokens,
    )
    return [
        endpoint
        for endpoint in model.endpoints
        if endpoint == first
        or endpoint.price is None
        or endpoint.price.cost_usd(usage) > most_usd
        or not demand.is_met_by(endpoint)
    ]
