"""What every strategy promises, whatever it chooses by, alone and around others."""

import inspect
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts import routed
from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, usage, workload
from tests.unit.routers.replicas import Totals, exchange
from wrp_proxy.routers.base import Router
from wrp_proxy.routers.composition import configurable, make_router, read_spec
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.signals import Preferences, Score
from wrp_proxy.types import Decision, Finish, Model, Outcome, Price, Workload

MakeRouter = Callable[[], Router]

MODELS = (
    model("cheap", price=Price(input=0.1, output=0.4)),
    model("strong", price=Price(input=5.0, output=20.0), quality={"default": 0.9, "code": 0.95}),
    model("free", price=Price(input=0.0, output=0.0)),
    model("unknown"),
    model("made/up", listed=False),
)
PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "budgeted": {"share_of_dearest": 0.3},
    "strong_share": {"strong": ["strong", "thinker", "lawyer"]},
}
"""What a strategy cannot do without."""
INNER = ("cheapest", "fixed_order")
"""What a wrapper wraps, as many as it takes."""
COMPOSED: tuple[Mapping[str, Any], ...] = (
    {"name": "session(budgeted(balanced))", "budgeted": {"usd_per_request": 0.001}},
    {
        "name": "budgeted(session(weighted))",
        "budgeted": {"usd_per_day": 1},
        "weighted": {"seed": 7},
    },
    {
        "name": "canary(fastest, pareto)",
        "canary": {"seed": 7, "share": 0.5},
        "fastest": {"seed": 7},
    },
    {
        "name": "shadow(canary(weighted, cheapest), balanced)",
        "canary": {"seed": 7},
        "weighted": {"seed": 7},
    },
    {"name": "session(cascade(task_table))", "task_table": {"seed": 7}},
    {"name": "self_consistency(task_table)", "task_table": {"seed": 7}},
    {"name": "cascade(linucb)"},
    {
        "name": "budgeted(task_table)",
        "budgeted": {"share_of_dearest": 0.3},
        "task_table": {"seed": 7, "cluster_weight": 0.5, "latency_weight": 0.1},
    },
    {
        "name": "rules",
        "rules": [
            {
                "name": "r",
                "when": {"kind": "agent"},
                "models": ["strong", "cheap"],
                "exclusive": False,
                "strategy": "balanced",
            }
        ],
        "otherwise": "cheapest",
    },
)
LOOKS_ELSEWHERE = {
    "cheapest": "at the price",
    "fastest": "at the clock",
    "fixed_order": "at the route",
    "rules": "at what is written",
    "strong_share": "at what is said of the models, never at scores",
    "weighted": "at nothing",
}
"""Strategies that do not estimate quality, with what they look at; wrappers look at others."""
REMEMBERS_REQUESTS = {"nearest"}
"""Strategies that keep single requests in memory, which are no sums: a fresh one begins anew."""
few = settings(max_examples=10)
"""Of each property for each of dozens of strategies."""
LEARNS_BY_STEPS = {"elo", "pheromone", "policy_gradient"}
"""Strategies whose lessons depend on what they know already, or on draws of their own."""


def as_written(name: str) -> Mapping[str, Any]:
    """Write a row of the registry as a configuration would, with a seed if it takes one."""
    annotations = [p.annotation for p in inspect.signature(ROUTERS[name]).parameters.values()]
    wrapped = INNER[: annotations.count(Router)]
    own = {**PARAMETERS.get(name, {}), **({"seed": 7} if "seed" in configurable(name) else {})}
    if not wrapped:
        return {"name": name, **own}
    return {"name": f"{name}({', '.join(wrapped)})", name: own}


def is_wrapper(name: str) -> bool:
    return "(" in as_written(name)["name"]


WRITTEN = [as_written(name) for name in ROUTERS] + list(COMPOSED)
ESTIMATES_QUALITY = [
    as_written(name) for name in ROUTERS if name not in LOOKS_ELSEWHERE and not is_wrapper(name)
]


