"""Any strategy within a budget: the dearer the traffic gets, the more cost weighs."""

from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Annotated, Literal

from annotated_types import Gt, Le

from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.dearest import Dearest
from wrp_proxy.routers.wrapping import fit, passed_on, statistics_under
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

_DAY_S = 24 * 3600.0
_PERIODS = 1000
"""Of a day: a budget per day is handed out in this many parts."""
_DAYS_CARRIED = 7
_HOLDING = 0.01
"""A debt is paid back within about a hundred units."""
_CREDIT = 50.0
"""What is not spent is kept for so many requests: costs differ, lambda must not for that."""
_MOST_DEBT, _MOST_HELD = 1000.0, 100.0
"""Units, and lambda: what no choice of models could have saved is forgiven beyond that."""
_DISCOUNT = 0.999
"""Of the mean budget of a request."""


class Budgeted:
    """Primal-dual pacing: `lambda += eta * (spend / budget - 1)`, not below 0, after each attempt.

    Lambda is added to the caller's weight of cost; the strategy wrapped must go by that. Summed up,
    the steps are `eta` times what was spent above the budget so far, in units of it; so only what
    is overspent would keep lambda up. What lambda must be in the long run is therefore learnt
    (`held`), until nothing is overspent. Exactly one of three budgets is given, for the route or
    for each tenant:

    - `usd_per_request`, a mean; or `share_of_dearest`, the same of what the dearest candidate would
      have cost. The unit is the mean budget of a request. What is not spent of fifty is not kept.
    - `usd_per_day` (UTC), handed out in a thousand parts, the units: requests may come in bursts,
      or hardly ever. What was spent too much on one day is missing on the next.
    """

    def __init__(  # noqa: PLR0913 - parameters of the configuration
        self,
        inner: Router,
        *,
        usd_per_day: Annotated[float, Gt(0)] | None = None,
        usd_per_request: Annotated[float, Gt(0)] | None = None,
        share_of_dearest: Annotated[float, Gt(0), Le(1)] | None = None,
        per: Literal["route", "tenant"] = "route",
        eta: Annotated[float, Gt(0)] = 0.05,
        clock: Clock = time,
    ) -> None:
        budgets = (usd_per_day, usd_per_request, share_of_dearest)
        if sum(budget is not None for budget in budgets) != 1:
            raise ValueError(
                "budgeted takes exactly one of usd_per_day, usd_per_request, share_of_dearest"
            )
        self.name = f"budgeted({inner.name})"
        self.signals = inner.signals
        self._inner = inner
        self._per_day = usd_per_day
        self._per_request = usd_per_request
        self._share = share_of_dearest or 0.0
        self._per_tenant = per == "tenant"
        self._eta = eta
        self._clock = clock
        self._costs = Costs(clock)
        self._dearest = Dearest(self._costs)
        self._spent = Statistics("spent", discount=_DISCOUNT, clock=clock)
        """Scope + `day N`: USD; `debt`: USD; `budget`: requests, their USD; `held`: of lambda."""
        own = (self._spent, self._costs.statistics)
        self.statistics = (*own, *statistics_under("inner", inner))

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        self._dearest.see(workload, candidates)
        weight = self.cost_weight(workload)
        if weight:
            wished = workload.preferences
            preferences = replace(wished, cost=(wished.cost or 0.0) + weight)
            workload = replace(workload, preferences=preferences)
        decision = self._inner.select(workload, candidates)
        return passed_on(decision, self.name, f"the budget adds {weight:.3g} to the cost weight")

    def learn(self, outcome: Outcome) -> None:
        is_real = outcome.cached in {"miss", "bypass"} and outcome.score is None
        if is_real:
            self._costs.learn(outcome)
            self._pay(outcome)
        self._inner.learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._costs.fit(examples, models)
        fit(self._inner, examples, models)

    def cost_weight(self, workload: Workload) -> float:
        """Return lambda for a request."""
        scope = self._scope(workload)
        return max(self._eta * self._units_ahead(scope) + self._sum(f"{scope}held"), 0.0)

    def _pay(self, outcome: Outcome) -> None:
        scope = self._scope(outcome.workload)
        spent_usd = outcome.cost_usd or 0.0
        if self._per_day is None:
            self._pay_request(scope, spent_usd, outcome)
        elif spent_usd:
            self._hold(scope, spent_usd / self._per_day * _PERIODS)
            day = int(self._clock() // _DAY_S)
            self._spent.add(f"{scope}day {day}", (spent_usd,), discounts=False)

    def _pay_request(self, scope: str, spent_usd: float, outcome: Outcome) -> None:
        is_first = outcome.attempt <= 1
        budget_usd = self._budget_usd(outcome) if is_first else 0.0
        if budget_usd:
            self._spent.add(f"{scope}budget", (1.0, budget_usd))
            self._hold(scope, 1.0)
        credit = _CREDIT + self._sum(f"{scope}held") / self._eta
        debt, mean_usd = self._sum(f"{scope}debt"), self._mean_budget_usd(scope)
        step = max(spent_usd - budget_usd, -credit * mean_usd - debt)
        step = min(step, _MOST_DEBT * mean_usd - debt)
        self._spent.add(f"{scope}debt", (step,), discounts=False)

    def _hold(self, scope: str, units: float) -> None:
        """Move what lambda is without debts by the debt of now, or the credit."""
        held = self._sum(f"{scope}held")
        step = self._eta * _HOLDING * self._units_ahead(scope) * min(units, 1.0)
        self._spent.add(
            f"{scope}held", (min(max(step, -held), _MOST_HELD - held),), discounts=False
        )

    def _units_ahead(self, scope: str) -> float:
        """Return how many units of the budget are spent too early; negative: how many are left."""
        if self._per_day is not None:
            return self._usd_ahead(scope, self._per_day) / self._per_day * _PERIODS
        mean_usd = self._mean_budget_usd(scope)
        return self._sum(f"{scope}debt") / mean_usd if mean_usd else 0.0

    def _mean_budget_usd(self, scope: str) -> float:
        sums = self._spent.get(f"{scope}budget")
        return 0.0 if sums is None else float(sums[1] / sums[0])

    def _budget_usd(self, outcome: Outcome) -> float:
        if self._per_request is not None:
            return self._per_request
        return self._share * (self._dearest.expected_usd(outcome) or 0.0)

    def _usd_ahead(self, scope: str, per_day: float) -> float:
        now = self._clock()
        day = int(now // _DAY_S)
        carried = 0.0
        for before in range(day - _DAYS_CARRIED, day):
            carried = max(carried + self._sum(f"{scope}day {before}") - per_day, 0.0)
        due = per_day * (now % _DAY_S) / _DAY_S
        return carried + self._sum(f"{scope}day {day}") - due

    def _scope(self, workload: Workload) -> str:
        return f"{workload.tenant}\n" if self._per_tenant else ""

    def _sum(self, key: str) -> float:
        sums = self._spent.get(key)
        return 0.0 if sums is None else float(sums[0])
