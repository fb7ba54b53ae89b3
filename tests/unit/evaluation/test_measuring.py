"""Are the reported figures those of what was served?"""

import numpy as np
import pytest

from tests.unit.evaluation.test_replay import NAN, table
from wrp_proxy.evaluation.measuring import Json, Sweep, figures_of, figures_of_references
from wrp_proxy.evaluation.references import find_references
from wrp_proxy.evaluation.replay import Served
from wrp_proxy.evaluation.table import OutcomeTable

ROWS: list[list[float]] = [[1, 0, 1], [0, 1, 1], [0, 0, 1], [0, 0, NAN]]
TABLE = table(*ROWS * 10)
COSTS = np.array([1.0, 2.0, 20.0])


def served(column: int, decision_us: float = 100.0) -> Served:
    count = len(TABLE)
    return Served(
        scores=np.nan_to_num(TABLE.scores[:, column]),
        costs_usd=np.full(count, COSTS[column]),
        chosen=np.full(count, column),
        decision_us=np.full(count, decision_us),
        is_verified=False,
    )


def figures(*runs: Served, outcomes: OutcomeTable = TABLE) -> Json:
    references = find_references(outcomes, None, np.array([0.0]))
    return figures_of(Sweep(served=runs, taught="nothing"), outcomes, references)


def test_accuracy_and_cost_are_those_of_the_first_run() -> None:
    row = figures(served(2), served(0))

    assert row["accuracy"] == pytest.approx(0.75)
    assert row["cost_per_1k_usd"] == pytest.approx(20_000)
    assert row["frontier"] == [[1000, 0.25], [20_000, 0.75]]
    assert row["shares"] == {"giant": 1.0}
    assert row["by_benchmark"] == {"secret": pytest.approx(0.75)}


def test_the_frontier_is_read_off_at_the_best_singles_accuracy_and_cost() -> None:
    row = figures(served(1), served(2))

    assert row["cost_at_best_single"] is None, "the best single model is right wherever it was run"
    assert row["quality_at_25pct"] == pytest.approx(0.25 + 0.5 * 4 / 19)
    assert row["quality_at_25pct_share"] == pytest.approx(row["quality_at_25pct"])


def test_the_area_under_the_frontier_begins_at_the_cheapest_model() -> None:
    row = figures(served(2))

    assert row["aiq"] == pytest.approx(0.5)
    low, high = row["aiq_ci95"]
    assert low < 0.5 < high


def test_the_difference_to_the_best_single_model_counts_where_that_was_run() -> None:
    row = figures(served(0))

    assert row["accuracy_over_best_single"] == pytest.approx(-2 / 3)
    low, high = row["ci95"]
    assert low < -2 / 3 < high


def test_a_pass_in_which_others_used_the_machine_does_not_count() -> None:
    row = figures(served(0, 90.0), served(0, 5000.0), served(0, 110.0))

    assert (row["decision_us_p50"], row["decision_us_p99"]) == (110.0, 110.0)


def test_references_have_accuracy_cost_and_area() -> None:
    found = figures_of_references(find_references(TABLE, None, np.array([0.0, 0.1])))

    assert found["best_single"]["model"] == "giant"
    assert found["best_single"]["accuracy"] == 1.0
    assert found["best_single"]["aiq"] == pytest.approx((0.25 + 1.0) / 2)
    assert found["oracle"]["accuracy"] == pytest.approx(0.75)
    assert found["random"]["accuracy"] < found["oracle"]["accuracy"]
    assert all(row.keys() >= {"accuracy", "cost_per_1k_usd", "aiq"} for row in found.values())
