"""Shares are checked within four standard deviations; the seeds make them reproducible."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt

import pytest

from tests.unit.nouns import model, workload
from wrp_proxy.routers.weighted import Weighted
from wrp_proxy.types import Model

A, B, C = model("a"), model("b"), model("c")
DRAWS = 4000


def firsts(weights: Mapping[str, float], candidates: Sequence[Model]) -> Counter[str]:
    router = Weighted(weights, seed=11)
    return Counter(router.select(workload(), candidates).ranking[0].name for _ in range(DRAWS))


def is_about(count: int, share: float) -> bool:
    return abs(count - DRAWS * share) <= 4 * sqrt(DRAWS * share * (1 - share))


@pytest.mark.parametrize(
    "weights",
    [
        {"a": 1, "b": 1, "c": 2},
        {"a": 90, "b": 9, "c": 1},
        {"a": 0.7, "b": 0.2, "c": 0.1},
        {"a": 1e-4, "b": 2e-4, "c": 7e-4},
        {"a": 1e-9, "b": 1e9, "c": 1e9},
        {"a": 1e6, "b": 2e6, "c": 7e6},
    ],
)
def test_each_model_gets_its_share(weights: dict[str, float]) -> None:
    drawn = firsts(weights, [A, B, C])

    total = sum(weights.values())
    for name, weight in weights.items():
        assert is_about(drawn[name], weight / total), drawn


def test_a_model_without_a_weight_counts_as_one() -> None:
    drawn = firsts({"a": 3}, [A, B])

    assert is_about(drawn["a"], 0.75)


def test_the_shares_are_among_those_who_are_candidates() -> None:
    drawn = firsts({"a": 1, "b": 1, "c": 98}, [A, B])

    assert is_about(drawn["a"], 0.5)


def test_the_second_place_is_drawn_among_the_rest() -> None:
    router = Weighted({"a": 1000, "b": 3, "c": 1}, seed=11)
    rankings = [router.select(workload(), [C, B, A]).ranking for _ in range(DRAWS)]

    seconds = Counter(second.name for first, second, _ in rankings if first == A)

    assert abs(seconds["b"] / seconds.total() - 0.75) < 4 * sqrt(0.75 * 0.25 / seconds.total())


def test_a_weight_of_zero_serves_only_when_all_others_fail() -> None:
    router = Weighted({"a": 0, "b": 1e-6}, seed=11)

    lasts = {router.select(workload(), [A, B, C]).ranking[-1].name for _ in range(DRAWS)}

    assert lasts == {"a"}


def test_with_all_weights_zero_the_order_of_the_route_holds() -> None:
    decision = Weighted({"a": 0, "b": 0}, seed=11).select(workload(), [B, A])

    assert decision.ranking == (B, A)
    assert decision.propensity == 1.0


def test_the_propensity_is_the_share_of_the_model_chosen() -> None:
    router = Weighted({"a": 3, "b": 1}, seed=11)

    decisions = [router.select(workload(), [A, B]) for _ in range(100)]

    assert {d.ranking[0].name: d.propensity for d in decisions} == {"a": 0.75, "b": 0.25}


def test_seeds_make_choices_and_none_makes_them_differ() -> None:
    def draws(seed: int | None) -> list[str]:
        router = Weighted(seed=seed)
        return [router.select(workload(), [A, B, C]).ranking[0].name for _ in range(100)]

    assert draws(5) == draws(5)
    assert draws(5) != draws(6)
    assert draws(None) != draws(None)
