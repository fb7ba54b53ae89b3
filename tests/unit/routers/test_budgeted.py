"""Spending is counted over seeded simulations; the clock goes only when it is told to."""

import random
from collections.abc import Callable, Sequence
from functools import cache

import pytest

from tests.contracts import routed
from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, workload
from wrp_proxy.routers.balanced import Balanced
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.budgeted import Budgeted
from wrp_proxy.routers.costs import Costs, cost_by_price
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.signals import NO_PREFERENCES, Preferences, Score, Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

DAY_S = 24 * 3600.0
NIGHT = Clock(now=20_000 * DAY_S)


class Knowing:
    """Knows how good each model is, and goes by the caller's weight of cost."""

    name = "knowing"
    signals: frozenset[Signal] = frozenset()
    statistics: tuple[Statistics, ...] = ()

    def __init__(self) -> None:
        self._scoring = Scoring(Costs(Clock()), 0.0)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        row = routed.QUALITY[workload.category]
        quality = [row[routed.NAMES.index(model.name)] for model in candidates]
        ranked = self._scoring.rank(workload, candidates, quality)
        return Decision(
            ranking=ranked.ranking, router=self.name, reason="known", scores=ranked.scores
        )

    def learn(self, outcome: Outcome) -> None:
        return


@cache
def requests() -> list[routed.Asked]:
    return routed.asked(2000, preferences=NO_PREFERENCES)


def spent(outcomes: list[Outcome]) -> float:
    return sum(one.cost_usd or 0.0 for one in outcomes)


def dearest_usd(one: routed.Asked) -> float:
    return max(cost_by_price(candidate, one.workload) or 0.0 for candidate in routed.MODELS)


class Remembering(FixedOrder):
    """Keeps the preferences it was asked with, and what it was told."""

    def __init__(self) -> None:
        self.asked: list[Preferences] = []
        self.learnt: list[Outcome] = []

    def select(self, workload: Workload, candidates: object) -> Decision:
        self.asked.append(workload.preferences)
        return super().select(workload, [model("small"), model("large")])

    def learn(self, outcome: Outcome) -> None:
        self.learnt.append(outcome)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.3])
def test_a_share_of_the_dearest_is_spent_within_a_hundredth(share: float) -> None:
    clock = Clock()
    router = Budgeted(Knowing(), share_of_dearest=share, clock=clock)

    outcomes = routed.serve(router, requests())

    budget = share * sum(dearest_usd(one) for one in requests())
    assert spent(outcomes) == pytest.approx(budget, rel=0.01)


@pytest.mark.parametrize("usd", [0.0005, 0.001, 0.005])
def test_a_mean_per_request_is_kept_within_a_hundredth(usd: float) -> None:
    clock = Clock()
    router = Budgeted(Knowing(), usd_per_request=usd, clock=clock)

    outcomes = routed.serve(router, requests())

    assert spent(outcomes) == pytest.approx(usd * 2000, rel=0.01)


def test_a_budget_that_is_never_reached_changes_nothing() -> None:
    clock = Clock()
    asked = requests()[:200]

    free = routed.serve(Knowing(), asked)
    kept = routed.serve(Budgeted(Knowing(), usd_per_request=1.0, clock=clock), asked)

    assert [one.model for one in kept] == [one.model for one in free]


def test_what_was_not_spent_is_kept_for_fifty_requests_only() -> None:
    inner = Remembering()
    router = Budgeted(inner, usd_per_request=0.01, clock=Clock())

    for _ in range(1000):
        router.learn(outcome(cost_usd=0.0))
    router.learn(outcome(cost_usd=0.01 * 50))
    before = router.cost_weight(workload())
    router.learn(outcome(cost_usd=0.01 * 4))

    assert before == 0
    assert router.cost_weight(workload()) == pytest.approx(0.05 * 2)


def test_what_no_choice_could_have_saved_is_forgiven_in_the_end() -> None:
    router = Budgeted(Remembering(), usd_per_request=0.01, clock=Clock())

    for _ in range(2000):
        router.learn(outcome(cost_usd=0.1))
    most = router.cost_weight(workload())
    for _ in range(3000):
        router.learn(outcome(cost_usd=0.0))

    assert most == pytest.approx(0.05 * 1000 + 100)
    assert router.cost_weight(workload()) == 0


def paced(router: Router, clock: Clock, gaps_s: list[float]) -> list[Outcome]:
    """Serve one request after each gap."""
    gaps = iter(gaps_s)

    def wait(_: Outcome) -> None:
        clock.now += next(gaps)

    return routed.serve(router, requests()[: len(gaps_s)], after=wait)


def steady(count: int) -> list[float]:
    return [DAY_S / count] * count


def bursts(count: int) -> list[float]:
    return [DAY_S * 15 / count if number % 15 == 14 else 0.0 for number in range(count)]


def now_and_then(count: int) -> list[float]:
    draw = random.Random(2)  # noqa: S311 - reproducible, not secret
    gaps = [draw.expovariate(1.0) ** 2 for _ in range(count)]
    return [DAY_S * gap / sum(gaps) for gap in gaps]


@pytest.mark.parametrize("usd", [2.0, 8.0])
@pytest.mark.parametrize("gaps", [steady, bursts, now_and_then])
def test_a_budget_of_a_day_is_spent_within_a_hundredth(
    gaps: Callable[[int], list[float]], usd: float
) -> None:
    clock = Clock(now=NIGHT.now)
    router = Budgeted(Knowing(), usd_per_day=usd, clock=clock)

    outcomes = paced(router, clock, gaps(2000))

    assert spent(outcomes) == pytest.approx(usd, rel=0.01)


