import random

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, workload
from wrp_proxy.errors import ForbiddenError
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.canary import Canary
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.weighted import Weighted
from wrp_proxy.signals import Score
from wrp_proxy.types import Decision, Outcome, Price, Workload

A = model("a", price=Price(input=1.0, output=1.0))
B = model("b", price=Price(input=10.0, output=10.0))
BOTH = [A, B]


class Last(FixedOrder):
    """Prefers the last model of the route."""

    name = "last"

    def __init__(self) -> None:
        self.learnt: list[Outcome] = []
        self.examples: list[Example] = []

    def select(self, workload: Workload, candidates: object) -> Decision:
        assert isinstance(candidates, list)
        return super().select(workload, candidates[::-1])

    def learn(self, outcome: Outcome) -> None:
        self.learnt.append(outcome)

    def fit(self, examples: list[Example], models: object) -> None:
        self.examples += examples


class Refusing(FixedOrder):
    name = "refusing"

    def select(self, workload: Workload, candidates: object) -> Decision:
        raise ForbiddenError("not for you")


def canary(candidate: Router | None = None, **parameters: float) -> Canary:
    return Canary(FixedOrder(), candidate or Last(), seed=7, clock=Clock(), **parameters)  # type: ignore[arg-type]  # of tests only


def attempted(decision: Decision, **more: object) -> Outcome:
    usual: dict[str, object] = {
        "model": decision.ranking[0].name,
        "reason": decision.reason,
        "scores": decision.scores,
        "cost_usd": 0.001,
    }
    return outcome(**{**usual, **more})


def serve(
    router: Canary,
    chances: dict[str, float],
    count: int = 1500,
    costs: dict[str, float] | None = None,
) -> list[Decision]:
    """Let models answer well by their chances, and tell it the scores."""
    draw = random.Random(5)  # noqa: S311 - reproducible, not secret
    decisions = []
    for _ in range(count):
        decision = router.select(workload(), BOTH)
        name = decision.ranking[0].name
        score = Score(value=float(draw.random() < chances[name]))
        cost_usd = (costs or {}).get(name, 0.001)
        router.learn(attempted(decision, score=score, cost_usd=cost_usd))
        decisions.append(decision)
    return decisions


def share_of_candidate(decisions: list[Decision]) -> float:
    return sum(decision.ranking[0] == B for decision in decisions) / len(decisions)


def test_a_share_of_requests_goes_to_the_candidate() -> None:
    router = canary(share=0.2)

    decisions = [router.select(workload(), BOTH) for _ in range(4000)]

    assert abs(share_of_candidate(decisions) - 0.2) < 4 * (0.2 * 0.8 / 4000) ** 0.5
    assert {d.ranking[0].name: d.propensity for d in decisions} == pytest.approx(
        {"a": 0.8, "b": 0.2}
    )


def test_the_decision_says_whose_it_is() -> None:
    router = canary(share=0.2)

    reasons = {router.select(workload(), BOTH).reason for _ in range(100)}

    assert reasons == {
        "inner fixed_order chose a: first able model of the route",
        "candidate last chose b: first able model of the route",
    }
    decision = router.select(workload(), BOTH)
    assert decision.router == "canary(fixed_order, last)"
    assert decision.fired == ("canary: last gets 20%, 0 scores against 0 so far",)


def test_arms_that_choose_the_same_are_certain() -> None:
    router = canary(FixedOrder(), share=0.3)

    assert {router.select(workload(), BOTH).propensity for _ in range(50)} == {1.0}


def test_the_propensity_is_that_of_the_mixture() -> None:
    drawn = Weighted({"a": 3.0, "b": 1.0}, seed=11)
    router = Canary(FixedOrder(), drawn, share=0.4, seed=7, clock=Clock())

    decisions = [router.select(workload(), BOTH) for _ in range(4000)]

    of_b = {d.propensity for d in decisions if d.ranking[0] == B}
    of_a = {round(d.propensity, 9) for d in decisions if d.ranking[0] == A}
    assert of_b == {0.4 * 0.25}
    assert of_a == {round(0.6 + 0.4 * 0.75, 9), 0.6}
    assert abs(share_of_candidate(decisions) - 0.1) < 0.02


