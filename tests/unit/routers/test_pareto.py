import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import model, workload
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.pareto import Pareto, closeness, front
from wrp_proxy.signals import Preferences
from wrp_proxy.types import Price, Workload

GOOD = model("good", price=Price(input=10.0, output=10.0), quality={"default": 0.9})
FAIR = model("fair", price=Price(input=2.0, output=2.0), quality={"default": 0.7})
POOR = model("poor", price=Price(input=0.1, output=0.1), quality={"default": 0.3})
BEATEN = model("beaten", price=Price(input=3.0, output=3.0), quality={"default": 0.6})
ALL = [BEATEN, POOR, FAIR, GOOD]


def pareto(**parameters: float) -> Pareto:
    return Pareto(**parameters, clock=Clock())


def asked(**preferences: float) -> Workload:
    return workload(preferences=Preferences(**preferences))


def test_what_another_beats_in_everything_comes_last_however_close_it_is() -> None:
    decision = pareto(cost_weight=1.0).select(workload(), ALL)

    assert decision.ranking[-1] == BEATEN
    assert (decision.scores["beaten"] or 0) > (decision.scores["good"] or 0)
    assert "of 3 that none beats in all" in decision.reason


def test_the_weights_decide_on_the_front() -> None:
    router = pareto()

    assert router.select(asked(cost=0.0, latency=0.0), ALL).ranking[0] == GOOD
    assert router.select(asked(cost=10.0), ALL).ranking[0] == POOR
    assert router.select(asked(cost=0.5), ALL).ranking[0] == FAIR


def test_the_routes_weights_hold_where_the_caller_has_none() -> None:
    assert pareto(cost_weight=0.0).select(workload(), ALL).ranking[0] == GOOD
    assert pareto(cost_weight=10.0).select(workload(), ALL).ranking[0] == POOR


def test_the_best_in_everything_is_as_close_as_can_be() -> None:
    decision = pareto().select(workload(), [BEATEN, FAIR])

    assert decision.ranking == (FAIR, BEATEN)
    assert decision.scores["fair"] == 1.0


def test_twins_share_the_front_in_the_order_given() -> None:
    twin = model("twin", price=FAIR.price, quality=FAIR.quality)

    assert pareto().select(workload(), [twin, FAIR]).ranking == (twin, FAIR)


def test_the_parts_are_what_was_weighed() -> None:
    parts = pareto().select(workload(input_tokens=1000), ALL).parts

    assert parts["good"].quality == pytest.approx(0.9)
    assert parts["good"].cost_usd == pytest.approx(0.0105)
    assert parts["good"].latency_s == pytest.approx(2.0)


def test_examples_teach_quality() -> None:
    router = pareto(cost_weight=0.0)
    example = Example(workload=workload(), scores={"good": 0.0, "poor": 1.0}, costs_usd={})

    router.fit([example] * 200, ALL)

    assert router.select(workload(), ALL).ranking[0] == POOR


tables = st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=8).map(
    np.array
)


@given(tables)
def test_no_row_of_the_front_is_beaten_and_every_other_is(values: np.ndarray) -> None:
    best = front(values)

    def beats(one: np.ndarray, other: np.ndarray) -> bool:
        return bool((one >= other).all() and (one > other).any())

    for row, is_best in zip(values, best, strict=True):
        assert is_best != any(beats(other, row) for other in values)
    assert best.any()


@given(tables)
def test_closeness_lies_between_nothing_and_one(values: np.ndarray) -> None:
    near = closeness(values, front(values))

    assert np.isfinite(near).all()
    assert (near >= 0).all()
    assert (near <= 1).all()
