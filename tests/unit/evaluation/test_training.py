"""Are better parameters found, and only where they are surely better?"""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.evaluation.recorded import lines, write
from wrp_proxy.evaluation.describing import Described, make_classifier
from wrp_proxy.evaluation.folds import folds
from wrp_proxy.evaluation.grid import candidates
from wrp_proxy.evaluation.strategies import read_strategies
from wrp_proxy.evaluation.table import OutcomeTable, read_meta, read_table
from wrp_proxy.evaluation.trained import fitted_to_table, write_state
from wrp_proxy.evaluation.training import Training, train_on_table
from wrp_proxy.evaluation.training_report import change, training_lines
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.routers.task_table import TaskTable

GIANT = {"weights": {"calculator": 0, "writer": 0}}
SPOILT = {"weights": {"giant": 0}}


def table(folder: Path, count: int) -> OutcomeTable:
    return read_table(write(folder, "set", lines(count)), read_meta(folder / "meta.json"))


def trained(folder: Path, *tried: dict[str, Any], count: int = 400) -> Training:
    return train_on_table(table(folder, count), "weighted", [{}, *tried], parts=2, seed=0)


def test_parameters_that_are_surely_better_are_chosen(tmp_path: Path) -> None:
    found = trained(tmp_path, SPOILT, GIANT)

    assert found.best.parameters == GIANT
    assert found.best.gain > 0
    assert found.best.interval[0] > 0
    assert found.best.gain == pytest.approx(found.best.figure - found.trials[0].figure)


def test_parameters_that_may_be_better_by_chance_are_not(tmp_path: Path) -> None:
    found = trained(tmp_path, SPOILT)

    assert found.best.parameters == {}
    assert any("surely better" in line for line in training_lines(found, "auto"))


def test_what_takes_no_weight_of_the_cost_is_given_none(tmp_path: Path) -> None:
    found = trained(tmp_path, count=60)

    assert found.cost_weight is None
    assert change(found, "auto") == {"routes": {"auto": {"strategy": {"name": "weighted"}}}}


def test_each_row_is_judged_once_by_the_others() -> None:
    parts = list(folds(101, 5, seed=1))

    assert sorted(row for _, judged in parts for row in judged) == list(range(101))
    assert all(len(known) + len(judged) == 101 for known, judged in parts)
    assert all(not set(known) & set(judged) for known, judged in parts)
    assert {len(judged) for _, judged in parts} == {20, 21}


@pytest.mark.parametrize("strategy", ROUTERS)
def test_all_that_is_tried_is_valid_and_the_defaults_come_first(
    tmp_path: Path, strategy: str
) -> None:
    tried = candidates(strategy)

    assert tried[0] == {}
    if len(tried) > 1:
        models = table(tmp_path, 2).models
        assert all(read_strategies([strategy], one, models, 0) for one in tried)


def test_what_is_written_is_what_the_strategy_starts_from(tmp_path: Path) -> None:
    outcomes = table(tmp_path, 300)
    file = tmp_path / "trained.json"
    write_state(fitted_to_table(outcomes, "task_table", {}, seed=0), file)
    asked = Described(outcomes, make_classifier(None)).workloads(TaskTable.signals)

    started = TaskTable(trained=file)

    chosen = [started.select(one, outcomes.models).ranking[0].name for one in asked[:100]]
    assert {chosen[place] for place in range(0, 100, 2)} == {"calculator"}
    assert {chosen[place] for place in range(1, 100, 2)} == {"writer"}


def test_a_threshold_of_categories_is_found_where_labels_are_the_proxys(tmp_path: Path) -> None:
    renamed = {"sums": "mathematics", "poems": "writing"}
    rows = [{**line, "benchmark": renamed[line["benchmark"]]} for line in lines(60)]
    outcomes = read_table(write(tmp_path, "set", rows), read_meta(tmp_path / "meta.json"))

    found = train_on_table(outcomes, "cheapest", [{}], parts=2, seed=0)

    assert found.threshold is not None
    threshold, unnamed, accuracy = found.threshold
    assert 0 < threshold < 1
    assert unnamed <= 0.2
    assert accuracy > 0.8
