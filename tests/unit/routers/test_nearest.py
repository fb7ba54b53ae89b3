from dataclasses import replace

import numpy as np
import pytest

from tests.contracts import routed
from tests.unit.nouns import model, outcome, workload
from tests.unit.routers.test_task_table import examples
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.nearest import Nearest
from wrp_proxy.signals import Preferences, Score
from wrp_proxy.types import Price, Workload

CHEAP = model("cheap", price=Price(input=1.0, output=1.0), quality={"default": 0.6})
DEAR = model("dear", price=Price(input=10.0, output=10.0), quality={"default": 0.7})
ASKED = workload(features=np.eye(8, dtype=np.float32)[0])
OTHER = workload(features=np.eye(8, dtype=np.float32)[1])


def tell(
    router: Nearest, name: str, asked: Workload, value: float, replaces: float | None = None
) -> None:
    score = Score(value=value, replaces=replaces)
    router.learn(replace(outcome(model=name, workload=asked), score=score))


def quality(router: Nearest, asked: Workload, name: str) -> float | None:
    return router.select(asked, (CHEAP, DEAR)).parts[name].quality


@pytest.mark.parametrize("shrinkage", [0.0, 5.0])
@pytest.mark.parametrize("asked", [ASKED, workload()], ids=["features", "none"])
def test_the_prior_holds_while_nothing_is_known(shrinkage: float, asked: Workload) -> None:
    assert quality(Nearest(shrinkage=shrinkage), asked, "dear") == pytest.approx(0.7)


def test_scores_of_similar_requests_are_shrunk_to_the_models_mean_and_that_to_its_prior() -> None:
    router = Nearest(k=2, temperature=0.001, shrinkage=2.0)
    for _ in range(2):
        tell(router, "dear", ASKED, 1.0)
        tell(router, "dear", OTHER, 0.0)

    mean = (2 * 1.0 + 2 * 0.0 + 2 * 0.7) / 6
    assert quality(router, ASKED, "dear") == pytest.approx((2 * 1.0 + 2 * mean) / 4)
    assert quality(router, OTHER, "dear") == pytest.approx((2 * 0.0 + 2 * mean) / 4)
    assert quality(router, ASKED, "cheap") == pytest.approx(0.6)


@pytest.mark.parametrize("asked", [ASKED, OTHER], ids=["the_same", "another"])
def test_one_bad_score_does_not_lock_a_model_out_but_several_do(asked: Workload) -> None:
    good = replace(DEAR, quality={"default": 0.9})
    router = Nearest(cost_weight=0.0)

    tell(router, "dear", ASKED, 0.0)
    after_one = router.select(asked, (CHEAP, good)).ranking[0]
    for _ in range(9):
        tell(router, "dear", ASKED, 0.0)

    assert after_one is good
    assert router.select(asked, (CHEAP, good)).ranking[0] is CHEAP


def test_a_score_that_replaces_another_takes_its_place() -> None:
    corrected, told = Nearest(), Nearest()
    tell(corrected, "dear", ASKED, 1.0)
    tell(corrected, "dear", ASKED, 0.0, replaces=1.0)
    tell(told, "dear", ASKED, 0.0)

    assert quality(corrected, ASKED, "dear") == pytest.approx(quality(told, ASKED, "dear"))


def test_examples_tell_and_are_learnt_anew() -> None:
    router = Nearest(k=20, temperature=0.1, cost_weight=0.0)
    router.fit([Example(workload=ASKED, scores={"tiny": 1.0}, costs_usd={})], routed.MODELS)
    router.fit(examples(300), routed.MODELS)

    asked = routed.asked(60, seed=2)
    chosen = [router.select(one.workload, routed.MODELS).ranking[0].name for one in asked]

    good = [routed.quality_of(one.category, name) for one, name in zip(asked, chosen, strict=True)]
    assert sum(good) / len(good) > 0.85


def test_cost_counts_and_the_callers_weight_wins() -> None:
    best = replace(ASKED, preferences=Preferences(cost=0.0))

    assert Nearest(cost_weight=0.5).select(ASKED, (DEAR, CHEAP)).ranking[0] is CHEAP
    assert Nearest(cost_weight=0.5).select(best, (DEAR, CHEAP)).ranking[0] is DEAR


def test_what_has_no_features_is_not_kept() -> None:
    router = Nearest(k=1, temperature=0.001)
    tell(router, "dear", workload(), 0.0)

    assert quality(router, ASKED, "dear") == pytest.approx(0.7)
