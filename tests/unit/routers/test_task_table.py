"""The default strategy: what it learns from examples and scores, and what it weighs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.contracts import routed
from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, workload
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.task_table import TaskTable
from wrp_proxy.signals import Preferences, Score
from wrp_proxy.types import Model, Outcome, Price, Workload

CHEAP = model("cheap", price=Price(input=1.0, output=1.0), quality={"default": 0.6})
DEAR = model("dear", price=Price(input=10.0, output=10.0), quality={"default": 0.7})
LAW = workload(category="law", probabilities={"law": 1.0, "chat": 0.0})
CHAT = workload(category="chat", probabilities={"law": 0.0, "chat": 1.0})


def scored(name: str, asked: Workload, value: float, replaces: float | None = None) -> Outcome:
    score = Score(value=value, replaces=replaces)
    return replace(outcome(model=name, workload=asked), score=score)


def first(router: TaskTable, asked: Workload, candidates: Sequence[Model] = (CHEAP, DEAR)) -> str:
    return router.select(asked, candidates).ranking[0].name


def quality(router: TaskTable, asked: Workload, name: str) -> float:
    found = router.select(asked, (CHEAP, DEAR)).parts[name].quality
    assert found is not None
    return found


def examples(count: int) -> list[Example]:
    """Ask every model of the world, whose answers are as good as they are."""
    return [
        Example(
            workload=one.workload,
            scores=dict(zip(routed.NAMES, routed.QUALITY[one.category], strict=True)),
            costs_usd={},
        )
        for one in routed.asked(count)
    ]


def test_before_anything_is_learnt_priors_are_weighed_against_cost() -> None:
    assert first(TaskTable(cost_weight=0.05), LAW) == "dear"
    assert first(TaskTable(cost_weight=0.2), LAW) == "cheap"


def test_the_callers_weight_of_cost_wins() -> None:
    best, thrifty = (replace(LAW, preferences=Preferences(cost=cost)) for cost in (0.0, 1.0))

    assert first(TaskTable(cost_weight=0.2), best) == "dear"
    assert first(TaskTable(cost_weight=0.0), thrifty) == "cheap"


def test_latency_counts_where_it_has_a_weight() -> None:
    router, weighing = (TaskTable(cost_weight=0.0, latency_weight=w) for w in (0.0, 0.5))
    hurried = replace(LAW, preferences=Preferences(latency=0.5))
    for learning in (router, weighing):
        for name, seconds in (("cheap", 1.0), ("dear", 20.0)):
            learning.learn(
                outcome(model=name, duration_s=seconds, first_content_s=seconds / 2, stream=True)
            )

    assert [first(router, LAW), first(weighing, LAW), first(router, hurried)] == [
        "dear",
        "cheap",
        "cheap",
    ]
    assert weighing.select(LAW, (CHEAP, DEAR)).parts["dear"].latency_s is not None


def test_scores_that_come_back_move_the_choice_of_their_category() -> None:
    router = TaskTable(explore=0.0, cost_weight=0.0)
    for _ in range(30):
        router.learn(scored("dear", LAW, 0.0))
        router.learn(scored("cheap", LAW, 1.0))
        router.learn(scored("dear", CHAT, 1.0))
        router.learn(scored("cheap", CHAT, 0.0))

    assert first(router, LAW) == "cheap"
    assert first(router, CHAT) == "dear"


def test_a_score_that_replaces_another_undoes_it() -> None:
    corrected, told = TaskTable(), TaskTable()
    corrected.learn(scored("dear", LAW, 1.0))
    corrected.learn(scored("dear", LAW, 0.25, replaces=1.0))
    told.learn(scored("dear", LAW, 0.25))

    assert quality(corrected, LAW, "dear") == pytest.approx(quality(told, LAW, "dear"))
    assert quality(told, LAW, "dear") < 0.7


def test_others_are_tried_only_once_scores_come_back_and_as_often_as_said() -> None:
    router = TaskTable(explore=0.3, cost_weight=0.0, seed=1)
    before = [router.select(LAW, (CHEAP, DEAR)) for _ in range(200)]
    router.learn(outcome(model="dear", workload=LAW))
    untold = [router.select(LAW, (CHEAP, DEAR)) for _ in range(200)]

    router.learn(scored("dear", LAW, 1.0))
    after = [router.select(LAW, (CHEAP, DEAR)) for _ in range(4000)]

    assert {(one.ranking[0].name, one.propensity) for one in before + untold} == {("dear", 1.0)}
    chances = {one.ranking[0].name: one.propensity for one in after}
    assert chances == pytest.approx({"dear": 0.85, "cheap": 0.15})
    counts = Counter(one.ranking[0].name for one in after)
    assert counts["cheap"] / len(after) == pytest.approx(0.15, abs=0.02)
    assert {one.reason for one in after if one.ranking[0] is CHEAP} == {
        "explored, as 30% of requests are"
    }


def test_examples_tell_each_categorys_best() -> None:
    router = TaskTable(cost_weight=0.0)
    router.fit(examples(300), routed.MODELS)

    chosen = {
        one.category: first(router, one.workload, routed.MODELS) for one in routed.asked(60, seed=2)
    }

    assert chosen == {
        category: routed.NAMES[int(np.argmax(row))] for category, row in routed.QUALITY.items()
    }


@pytest.mark.parametrize("blend", [(1.0, 1.0, 0.0), (1.0, 0.0, 1.0)], ids=["clusters", "ridge"])
def test_the_text_tells_where_categories_do_not(blend: tuple[float, float, float]) -> None:
    task, cluster, ridge = blend
    router = TaskTable(
        cost_weight=0.0, task_weight=task, cluster_weight=cluster, ridge_weight=ridge, clusters=5
    )
    blind = {name: 1 / len(routed.QUALITY) for name in routed.QUALITY}
    seen = [
        replace(one, workload=replace(one.workload, probabilities=blind)) for one in examples(400)
    ]
    router.fit(seen, routed.MODELS)

    asked = routed.asked(100, seed=2, probabilities=blind)
    chosen = [
        routed.quality_of(one.category, first(router, one.workload, routed.MODELS)) for one in asked
    ]

    assert sum(chosen) / len(chosen) > 0.8


@pytest.mark.parametrize("features", [None, np.ones(3, np.float32)], ids=["none", "shorter"])
@pytest.mark.parametrize("probabilities", [{}, {"law": 0.5, "new": 0.5}], ids=["none", "others"])
def test_what_is_missing_or_of_another_shape_is_left_out(
    features: np.ndarray[tuple[int], np.dtype[np.float32]] | None,
    probabilities: dict[str, float],
) -> None:
    router = TaskTable(cluster_weight=0.5, clusters=5)
    router.fit(examples(100), routed.MODELS)
    usual = routed.asked(1)[0].workload
    router.select(usual, routed.MODELS)

    odd = replace(usual, features=features, probabilities=probabilities)
    decision = router.select(odd, routed.MODELS)
    router.learn(scored("tiny", odd, 1.0))

    assert len(decision.ranking) == len(routed.MODELS)
    assert router.select(usual, routed.MODELS).parts["tiny"].quality is not None


def test_examples_of_no_use_are_no_trouble() -> None:
    router = TaskTable()
    router.fit([], routed.MODELS)
    router.fit([Example(workload=workload(), scores={}, costs_usd={})], routed.MODELS)

    assert len(router.select(workload(), routed.MODELS).ranking) == len(routed.MODELS)


def test_examples_are_learnt_anew_not_on_top() -> None:
    once, twice = TaskTable(), TaskTable()
    priced = [replace(one, costs_usd={"tiny": 0.01}) for one in examples(50)]
    for router, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            router.fit(priced, routed.MODELS)

    for one, other in zip(once.statistics, twice.statistics, strict=True):
        assert {key: sums for key, (sums, _) in one.dump().items()} == {
            key: pytest.approx(sums) for key, (sums, _) in other.dump().items()
        }


def test_models_that_come_and_go_keep_what_was_learnt_of_them() -> None:
    router = TaskTable(cost_weight=0.0, explore=0.0)
    for _ in range(50):
        router.learn(scored("dear", LAW, 0.0))

    new = model("new", quality={"default": 0.5})

    assert first(router, LAW, (DEAR, new)) == "new"
    assert first(router, LAW, (new,)) == "new"
    assert first(router, LAW, (CHEAP, DEAR, new)) == "cheap"


def test_a_fresh_one_goes_on_from_what_another_has_learnt() -> None:
    clock = Clock()
    router, fresh = (
        TaskTable(cluster_weight=0.5, clusters=5, explore=0.0, clock=clock) for _ in "ab"
    )
    router.fit(examples(200), routed.MODELS)
    routed.serve(router, routed.asked(100, seed=3))

    for one, other in zip(router.statistics, fresh.statistics, strict=True):
        other.replace(json.loads(json.dumps(one.dump())))

    for asked in routed.asked(40, seed=4):
        expected, decision = (
            each.select(asked.workload, routed.MODELS) for each in (router, fresh)
        )
        assert decision.ranking == expected.ranking
        assert decision.scores == pytest.approx(expected.scores)


def test_scores_of_clusters_found_before_are_not_mixed_with_those_of_new_ones() -> None:
    router = TaskTable(cluster_weight=1.0, clusters=5)
    router.fit(examples(100), routed.MODELS)
    before = set(router.statistics[1].keys())

    router.fit(examples(150)[50:], routed.MODELS)

    assert before.isdisjoint(router.statistics[1].keys())
