import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from wrp_proxy.routers.shrunk_table import ShrunkTable

EVEN = np.array([0.5, 0.5])


def table(half_life_s: float | None = None, clock: Clock | None = None) -> ShrunkTable:
    return ShrunkTable("tasks", shrinkage=20.0, half_life_s=half_life_s, clock=clock or Clock())


def test_without_scores_the_prior_holds() -> None:
    estimate = table().estimate(["a", "b"], np.array([[0.4, 0.8], [0.6, 0.6]]), EVEN)

    assert estimate.tolist() == pytest.approx([0.6, 0.6])


def test_the_two_shrinkages_are_those_reckoned_by_hand() -> None:
    learnt = table()
    learnt.add_all("a", np.array([10.0, 20.0]), np.array([9.0, 6.0]))

    first, second = (
        learnt.estimate(["a"], np.array([[0.5, 0.6]]), np.array(cell))[0]
        for cell in ([1.0, 0.0], [0.0, 1.0])
    )

    moved = ((9.0 - 10 * 0.5) + (6.0 - 20 * 0.6)) / (30 + 10)
    assert moved == pytest.approx(-0.05)
    assert first == pytest.approx(0.45 + (9.0 - 10 * 0.45) / (10 + 20))
    assert second == pytest.approx(0.55 + (6.0 - 20 * 0.55) / (20 + 20))


def test_a_score_counts_in_each_cell_by_its_chance_and_can_be_corrected() -> None:
    one, other = table(), table()

    one.add("a", np.array([0.75, 0.25]), 2.0, 2.0)
    one.add("a", np.array([0.75, 0.25]), 0.0, -1.0)
    other.add_all("a", np.array([1.5, 0.5]), np.array([0.75, 0.25]))

    priors = np.array([[0.5, 0.6]])
    assert one.estimate(["a"], priors, EVEN) == pytest.approx(other.estimate(["a"], priors, EVEN))


def test_one_cell_alone_is_estimated_like_all() -> None:
    learnt = table()
    learnt.add_all("a", np.array([10.0, 20.0, 3.0]), np.array([9.0, 6.0, 2.0]))

    alone = learnt.estimate_in(1, 3, ["a", "new"], np.array([0.5, 0.7]))

    priors = np.array([[0.5] * 3, [0.7] * 3])
    among = learnt.estimate(["a", "new"], priors, np.array([0.0, 1.0, 0.0]))
    assert alone == pytest.approx(among)


def test_sums_of_another_set_of_cells_are_left_out() -> None:
    learnt = table()
    learnt.add_all("a", np.array([10.0]), np.array([0.0]))

    assert learnt.estimate(["a"], np.array([[0.4, 0.8]]), EVEN) == pytest.approx([0.6])


def test_what_was_learnt_fades_to_the_prior_between_two_questions() -> None:
    clock = Clock()
    learnt = table(half_life_s=100.0, clock=clock)
    learnt.add_all("a", np.array([30.0, 30.0]), np.array([0.0, 0.0]))
    priors = np.array([[0.8, 0.8]])

    estimates = []
    for seconds in (0.0, 100.0, 100_000.0):
        clock.now += seconds
        estimates.append(float(learnt.estimate(["a"], priors, EVEN)[0]))

    halved = table()
    halved.add_all("a", np.array([15.0, 15.0]), np.array([0.0, 0.0]))
    assert estimates[1] == pytest.approx(halved.estimate(["a"], priors, EVEN)[0])
    assert estimates[0] < estimates[1] < estimates[2] == pytest.approx(0.8)


@given(st.integers(0, 500), st.floats(0, 1), st.floats(0, 1))
def test_one_cell_is_between_its_prior_and_its_mean(count: int, mean: float, prior: float) -> None:
    learnt = table()
    learnt.add_all("a", np.array([float(count)]), np.array([count * mean]))

    estimate = learnt.estimate(["a"], np.array([[prior]]), np.array([1.0]))[0]

    assert min(mean, prior) - 1e-9 <= estimate <= max(mean, prior) + 1e-9
