import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.routers.replicas import Totals, hand_over
from wrp_proxy.learning.merging import merged
from wrp_proxy.statistics import Change, Statistics

numbers = st.lists(st.floats(-100, 100), min_size=2, max_size=2)
additions = st.lists(st.tuples(numbers, st.floats(0, 500), st.booleans()), min_size=1, max_size=20)


@given(additions, st.floats(0.5, 1.0), st.none() | st.floats(10, 1e6))
def test_changes_merged_have_the_effect_of_all_of_them(
    added: list[tuple[list[float], float, bool]], discount: float, half_life_s: float | None
) -> None:
    clock = Clock()
    statistics = Statistics("s", discount=discount, half_life_s=half_life_s, clock=clock)
    whole: Change | None = None
    one_by_one: Totals = {"key": ([5.0, -7.0], clock.now)}
    together: Totals = dict(one_by_one)

    for values, seconds, is_gathered in added:
        clock.now += seconds
        statistics.add("key", values)
        if is_gathered:
            (change,) = statistics.changes()
            hand_over([change], one_by_one, half_life_s)
            whole = merged(whole, change, half_life_s or 0.0)
    for change in statistics.changes():
        hand_over([change], one_by_one, half_life_s)
        whole = merged(whole, change, half_life_s or 0.0)
    hand_over([whole] if whole else [], together, half_life_s)

    assert together["key"][1] == one_by_one["key"][1]
    assert together["key"][0] == pytest.approx(one_by_one["key"][0], rel=1e-9, abs=1e-9)


def test_a_change_of_another_length_begins_anew() -> None:
    old = Change(key="k", factor=0.5, added=[1.0], at=10.0)
    new = Change(key="k", factor=0.5, added=[1.0, 2.0], at=20.0)

    assert merged(old, new, 0.0) is new
    assert merged(None, old, 60.0) is old


def test_a_clock_that_is_put_back_does_not_let_changes_grow() -> None:
    old = Change(key="k", factor=1.0, added=[1.0], at=100.0)
    new = Change(key="k", factor=1.0, added=[1.0], at=40.0)

    both = merged(old, new, 60.0)

    assert (both.added, both.at) == ([2.0], 100.0)
