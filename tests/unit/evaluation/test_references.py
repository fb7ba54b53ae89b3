"""What would chance, one model and hindsight have scored?"""

import numpy as np
import pytest

from tests.unit.evaluation.test_replay import NAN, table
from wrp_proxy.evaluation.intervals import figure_interval, mean_interval
from wrp_proxy.evaluation.references import find_references

WEIGHTS = np.array([0.0, 0.1, 100.0])


def test_the_best_single_model_is_the_one_with_the_best_mean() -> None:
    found = find_references(table([1, 0, 1], [0, 1, 1]), None, WEIGHTS)

    assert found.models[found.best] == "giant"
    assert found.best_single == (20_000, 1.0)
    assert found.cheapest == (1000, 0.5)
    assert found.dearest_cost == 20_000


def test_it_is_chosen_on_the_training_part_where_there_is_one() -> None:
    found = find_references(table([1, 0, 1], [0, 1, 1]), table([0, 1, 0]), WEIGHTS)

    assert found.models[found.best] == "writer"
    assert found.best_single == (2000, 0.5)


def test_a_model_that_nothing_was_learnt_of_is_not_the_best() -> None:
    found = find_references(table([1, 1, 1]), table([0, NAN, 0.5], [0, NAN, 0.5]), WEIGHTS)

    assert found.models[found.best] == "giant"


def test_chance_is_the_mean_of_all_that_were_run() -> None:
    found = find_references(table([1, 0, NAN], [1, 1, 1]), None, WEIGHTS)

    assert found.random[1] == pytest.approx(0.75)


def test_hindsight_takes_the_cheapest_of_the_best_and_less_when_cost_weighs() -> None:
    found = find_references(table([0, 0, 0], [0, 1, 1], [0, 0, 1]), None, WEIGHTS)

    costs, scores = zip(*found.oracle, strict=True)
    assert scores == pytest.approx([2 / 3, 2 / 3, 0])
    assert costs == pytest.approx([23_000 / 3, 23_000 / 3, 1000])


def test_the_interval_of_a_mean_is_about_two_standard_errors_to_each_side() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)

    low, high = mean_interval(values)

    assert low == pytest.approx(values.mean() - 0.196, abs=0.03)
    assert high == pytest.approx(values.mean() + 0.196, abs=0.03)


def test_what_is_unknown_does_not_count() -> None:
    assert mean_interval(np.array([1.0, NAN, 1.0])) == (1.0, 1.0)
    assert np.isnan(mean_interval(np.array([NAN]))).all()


def test_columns_of_one_query_stay_together() -> None:
    values = np.random.default_rng(1).random(50)

    low, high = figure_interval(np.stack([values, values], axis=1), lambda m: m[0] - m[1])

    assert (low, high) == pytest.approx((0, 0))
