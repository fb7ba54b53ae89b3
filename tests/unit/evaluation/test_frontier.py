"""Is what can be had at a cost read off the points rightly?"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.evaluation.frontier import Point, cost_at, hull, mean_height, quality_at

points = st.lists(
    st.tuples(st.integers(1, 1000).map(float), st.integers(0, 1000).map(lambda n: n / 1000)),
    min_size=1,
    max_size=30,
)


def test_the_hull_leaves_out_what_a_mixture_of_others_beats() -> None:
    assert hull([(1, 0.2), (2, 0.3), (3, 0.8), (4, 0.7), (2, 0.1)]) == [(1, 0.2), (3, 0.8)]


def test_the_hull_keeps_a_corner_that_rises_steeper_before_it() -> None:
    assert hull([(1, 0.2), (2, 0.7), (3, 0.8)]) == [(1, 0.2), (2, 0.7), (3, 0.8)]


@given(points)
def test_the_hull_rises_ever_less_and_no_point_is_above_it(points: list[Point]) -> None:
    corners = hull(points)

    slopes = [(two[1] - one[1]) / (two[0] - one[0]) for one, two in pairwise(corners)]
    assert all(slope > 0 for slope in slopes)
    assert all(two <= one * (1 + 1e-9) for one, two in pairwise(slopes))
    for cost, quality in points:
        height = quality_at(points, cost)
        assert height is not None
        assert height >= quality - 1e-9


@given(points, st.permutations(range(5)))
def test_the_order_of_points_and_doubles_do_not_matter(
    points: list[Point], order: list[int]
) -> None:
    mixed = [points[place % len(points)] for place in order] + points

    assert hull(mixed) == hull(points)


@given(points, points)
def test_more_points_never_lower_the_mean_height(one: list[Point], more: list[Point]) -> None:
    start = (1.0, 0.0)

    lone, both = (mean_height([*few, start], 1, 1000) for few in (one, [*one, *more]))

    assert 0 <= lone <= both + 1e-9 <= 1 + 2e-9


def test_the_mean_height_is_the_area_over_the_range_of_costs() -> None:
    rising = [(0.0, 0.0), (2.0, 1.0)]

    assert mean_height(rising, 0, 2) == pytest.approx(0.5)
    assert mean_height(rising, 0, 4) == pytest.approx(0.75)
    assert mean_height(rising, 1, 2) == pytest.approx(0.75)
    assert mean_height([(1.0, 0.4)], 1, 5) == pytest.approx(0.4)


def test_models_of_one_price_have_the_height_there() -> None:
    assert mean_height([(1.0, 0.4), (1.0, 0.6)], 1, 1) == pytest.approx(0.6)


def test_a_quality_is_reached_at_a_cost_between_corners_or_never() -> None:
    rising = [(1.0, 0.2), (3.0, 0.6)]

    assert cost_at(rising, 0.4) == pytest.approx(2.0)
    assert cost_at(rising, 0.1) == pytest.approx(1.0)
    assert cost_at(rising, 0.61) is None


def test_nothing_can_be_had_for_less_than_the_cheapest_point_costs() -> None:
    assert quality_at([(1.0, 0.2), (3.0, 0.6)], 0.9) is None
    assert quality_at([(1.0, 0.2), (3.0, 0.6)], 9) == pytest.approx(0.6)
