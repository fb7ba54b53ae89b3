import pytest

from tests.unit.clock import Clock
from wrp_proxy.routers.figures import Figures
from wrp_proxy.routers.rows import Rows
from wrp_proxy.statistics import Statistics


def kept(half_life_s: float | None = None) -> tuple[Clock, Statistics, Figures, Rows]:
    clock = Clock()
    sums = Statistics("sums", half_life_s=half_life_s, clock=clock)
    return clock, sums, Figures(sums, 2, clock), Rows(sums, clock)


def test_what_is_not_there_or_of_another_width_is_zeros() -> None:
    _, sums, figures, rows = kept()
    sums.add("a", (1.0, 2.0))
    sums.add("longer", (1.0, 2.0, 3.0))

    assert figures.of(["a", "b", "longer"]) == [(1.0, 2.0), (0.0, 0.0), (0.0, 0.0)]
    assert rows.of(["a", "b", "longer"], 2).tolist() == [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]


def test_whoever_adds_the_sums_are_those_of_now() -> None:
    _, sums, figures, rows = kept()
    figures.of(["a", "b"])
    rows.of(["a", "b"], 2)

    figures.add("a", (1.0, 1.0))
    sums.add("b", (2.0, 2.0))
    figures.add("a", (1.0, 1.0))

    assert figures.of(["a", "b"]) == [(2.0, 2.0), (2.0, 2.0)]
    assert rows.of(["a", "b"], 2).tolist() == [[2.0, 2.0], [2.0, 2.0]]
    sums.clear()
    assert figures.of(["a"]) == [(0.0, 0.0)]
    assert rows.of(["a"], 2).tolist() == [[0.0, 0.0]]


def test_what_is_kept_fades_with_time() -> None:
    clock, sums, figures, rows = kept(half_life_s=100.0)
    sums.add("a", (1.0, 2.0))
    figures.of(["a"])
    rows.of(["a"], 2)

    clock.now += 200.0

    assert figures.of(["a"]) == [pytest.approx((0.25, 0.5))]
    assert rows.of(["a"], 2)[0] == pytest.approx([0.25, 0.5])
    sums.add("a", (1.0, 1.0))
    assert rows.of(["a"], 2)[0] == pytest.approx([1.25, 1.5])


def test_a_clock_that_is_set_back_makes_nothing_grow() -> None:
    clock, sums, _, rows = kept(half_life_s=100.0)
    sums.add("a", (1.0, 2.0))
    rows.of(["a"], 2)

    clock.now -= 500.0

    assert rows.of(["a"], 2)[0] == pytest.approx([1.0, 2.0])
