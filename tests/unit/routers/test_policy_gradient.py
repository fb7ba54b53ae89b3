from dataclasses import replace

import pytest

from tests.unit.nouns import model, workload
from tests.unit.routers.simulation import tell
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.policy_gradient import PolicyGradient
from wrp_proxy.signals import Preferences, Score
from wrp_proxy.types import Price

CHEAP = model("cheap", price=Price(input=0.1, output=0.1), quality={"default": 0.5})
DEAR = model("dear", price=Price(input=10.0, output=10.0), quality={"default": 0.5})
ASKED = workload(probabilities={"x": 1.0})


def chance(router: PolicyGradient, name: str, cost_weight: float) -> float:
    asked = replace(ASKED, preferences=Preferences(cost=cost_weight))
    decisions = [router.select(asked, [CHEAP, DEAR]) for _ in range(400)]
    return sum(decision.ranking[0].name == name for decision in decisions) / len(decisions)


def test_one_policy_serves_callers_who_save_and_callers_who_do_not() -> None:
    router = PolicyGradient(seed=1)
    scores = {"cheap": 0.4, "dear": 0.9}

    router.fit([Example(workload=ASKED, scores=scores, costs_usd={})] * 20, [CHEAP, DEAR])

    assert chance(router, "dear", cost_weight=0.0) > 0.9
    assert chance(router, "cheap", cost_weight=1.0) > 0.9


def test_rewards_above_what_was_expected_make_a_model_more_probable() -> None:
    router = PolicyGradient(seed=1)
    before = chance(router, "dear", cost_weight=0.0)

    for _ in range(20):
        tell(router, ASKED, DEAR, Score(value=1.0))
        tell(router, ASKED, CHEAP, Score(value=0.0))

    assert before == pytest.approx(0.5, abs=0.1)
    assert chance(router, "dear", cost_weight=0.0) > 0.8


def test_a_model_that_was_no_candidate_teaches_nothing() -> None:
    router = PolicyGradient(seed=1)
    router.select(ASKED, [CHEAP, DEAR])

    tell(router, ASKED, model("stranger"), Score(value=1.0))

    assert not list(router.statistics[0].keys())