def test_hardly_any_traffic_may_be_dear_and_stays_within_the_budget() -> None:
    clock = Clock(now=NIGHT.now)
    router = Budgeted(Knowing(), usd_per_day=0.2, clock=clock)

    outcomes = paced(router, clock, steady(50) * 4)

    days = [spent(outcomes[start : start + 50]) for start in range(0, 200, 50)]
    assert sum(days) <= 4 * 0.2 * 1.03
    assert sum(days) >= 4 * 0.2 * 0.9


def test_a_new_day_has_a_budget_of_its_own_less_what_was_spent_too_much() -> None:
    clock = Clock(now=NIGHT.now)
    router = Budgeted(Remembering(), usd_per_day=1.0, clock=clock)

    router.learn(outcome(cost_usd=3.0))
    weights = []
    for _ in range(4):
        clock.now += DAY_S
        weights.append(router.cost_weight(workload()))

    assert weights == pytest.approx([0.05 * 2000, 0.05 * 1000, 0.0, 0.0])


def test_the_weight_falls_while_time_goes_by() -> None:
    clock = Clock(now=NIGHT.now)
    router = Budgeted(Remembering(), usd_per_day=1.0, clock=clock)
    router.learn(outcome(cost_usd=0.01))

    before = router.cost_weight(workload())
    clock.now += DAY_S * 0.005

    assert before == pytest.approx(0.05 * 10)
    assert router.cost_weight(workload()) == pytest.approx(0.05 * 5)


def test_the_weight_is_added_to_the_callers_own() -> None:
    inner = Remembering()
    router = Budgeted(inner, usd_per_request=0.01, eta=0.1, clock=Clock())
    router.learn(outcome(cost_usd=0.03))

    for cost in (None, 0.0, 0.5):
        router.select(workload(preferences=Preferences(cost=cost, latency=0.3)), [model()])

    assert [wished.cost for wished in inner.asked] == pytest.approx([0.2, 0.2, 0.7])
    assert {wished.latency for wished in inner.asked} == {0.3}


def test_while_nothing_is_overspent_the_caller_is_left_alone() -> None:
    inner = Remembering()
    wished = Preferences(cost=None)

    Budgeted(inner, usd_per_request=0.01, clock=Clock()).select(
        workload(preferences=wished), [model()]
    )

    assert inner.asked == [wished]


def test_each_tenant_has_a_budget_of_its_own_if_asked_for() -> None:
    alice, bob = workload(tenant="alice"), workload(tenant="bob")
    of_tenants = Budgeted(Remembering(), usd_per_request=0.01, per="tenant", clock=Clock())
    of_route = Budgeted(Remembering(), usd_per_request=0.01, clock=Clock())

    for router in (of_tenants, of_route):
        router.learn(outcome(workload=alice, cost_usd=0.03))

    assert of_tenants.cost_weight(alice) == of_route.cost_weight(bob) > 0
    assert of_tenants.cost_weight(bob) == 0


def test_every_attempt_is_paid_but_a_request_has_one_budget() -> None:
    router = Budgeted(Remembering(), usd_per_request=0.01, clock=Clock())

    for attempt in (1, 2, 3):
        router.learn(outcome(cost_usd=0.01, attempt=attempt))

    assert router.cost_weight(workload()) == pytest.approx(0.05 * 2)


@pytest.mark.parametrize(
    "ended",
    [outcome(cached="exact", cost_usd=1.0), outcome(score=Score(value=1.0), cost_usd=1.0)],
    ids=["cached", "score"],
)
def test_what_was_not_spent_is_not_counted_but_passed_on(ended: Outcome) -> None:
    inner = Remembering()
    router = Budgeted(inner, usd_per_request=0.01, clock=Clock())

    router.learn(ended)

    assert router.cost_weight(workload()) == 0
    assert inner.learnt == [ended]


def test_it_says_what_it_adds_and_keeps_the_rest_of_the_decision() -> None:
    router = Budgeted(FixedOrder(), usd_per_request=0.01, clock=Clock())
    router.learn(outcome(cost_usd=0.03))

    decision = router.select(workload(), [model("a"), model("b")])

    assert decision.router == "budgeted(fixed_order)"
    assert decision.reason == "first able model of the route"
    assert decision.scores == {"a": 0.0, "b": -1.0}
    assert decision.fired == ("the budget adds 0.1 to the cost weight",)


@pytest.mark.parametrize("budgets", [{}, {"usd_per_day": 1.0, "usd_per_request": 1.0}])
def test_exactly_one_budget_is_taken(budgets: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="exactly one of"):
        Budgeted(
            FixedOrder(),
            usd_per_day=budgets.get("usd_per_day"),
            usd_per_request=budgets.get("usd_per_request"),
        )


def test_the_wrapped_strategy_learns_from_examples() -> None:
    clock = Clock()
    inner = Balanced(cost_weight=0.0, clock=clock)
    example = Example(workload=workload(), scores={"tiny": 1.0}, costs_usd={"tiny": 1.0})

    Budgeted(inner, usd_per_request=1.0, clock=clock).fit([example] * 100, routed.MODELS)
    Budgeted(FixedOrder(), usd_per_request=1.0, clock=clock).fit([example], routed.MODELS)

    assert inner.select(workload(), routed.MODELS).ranking[0].name == "tiny"
