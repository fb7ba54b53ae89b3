"""`wrp-proxy train`: which parameters would have been better?"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Run
from tests.cli.logged_by_hand import write_journal
from tests.unit.evaluation.recorded import lines, write

STRATEGY = "balanced"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    measured = write(tmp_path, "set", lines(120))
    return ["--data", str(measured), "--meta", str(tmp_path / "meta.json")]


def trained(run: Run, *options: str) -> dict[str, Any]:
    result = run("train", *options, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_candidates_are_compared_with_the_defaults(run: Run, files: list[str]) -> None:
    found = trained(run, *files, "--strategy", STRATEGY, "--folds", "3")

    assert (found["strategy"], found["rows"], found["figure"]) == (STRATEGY, 120, "AIQ")
    assert found["trials"][0]["parameters"] == {}
    assert found["trials"][0]["gain"] == 0
    assert 0 < found["trials"][0]["figure"] < 1
    assert found["change"]["routes"]["auto"]["strategy"]["name"] == STRATEGY


def test_what_to_change_is_a_piece_of_the_configuration(run: Run, files: list[str]) -> None:
    options = ("--strategy", STRATEGY, "--folds", "2", "--route", "thrifty")

    lines_said, _, change = run("train", *files, *options).stdout.partition("change:\n")

    strategy = yaml.safe_load(change)["routes"]["thrifty"]["strategy"]
    assert strategy["name"] == STRATEGY
    assert strategy["cost_weight"] >= 0
    assert "120 requests" in lines_said


def test_what_is_learnt_is_written(run: Run, files: list[str], tmp_path: Path) -> None:
    state = tmp_path / "state.json"

    trained(run, *files, "--strategy", STRATEGY, "--folds", "2", "--output", str(state))

    written = json.loads(state.read_bytes())
    assert written["strategy"] == STRATEGY
    assert written["statistics"]


def test_a_journal_will_do_where_its_strategy_explored(run: Run, tmp_path: Path) -> None:
    journal = write_journal(tmp_path / "journal.sqlite", count=400)

    found = trained(run, "--journal", str(journal), "--strategy", STRATEGY)

    assert found["rows"] == 400
    assert found["figure"].startswith("score")
    assert 0.3 < found["trials"][0]["figure"] < 0.9


def test_a_journal_without_exploration_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    journal = write_journal(tmp_path / "journal.sqlite", count=100, propensity=1.0)

    result = run("train", "--journal", str(journal), "--strategy", STRATEGY)

    assert result.exit_code == 1
    assert "never draws its choices" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--strategy", "cheapst"), "there is no 'cheapst'"),
        (("--strategy", "fixed_order", "--output", "state.json"), "cannot learn"),
    ],
)
def test_what_cannot_be_trained_is_said_so(
    run: Run, files: list[str], options: tuple[str, ...], says: str
) -> None:
    result = run("train", *files, *options)

    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert says in result.stderr
