"""Cascades: who is asked first, who next, and which sessions are spared the cheap answers."""

from dataclasses import replace
from typing import get_args

import pytest

from tests.unit.nouns import model, outcome, workload
from wrp_proxy.routers.cascade import Cascade, VerifierName
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.signals import Preferences, Score
from wrp_proxy.types import Decision, Model, Price
from wrp_proxy.verifiers.registry import JUDGE, VERIFIERS

CHEAP = model("cheap", price=Price(input=0.1, output=0.4), quality={"default": 0.5})
MIDDLE = model("middle", price=Price(input=1.0, output=4.0), quality={"default": 0.7})
BEST = model("best", price=Price(input=5.0, output=20.0), quality={"default": 0.9})
MODELS = [BEST, CHEAP, MIDDLE]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def names(decision: Decision) -> list[str]:
    return [ranked.name for ranked in decision.ranking]


def refuse(router: Cascade, name: str, session: str | None = "s", **more: object) -> None:
    score = Score(value=0.0, weight=0.9, source="verifier:tools")
    router.learn(outcome(model=name, workload=workload(session=session), score=score, **more))


def test_the_cheapest_is_asked_first_and_the_best_next() -> None:
    decision = Cascade().select(workload(), MODELS)

    assert names(decision) == ["cheap", "best", "middle"]
    assert decision.check is not None
    assert decision.check.how == "verify"
    assert decision.check.escalations == 1
    assert "tools" in decision.check.verifiers
    assert decision.reason == "the cheapest first, best where it fails"


def test_the_check_says_how_long_the_client_may_wait() -> None:
    decision = Cascade(max_ttft_s=2.5).select(workload(), MODELS)

    assert decision.check is not None
    assert decision.check.max_ttft_s == 2.5


def test_tiers_are_asked_in_their_order() -> None:
    router = Cascade(tiers=["middle", "best"], escalations=2)

    assert names(router.select(workload(), MODELS)) == ["middle", "best", "cheap"]
    assert names(router.select(workload(), [CHEAP, BEST])) == ["best", "cheap"]


def test_the_cost_weight_may_prefer_a_middle_tier() -> None:
    assert names(Cascade(cost_weight=0.5).select(workload(), MODELS))[1] == "middle"


def test_what_verifiers_find_is_learnt_per_category() -> None:
    router = Cascade()
    coding, law = workload(category="coding"), workload(category="law")
    for _ in range(40):
        bad = outcome(model="best", workload=coding)
        good = outcome(model="middle", workload=coding)
        router.learn(replace(bad, score=Score(value=0.0, source="verifier:code")))
        router.learn(replace(good, score=Score(value=1.0, source="verifier:code")))
        router.learn(replace(good, workload=law, score=Score(value=0.0, source="user")))

    assert names(router.select(coding, MODELS)) == ["cheap", "middle", "best"]
    assert {statistics.name for statistics in router.statistics} == {"costs", "qualities"}


def test_what_people_say_is_learnt_as_well() -> None:
    router = Cascade()
    for _ in range(40):
        answer = outcome(model="best", workload=workload(category="coding"))
        router.learn(replace(answer, score=Score(value=1.0, weight=0.6, source="verifier:code")))
        router.learn(replace(answer, score=Score(value=0.0, source="user")))

    assert names(router.select(workload(category="coding"), MODELS))[1] == "middle"


def test_a_wrapped_strategy_says_who_is_asked_next() -> None:
    router = Cascade(FixedOrder())

    assert router.name == "cascade(fixed_order)"
    assert names(router.select(workload(), [MIDDLE, CHEAP, BEST])) == ["cheap", "middle", "best"]


def test_a_session_refused_twice_goes_to_the_better_model_for_a_while() -> None:
    clock = Clock()
    router = Cascade(clock=clock)
    asked = workload(session="s")
    firsts = []
    for seconds in (0, 60, 60, 1700, 200):
        clock.now += seconds
        decision = router.select(asked, MODELS)
        firsts.append((names(decision)[0], decision.check is not None))
        refuse(router, "cheap")
    other = router.select(workload(session="another"), MODELS)

    assert firsts[:3] == [("cheap", True), ("cheap", True), ("best", False)]
    assert names(other)[0] == "cheap"


def test_a_session_is_given_another_chance_later() -> None:
    clock = Clock()
    router = Cascade(clock=clock, latch_s=1800)
    asked = workload(session="s")
    for _ in range(2):
        router.select(asked, MODELS)
        refuse(router, "cheap")
    latched = router.select(asked, MODELS)
    clock.now += 1801
    later = router.select(asked, MODELS)
    refuse(router, "cheap")
    after_one = router.select(asked, MODELS)

    assert [names(one)[0] for one in (latched, later, after_one)] == ["best", "cheap", "cheap"]


@pytest.mark.parametrize("name", ["best", "never seen"])
def test_only_refusals_of_the_first_model_count(name: str) -> None:
    router = Cascade()
    asked = workload(session="s")
    for _ in range(3):
        router.select(asked, MODELS)
        refuse(router, name)
        refuse(router, "cheap", "another")

    assert names(router.select(asked, MODELS))[0] == "cheap"


def test_the_sessions_known_are_bounded() -> None:
    router = Cascade()
    for number in range(10_010):
        router.select(workload(session=f"s{number}"), [CHEAP, BEST])

    assert len(router._sessions) == 10_000


def test_nothing_is_held_where_there_is_no_choice_or_no_care_for_cost() -> None:
    router = Cascade()
    best = workload(preferences=Preferences(cost=0.0))
    decisions = [
        router.select(workload(), [CHEAP]),
        router.select(best, MODELS),
        router.select(workload(api="embeddings"), MODELS),
    ]

    assert [decision.check for decision in decisions] == [None, None, None]
    assert names(decisions[1])[0] == "best"


def test_escalations_are_no_more_than_there_are_models() -> None:
    two: list[Model] = [CHEAP, BEST]
    decision = Cascade(escalations=2).select(workload(), two)

    assert decision.check is not None
    assert decision.check.escalations == 1


def test_the_verifiers_that_may_be_configured_are_those_there_are() -> None:
    assert {*get_args(VerifierName)} == {*VERIFIERS, JUDGE} - {"agreement"}