def made(written: Mapping[str, Any], clock: Clock | None = None) -> Router:
    return make_router(read_spec(written), clock or Clock())


@pytest.fixture(scope="module", params=WRITTEN, ids=lambda written: written["name"])
def written(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    given_parameters: Mapping[str, Any] = request.param
    return given_parameters


@pytest.fixture(scope="module")
def make(written: Mapping[str, Any]) -> MakeRouter:
    return lambda: made(written)


candidate_lists = st.lists(st.sampled_from(MODELS), min_size=1, unique_by=lambda m: m.name)
chances = st.sampled_from([{}, {"code": 1.0}, {"code": 0.6, "never seen before": 0.4}])
preferences = st.builds(
    Preferences,
    cost=st.none() | st.floats(0, 10),
    latency=st.none() | st.floats(0, 10),
    max_cost_usd=st.none() | st.floats(0, 1),
)
workloads = st.builds(
    workload,
    input_tokens=st.integers(0, 10**7),
    max_output_tokens=st.none() | st.integers(1, 10**6),
    expected_output_tokens=st.integers(1, 10**6),
    kind=st.sampled_from(["chat", "agent", "tool_loop", "batch", "completion"]),
    category=st.sampled_from(["unknown", "code", "never seen before"]),
    probabilities=chances,
    features=st.none() | st.just(routed.features("chat", 1)),
    complexity=st.none() | st.floats(0, 1),
    warmth=st.none() | st.floats(0, 1),
    session=st.none() | st.sampled_from(["one", "other"]),
    turn=st.integers(1, 100),
    preferences=preferences,
)
scores = st.builds(
    Score,
    value=st.floats(0, 1),
    weight=st.floats(0, 1),
    source=st.sampled_from(["user", "judge"]),
    replaces=st.none() | st.floats(0, 1),
)
outcomes = st.builds(
    outcome,
    model=st.sampled_from(["cheap", "strong", "long-gone"]),
    workload=workloads,
    usage=st.none() | st.builds(usage, st.integers(0, 10**6), st.integers(0, 10**6)),
    cost_usd=st.none() | st.floats(0, 10),
    first_content_s=st.none() | st.floats(0, 100),
    duration_s=st.floats(0, 1000),
    finish=st.sampled_from(["complete", "failed", "cancelled"]),
    attempt=st.integers(0, 5),
    cached=st.sampled_from(["miss", "exact", "bypass", "shared"]),
    stream=st.booleans(),
    score=st.none() | scores,
)


def requests(count: int, seed: int = 1) -> list[tuple[Workload, list[Model]]]:
    """Different requests, each with candidates of its own."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    return [
        (
            workload(input_tokens=draw.randrange(10_000)),
            draw.sample(MODELS, draw.randrange(1, len(MODELS) + 1)),
        )
        for _ in range(count)
    ]


def served(chosen: Model, finish: Finish = "complete") -> Outcome:
    return outcome(model=chosen.name, finish=finish, error="boom" if finish == "failed" else None)


def choices(router: Router, asked: Sequence[tuple[Workload, list[Model]]]) -> list[list[str]]:
    """Ask, and let the router learn how its first choice did."""
    rankings = []
    for what, candidates in asked:
        ranking = router.select(what, candidates).ranking
        router.learn(served(ranking[0]))
        rankings.append([ranked.name for ranked in ranking])
    return rankings


def test_a_router_goes_by_the_name_it_is_written_with(
    written: Mapping[str, Any], make: MakeRouter
) -> None:
    assert make().name == written["name"]


@few
@given(workload=workloads, candidates=candidate_lists)
def test_all_candidates_are_ranked_and_no_others(
    make: MakeRouter, workload: Workload, candidates: list[Model]
) -> None:
    decision = make().select(workload, candidates)

    assert sorted(ranked.name for ranked in decision.ranking) == sorted(m.name for m in candidates)


@few
@given(workload=workloads, candidates=candidate_lists)
def test_a_decision_explains_itself(
    make: MakeRouter, workload: Workload, candidates: list[Model]
) -> None:
    router = make()
    decision = router.select(workload, candidates)

    names = {candidate.name for candidate in candidates}
    assert decision.router == router.name
    assert decision.reason
    assert decision.scores.keys() <= names
    assert decision.parts.keys() <= names


@few
@given(workload=workloads, candidates=candidate_lists)
def test_the_propensity_is_a_chance_that_the_choice_had(
    make: MakeRouter, workload: Workload, candidates: list[Model]
) -> None:
    propensity = make().select(workload, candidates).propensity

    assert 0 < propensity <= 1


def test_the_candidates_are_left_as_they_are(make: MakeRouter) -> None:
    candidates = list(MODELS)

    make().select(workload(), candidates)

    assert candidates == list(MODELS)


def test_the_same_seed_makes_the_same_choices(make: MakeRouter) -> None:
    asked = requests(100)

    assert choices(make(), asked) == choices(make(), asked)


def test_models_may_come_and_go(make: MakeRouter) -> None:
    router = make()
    new = model("brand-new", price=Price(input=1.0, output=1.0))

    choices(router, requests(50))
    router.learn(served(model("long-gone")))
    decision = router.select(workload(), [new, *MODELS[:2]])

    assert {ranked.name for ranked in decision.ranking} == {"brand-new", "cheap", "strong"}


def test_a_single_candidate_is_chosen_for_certain(make: MakeRouter) -> None:
    decision = make().select(workload(), [MODELS[3]])

    assert decision.ranking == (MODELS[3],)
    assert decision.propensity == 1.0


def test_candidates_of_unknown_price_are_ranked_too(make: MakeRouter) -> None:
    candidates = [MODELS[3], MODELS[4]]

    decision = make().select(workload(), candidates)

    assert {ranked.name for ranked in decision.ranking} == {"unknown", "made/up"}


@pytest.mark.parametrize(
    "learnt",
    [
        outcome(),
        outcome(finish="failed", error="upstream_timeout", usage=None, cost_usd=None),
        outcome(finish="cancelled", usage=usage(estimated=True), first_content_s=None),
        outcome(model="never seen", route="direct", endpoint=None, attempt=0),
        outcome(cached="exact", duration_s=0.0, cost_usd=0.0),
        outcome(score=Score(value=1.0)),
        outcome(model="never seen", score=Score(value=0.0, weight=0.3, replaces=1.0)),
    ],
    ids=["complete", "failed", "cancelled", "unknown-model", "cached", "scored", "scored-again"],
)
def test_learning_never_raises(make: MakeRouter, learnt: Outcome) -> None:
    router = make()

    router.learn(learnt)

    assert router.select(workload(), MODELS).ranking


@few
@given(learnt=st.lists(outcomes, max_size=8), workload=workloads)
def test_whatever_is_learnt_the_next_decision_is_a_decision(
    make: MakeRouter, learnt: list[Outcome], workload: Workload
) -> None:
    router = make()
    router.select(workload, MODELS)

    for one in learnt:
        router.learn(one)
    decision = router.select(workload, MODELS)

    assert len(decision.ranking) == len(MODELS)
    assert 0 < decision.propensity <= 1
    for statistics in router.statistics:
        for values, _ in statistics.dump().values():
            assert np.isfinite(values).all()


def test_what_is_learnt_goes_by_names_of_its_own(make: MakeRouter) -> None:
    names = [statistics.name for statistics in make().statistics]

    assert len(set(names)) == len(names)


def test_a_fresh_router_with_the_statistics_of_another_decides_like_it(
    written: Mapping[str, Any], make: MakeRouter
) -> None:
    if written["name"] in REMEMBERS_REQUESTS:
        pytest.skip("it remembers single requests")
    asked = routed.asked(120)
    router, fresh = make(), make()
    taught(router, asked)
    fresh.select(asked[0].workload, routed.MODELS)

    for statistics, own in zip(router.statistics, fresh.statistics, strict=True):
        assert own.name == statistics.name
        own.replace(json.loads(json.dumps(statistics.dump())))

    for one in routed.asked(30, seed=2):
        decision = fresh.select(one.workload, routed.MODELS)
        expected = router.select(one.workload, routed.MODELS)
        assert figures(decision) == pytest.approx(figures(expected), rel=1e-6)
        if written["name"] not in LEARNS_BY_STEPS:  # its draws have gone on
            assert decision.ranking == expected.ranking
            assert decision.propensity == pytest.approx(expected.propensity)


def figures(decision: Decision) -> dict[str, float]:
    return {name: score or 0.0 for name, score in decision.scores.items()}


def taught(router: Router, asked: Sequence[routed.Asked], seed: int = 3) -> None:
    """Let a router learn from models chosen by chance, after it was asked once."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    decision = router.select(asked[0].workload, routed.MODELS)
    for one in asked:
        for ended in told(one, draw, decision):
            router.learn(ended)


def told(one: routed.Asked, draw: random.Random, decision: Decision) -> tuple[Outcome, Outcome]:
    ended = routed.attempted(one, decision, draw.choice(routed.MODELS))
    is_good = draw.random() < routed.quality_of(one.category, ended.model)
    return ended, routed.scored(ended, float(is_good))


def test_two_replicas_learn_together_what_one_would_that_saw_all(
    written: Mapping[str, Any],
) -> None:
    clock = Clock()
    alone, *replicas = (made(written, clock) for _ in range(3))
    shared: list[Totals] = [{} for _ in alone.statistics]
    asked = routed.asked(160)
    decision, *_ = [asked_once(router, asked[0]) for router in (alone, *replicas)]

    draw = random.Random(3)  # noqa: S311 - reproducible, not secret
    for number, one in enumerate(asked):
        clock.now += 1.0
        for ended in told(one, draw, decision):
            alone.learn(ended)
            replicas[number % 2].learn(ended)
        if number % 8 == 7:
            for place, totals in enumerate(shared):
                exchange([router.statistics[place] for router in replicas], totals)

    for statistics, totals in zip(alone.statistics, shared, strict=True):
        assert totals.keys() == set(statistics.keys())
        share = 0.5 if written["name"] in LEARNS_BY_STEPS else 0.05
        assert far_apart(totals, statistics.dump()) <= share


def asked_once(router: Router, one: routed.Asked) -> Decision:
    """Let a router see the candidates, and learn nothing from that."""
    decision = router.select(one.workload, routed.MODELS)
    for statistics in router.statistics:
        statistics.clear()
    return decision


def far_apart(totals: Totals, expected: Totals) -> float:
    """Return the share of all that was learnt by which the totals are not what was expected."""
    keys = list(expected)
    whole = sum(float(np.abs(expected[key][0]).sum()) for key in keys)
    apart = sum(float(np.abs(np.subtract(totals[key][0], expected[key][0])).sum()) for key in keys)
    return apart / whole if whole else apart


@pytest.mark.parametrize("estimating", ESTIMATES_QUALITY, ids=lambda written: written["name"])
def test_what_estimates_quality_chooses_better_than_chance(estimating: Mapping[str, Any]) -> None:
    asked = routed.asked(600)

    attempts = routed.serve(made(estimating), asked)

    late = list(zip(asked, attempts, strict=True))[300:]
    quality = [routed.quality_of(one.category, ended.model) for one, ended in late]
    assert sum(quality) / len(quality) > routed.RANDOM_QUALITY


def test_what_is_said_not_to_estimate_quality_exists() -> None:
    assert LOOKS_ELSEWHERE.keys() <= ROUTERS.keys()
