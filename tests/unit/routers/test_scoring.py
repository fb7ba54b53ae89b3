import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, usage, workload
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.scoring import Ranked, Scoring
from wrp_proxy.routers.speeds import Speeds
from wrp_proxy.signals import Preferences
from wrp_proxy.types import Model, Price, Workload

DEAR = model("dear", price=Price(input=10.0, output=10.0))
CHEAP = model("cheap", price=Price(input=1.0, output=1.0))
FREE = model("free", price=Price(input=0.0, output=0.0))
UNKNOWN = model("unknown")


def rank(
    candidates: list[Model],
    quality: list[float],
    weight: float = 0.0,
    asked: Workload | None = None,
    bonus: list[float] | None = None,
) -> Ranked:
    return Scoring(Costs(Clock()), weight).rank(asked or workload(), candidates, quality, bonus)


def test_without_a_weight_of_cost_the_best_comes_first() -> None:
    result = rank([CHEAP, DEAR], [0.6, 0.7])

    assert result.ranking == (DEAR, CHEAP)
    assert result.scores == {"cheap": 0.6, "dear": 0.7}


def test_cost_counts_as_a_share_of_the_dearest() -> None:
    result = rank([CHEAP, DEAR], [0.6, 0.7], weight=0.5)

    assert result.ranking == (CHEAP, DEAR)
    assert result.scores == pytest.approx({"cheap": 0.55, "dear": 0.2})


def test_the_callers_weight_goes_before_the_routes() -> None:
    best, cheapest = (workload(preferences=Preferences(cost=cost)) for cost in (0.0, 1.0))

    assert rank([CHEAP, DEAR], [0.6, 0.7], 0.5, best).ranking[0] == DEAR
    assert rank([CHEAP, DEAR], [0.6, 0.7], 0.0, cheapest).ranking[0] == CHEAP


def test_an_unknown_price_counts_as_the_dearest() -> None:
    result = rank([UNKNOWN, CHEAP, DEAR], [0.7, 0.7, 0.7], weight=0.5)

    assert result.ranking[0] == CHEAP
    assert result.scores["unknown"] == result.scores["dear"]
    assert result.parts["unknown"].cost_usd is None


def test_of_equals_the_cheaper_goes_first_and_then_the_order_given() -> None:
    twin = model("twin", price=CHEAP.price)

    assert rank([DEAR, twin, CHEAP], [0.5, 0.5, 0.5]).ranking == (twin, CHEAP, DEAR)


def test_where_nothing_costs_anything_quality_alone_counts() -> None:
    assert rank([FREE, model("free-too", price=FREE.price)], [0.1, 0.2], 1.0).scores == {
        "free": 0.1,
        "free-too": 0.2,
    }
    assert rank([UNKNOWN], [0.5], 1.0).ranking == (UNKNOWN,)


def test_a_bonus_counts_like_quality_and_is_told() -> None:
    result = rank([CHEAP, DEAR], [0.6, 0.7], bonus=[0.3, 0.0])

    assert result.ranking == (CHEAP, DEAR)
    assert result.parts["cheap"].bonus == 0.3
    assert rank([CHEAP], [0.6]).parts["cheap"].bonus is None


def test_latency_counts_as_a_share_of_the_slowest() -> None:
    clock = Clock()
    speeds = Speeds(600.0, clock)
    for name, seconds in (("cheap", 1.0), ("dear", 4.0)):
        speeds.learn(outcome(model=name, usage=usage(10, 50), duration_s=seconds))
    scoring = Scoring(Costs(clock), 0.0, speeds, 0.5)

    result = scoring.rank(workload(), [CHEAP, DEAR], [0.6, 0.7])

    cheap_s, dear_s = (result.parts[name].latency_s or 0.0 for name in ("cheap", "dear"))
    assert cheap_s < dear_s
    assert result.scores == pytest.approx({"cheap": 0.6 - 0.5 * cheap_s / dear_s, "dear": 0.2})
    unhurried = workload(preferences=Preferences(latency=0.0))
    assert scoring.rank(unhurried, [CHEAP, DEAR], [0.6, 0.7]).ranking[0] == DEAR


def test_the_reason_is_that_of_the_first_place() -> None:
    asked = workload(input_tokens=1000, expected_output_tokens=1000)

    assert rank([CHEAP, DEAR], [0.6, 0.7], 0.5, asked).reason == (
        "quality 0.60 for 0.002 USD expected, cost weight 0.5"
    )
    assert "no price known" in rank([UNKNOWN, CHEAP], [0.7, 0.1]).reason
    assert rank([UNKNOWN], [0.7]).reason == "the only able model"


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.floats(0, 10))
def test_the_scores_fall_along_the_ranking(quality: list[float], weight: float) -> None:
    result = rank([CHEAP, FREE, DEAR, UNKNOWN], quality, weight)

    scores = [result.scores[one.name] or 0.0 for one in result.ranking]
    assert scores == sorted(scores, reverse=True)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0, 5), st.floats(0, 5))
def test_more_weight_of_cost_never_makes_the_choice_dearer(
    quality: list[float], weight: float, more: float
) -> None:
    candidates = [CHEAP, FREE, DEAR]

    before, after = (rank(candidates, quality, w) for w in (weight, weight + more))

    cost = [r.parts[r.ranking[0].name].cost_usd or 0.0 for r in (before, after)]
    assert cost[1] <= cost[0]
