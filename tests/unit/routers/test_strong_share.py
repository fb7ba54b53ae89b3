"""Shares are counted over two thousand seeded requests."""

import random
from collections.abc import Callable

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, workload
from wrp_proxy.routers.strong_share import StrongShare
from wrp_proxy.signals import Score
from wrp_proxy.types import Decision, Outcome, Workload

STRONG = model("strong", quality={"default": 0.9, "mathematics": 0.95, "chat": 0.8})
WEAK = model("weak", quality={"default": 0.7, "mathematics": 0.3, "chat": 0.8})
BOTH = [WEAK, STRONG]
REQUESTS = 2000


def router(share: float, seed: int = 7) -> StrongShare:
    return StrongShare(["strong"], share, seed=seed, clock=Clock())


def attempted(asked: Workload, decision: Decision, **more: object) -> Outcome:
    name = decision.ranking[0].name
    return outcome(**{"model": name, "workload": asked, "scores": decision.scores, **more})


def varied(draw: random.Random) -> Workload:
    category = draw.choice(["mathematics", "chat", "law"])
    return workload(category=category, complexity=draw.betavariate(2, 5))


def alike(draw: random.Random) -> Workload:
    return workload(category="law", complexity=0.5)


def of_two_kinds(draw: random.Random) -> Workload:
    return workload(category=draw.choice(["mathematics", "chat"]))


def served(
    strategy: StrongShare, make: Callable[[random.Random], Workload], count: int = REQUESTS
) -> list[tuple[Workload, Decision]]:
    draw = random.Random(3)  # noqa: S311 - reproducible, not secret
    asked = []
    for _ in range(count):
        one = make(draw)
        decision = strategy.select(one, BOTH)
        strategy.learn(attempted(one, decision))
        asked.append((one, decision))
    return asked


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("make", [varied, alike, of_two_kinds])
def test_the_share_is_reached(share: float, make: Callable[[random.Random], Workload]) -> None:
    decisions = served(router(share), make)

    strong = sum(decision.ranking[0] == STRONG for _, decision in decisions)
    assert abs(strong / REQUESTS - share) <= 0.01


def test_the_hardest_requests_go_to_the_strong() -> None:
    late = served(router(0.3), varied)[500:]

    hardness = [
        (one.category == "mathematics", one.category == "law", one.complexity or 0.0)
        for one, _ in late
    ]
    strong = [
        h for h, (_, decision) in zip(hardness, late, strict=True) if decision.ranking[0] == STRONG
    ]
    assert sum(h[0] for h in strong) / len(strong) > 0.8
    assert not any(not h[0] and not h[1] and h[2] < 0.3 for h in strong)


def test_the_share_is_kept_when_requests_get_harder() -> None:
    strategy = router(0.3)
    served(strategy, lambda draw: workload(category="chat", complexity=draw.random() / 10))

    late = served(strategy, lambda draw: workload(category="mathematics", complexity=draw.random()))

    strong = sum(decision.ranking[0] == STRONG for _, decision in late)
    assert abs(strong / REQUESTS - 0.3) <= 0.05


def test_the_propensity_is_the_chance_that_the_choice_had() -> None:
    decisions = [decision for _, decision in served(router(0.3), alike)][1000:]

    chance = [d.propensity if d.ranking[0] == STRONG else 1 - d.propensity for d in decisions]
    strong = sum(decision.ranking[0] == STRONG for decision in decisions)
    assert sum(chance) / len(chance) == pytest.approx(strong / len(chance), abs=0.04)


def test_before_anything_was_seen_the_share_is_drawn() -> None:
    decisions = [router(0.25, seed=seed).select(workload(), BOTH) for seed in range(400)]

    strong = [decision for decision in decisions if decision.ranking[0] == STRONG]
    assert abs(len(strong) / 400 - 0.25) < 0.09
    assert {decision.propensity for decision in strong} == {0.25}


def test_within_a_tier_the_order_of_the_route_holds() -> None:
    weak, strong = model("weak-too"), model("strong-too")
    strategy = StrongShare(["strong", "strong-too"], 0.0, seed=7, clock=Clock())

    ranking = strategy.select(workload(), [strong, WEAK, STRONG, weak]).ranking

    assert ranking == (WEAK, weak, strong, STRONG)


@pytest.mark.parametrize(("only", "word"), [(STRONG, "strong"), (WEAK, "weak")])
def test_where_one_tier_is_missing_the_other_serves_and_nothing_is_counted(
    only: object, word: str
) -> None:
    strategy = router(0.5)
    candidate = STRONG if only is STRONG else WEAK

    decision = strategy.select(workload(), [candidate])
    strategy.learn(attempted(workload(), decision))

    assert decision.reason == f"only {word} models are able"
    assert decision.propensity == 1.0
    assert strategy.statistics[0].dump() == {}


@pytest.mark.parametrize("more", [{"attempt": 2}, {"score": Score(value=1.0)}])
def test_a_request_counts_once(more: dict[str, object]) -> None:
    strategy = router(0.5)
    decision = strategy.select(workload(), BOTH)

    strategy.learn(attempted(workload(), decision, **more))

    assert strategy.statistics[0].dump() == {}