def test_a_better_candidate_is_promoted() -> None:
    decisions = serve(canary(share=0.2), {"a": 0.5, "b": 0.8})

    assert share_of_candidate(decisions[-500:]) == 1.0
    assert {d.propensity for d in decisions[-500:]} == {1.0}
    assert decisions[-1].fired[0].startswith("canary: last is promoted after ")


def test_a_worse_candidate_is_rolled_back() -> None:
    decisions = serve(canary(share=0.2), {"a": 0.8, "b": 0.5})

    assert share_of_candidate(decisions[-500:]) == 0.0
    assert decisions[-1].fired[0].startswith("canary: last is rolled back after ")


def test_nothing_is_done_before_there_are_scores_enough() -> None:
    decisions = serve(canary(share=0.5, min_scores=100), {"a": 0.0, "b": 1.0}, count=150)

    assert 0.3 < share_of_candidate(decisions) < 0.7


def test_arms_of_the_same_quality_are_hardly_ever_told_apart_for_the_worse() -> None:
    rolled_back = 0
    for seed in range(20):
        router = Canary(FixedOrder(), Last(), share=0.5, seed=seed, tolerance=0.0, clock=Clock())
        decisions = serve(router, {"a": 0.7, "b": 0.7}, count=400)
        rolled_back += decisions[-1].fired[0].startswith("canary: last is")

    assert rolled_back <= 2


def test_a_tolerance_lets_a_slightly_worse_candidate_through() -> None:
    chances = {"a": 0.8, "b": 0.65}

    tolerant = serve(canary(share=0.5, tolerance=0.4), chances, count=1500)
    strict = serve(canary(share=0.5, tolerance=0.0), chances, count=1500)

    assert share_of_candidate(tolerant[-100:]) == 1.0
    assert share_of_candidate(strict[-100:]) == 0.0


def test_cost_counts_as_much_as_it_is_said_to() -> None:
    chances, costs = {"a": 0.7, "b": 0.75}, {"a": 0.00015, "b": 0.0015}

    regardless = serve(canary(share=0.5, tolerance=0.2), chances, costs=costs)
    thrifty = serve(canary(share=0.5, cost_weight=0.4), chances, costs=costs)

    assert share_of_candidate(regardless[-100:]) == 1.0
    assert share_of_candidate(thrifty[-100:]) == 0.0


def test_what_was_decided_holds() -> None:
    router = canary(share=0.5)
    serve(router, {"a": 0.5, "b": 0.9})

    decisions = serve(router, {"a": 0.5, "b": 0.0})

    assert share_of_candidate(decisions) == 1.0


def test_a_restart_goes_on_where_it_was() -> None:
    router, fresh = canary(share=0.5), canary(share=0.5)
    serve(router, {"a": 0.5, "b": 0.9})

    fresh.statistics[0].replace(router.statistics[0].dump())

    assert share_of_candidate([fresh.select(workload(), BOTH) for _ in range(20)]) == 1.0


def test_a_score_that_replaces_another_is_no_new_score() -> None:
    router = canary(share=0.5)
    decision = router.select(workload(), BOTH)

    router.learn(attempted(decision, score=Score(value=1.0)))
    router.learn(attempted(decision, score=Score(value=0.0, replaces=1.0)))

    (sums,) = router.statistics[0].dump().values()
    assert sums[0] == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "more",
    [
        {"reason": "somebody else's", "score": Score(value=1.0)},
        {"model": "preferred", "score": Score(value=1.0)},
        {"score": None},
    ],
    ids=["of-another-router", "of-a-model-that-was-not-chosen", "no-score"],
)
def test_what_is_no_score_of_an_arm_is_only_passed_on(more: dict[str, object]) -> None:
    candidate = Last()
    router = canary(candidate)
    ended = attempted(router.select(workload(), BOTH), **more)

    router.learn(ended)

    assert candidate.learnt == [ended]
    assert router.statistics[0].dump() == {}


def test_an_arm_that_would_have_refused_had_no_chance() -> None:
    router = canary(Refusing(), share=0.05)

    assert router.select(workload(), BOTH).propensity == 0.95


def test_both_arms_learn_from_examples() -> None:
    candidate = Last()
    example = Example(workload=workload(), scores={}, costs_usd={})

    canary(candidate).fit([example], BOTH)

    assert candidate.examples == [example]
