"""Strategies around strategies, and the kinds of values that their parameters take."""

from pathlib import Path
from typing import Any

import pytest

from tests.settings.loading import changed, load, refused

STRATEGY = "routes.auto.strategy"


@pytest.mark.parametrize(
    "strategy",
    [
        "cascade",
        "cascade(linucb)",
        "self_consistency(task_table)",
        {"name": "session(cascade(task_table))", "cascade": {"tiers": ["small"]}},
        {"name": "budgeted(task_table)", "budgeted": {"usd_per_day": 1}},
        {"name": "cascade", "inner": {"name": "linucb", "alpha": 1}},
        {"name": "cascade", "inner": None},
    ],
)
def test_wrappers_are_written_as_expressions_or_as_parameters(strategy: Any) -> None:
    assert load(changed(STRATEGY, strategy)).routes["auto"].strategy


@pytest.mark.parametrize(
    ("strategy", "at"),
    [
        ({"name": "cascade", "inner": {"name": "linucb", "alfa": 1}}, "inner.alfa"),
        ({"name": "cascade(linucb)", "linucb": {"alfa": 1}}, "linucb.alfa"),
        ({"name": "cascade(linucb)", "cascade": {"tiers": ["smal"]}}, "cascade.tiers[0]"),
        ({"name": "self_consistency", "inner": "linnucb"}, "inner.name"),
    ],
)
def test_what_is_wrong_within_a_wrapper_is_found(strategy: Any, at: str) -> None:
    assert refused(changed(STRATEGY, strategy)).at(f"{STRATEGY}.{at}")


def test_a_wrapper_of_one_takes_no_two() -> None:
    problem = refused(changed(STRATEGY, "cascade(linucb, weighted)")).at(STRATEGY)

    assert problem.message == "cascade wraps 0 to 1 strategies, not 2"
    assert problem.remedy == "write cascade(task_table)"


@pytest.mark.parametrize(
    ("strategy", "parameter", "value"),
    [
        ("task_table", "cost_weight", "0.5"),
        ("task_table", "cost_weight", True),
        ("task_table", "clusters", "32"),
        ("task_table", "clusters", 32.0),
        ("task_table", "trained", 7),
        ("weighted", "seed", "7"),
        ("cascade", "verifiers", "code"),
    ],
)
def test_a_value_of_another_kind_is_not_guessed_at(
    strategy: str, parameter: str, value: object
) -> None:
    config = changed(STRATEGY, {"name": strategy, parameter: value})

    assert repr(value) in refused(config).at(f"{STRATEGY}.{parameter}").message


def test_a_whole_number_will_do_for_any_number() -> None:
    assert load(changed(STRATEGY, {"name": "task_table", "cost_weight": 1, "clusters": 8}))


def test_a_file_to_start_from_is_named_as_text(tmp_path: Path) -> None:
    file = tmp_path / "trained.json"
    file.write_text('{"strategy": "task_table", "statistics": {}}')

    assert load(changed(STRATEGY, {"name": "task_table", "trained": str(file)}))


def test_a_file_to_start_from_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    strategy = {"name": "session(task_table)", "task_table": {"trained": str(file)}}

    problem = refused(changed(STRATEGY, strategy)).at(f"{STRATEGY}.task_table.trained")

    assert problem.message == f"the file '{file}' cannot be read: No such file or directory"
    assert "wrp-proxy train" in problem.remedy
