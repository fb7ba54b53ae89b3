"""What every strategy promises, whatever it chooses by."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import model, outcome, usage, workload
from wrp_proxy.routers.base import Router
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.types import Finish, Model, Outcome, Price, Workload

MakeRouter = Callable[[], Router]

MODELS = (
    model("cheap", price=Price(input=0.1, output=0.4)),
    model("strong", price=Price(input=5.0, output=20.0), quality={"default": 0.9, "code": 0.95}),
    model("free", price=Price(input=0.0, output=0.0)),
    model("unknown"),
    model("made/up", listed=False),
)


@pytest.fixture(scope="module", params=ROUTERS)
def make_router(request: pytest.FixtureRequest) -> MakeRouter:
    """Make the router as a configuration without parameters does, but with a seed if it has one."""
    strategy = ROUTERS[request.param]

    def make() -> Router:
        return strategy(seed=7) if request.param == "weighted" else strategy()

    return make


candidate_lists = st.lists(st.sampled_from(MODELS), min_size=1, unique_by=lambda m: m.name)
workloads = st.builds(
    lambda tokens, limit, expected, kind, category: workload(
        input_tokens=tokens,
        max_output_tokens=limit,
        expected_output_tokens=expected,
        kind=kind,
        category=category,
    ),
    st.integers(0, 10**7),
    st.none() | st.integers(1, 10**6),
    st.integers(1, 10**6),
    st.sampled_from(["chat", "agent"]),
    st.sampled_from(["unknown", "code", "never seen before"]),
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


def test_a_router_goes_by_the_name_of_its_row() -> None:
    assert {name: make().name for name, make in ROUTERS.items()} == {name: name for name in ROUTERS}


@given(workload=workloads, candidates=candidate_lists)
def test_all_candidates_are_ranked_and_no_others(
    make_router: MakeRouter, workload: Workload, candidates: list[Model]
) -> None:
    decision = make_router().select(workload, candidates)

    assert sorted(ranked.name for ranked in decision.ranking) == sorted(m.name for m in candidates)


@given(workload=workloads, candidates=candidate_lists)
def test_a_decision_explains_itself(
    make_router: MakeRouter, workload: Workload, candidates: list[Model]
) -> None:
    router = make_router()
    decision = router.select(workload, candidates)

    assert decision.router == router.name
    assert decision.reason
    assert decision.scores.keys() <= {candidate.name for candidate in candidates}


@given(workload=workloads, candidates=candidate_lists)
def test_the_propensity_is_a_chance_that_the_choice_had(
    make_router: MakeRouter, workload: Workload, candidates: list[Model]
) -> None:
    propensity = make_router().select(workload, candidates).propensity

    assert 0 < propensity <= 1


def test_the_candidates_are_left_as_they_are(make_router: MakeRouter) -> None:
    candidates = list(MODELS)

    make_router().select(workload(), candidates)

    assert candidates == list(MODELS)


def test_the_same_seed_makes_the_same_choices(make_router: MakeRouter) -> None:
    asked = requests(100)

    assert choices(make_router(), asked) == choices(make_router(), asked)


def test_models_may_come_and_go(make_router: MakeRouter) -> None:
    router = make_router()
    new = model("brand-new", price=Price(input=1.0, output=1.0))

    choices(router, requests(50))
    router.learn(served(model("long-gone")))
    decision = router.select(workload(), [new, *MODELS[:2]])

    assert {ranked.name for ranked in decision.ranking} == {"brand-new", "cheap", "strong"}


def test_a_single_candidate_is_chosen_for_certain(make_router: MakeRouter) -> None:
    decision = make_router().select(workload(), [MODELS[3]])

    assert decision.ranking == (MODELS[3],)
    assert decision.propensity == 1.0


def test_candidates_of_unknown_price_are_ranked_too(make_router: MakeRouter) -> None:
    candidates = [MODELS[3], MODELS[4]]

    decision = make_router().select(workload(), candidates)

    assert {ranked.name for ranked in decision.ranking} == {"unknown", "made/up"}


@pytest.mark.parametrize(
    "learnt",
    [
        outcome(),
        outcome(finish="failed", error="upstream_timeout", usage=None, cost_usd=None),
        outcome(finish="cancelled", usage=usage(estimated=True), first_content_s=None),
        outcome(model="never seen", route="direct", endpoint=None, attempt=0),
        outcome(cached="exact", duration_s=0.0, cost_usd=0.0),
    ],
    ids=["complete", "failed", "cancelled", "unknown-model", "cached"],
)
def test_learning_never_raises(make_router: MakeRouter, learnt: Outcome) -> None:
    router = make_router()

    router.learn(learnt)

    assert router.select(workload(), MODELS).ranking
