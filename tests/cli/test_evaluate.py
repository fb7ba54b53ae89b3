"""`wrp-proxy evaluate`: which strategy is the best, and how sure is that?"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.logged_by_hand import write_journal
from tests.unit.evaluation.recorded import lines, write

FIGURES = {
    "accuracy",
    "cost_per_1k_usd",
    "aiq",
    "cost_at_best_single",
    "quality_at_25pct",
    "decision_us_p50",
    "decision_us_p99",
    "frontier",
}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Return the options that name a set, and one to learn from."""
    train = write(tmp_path, "train", lines(200, seed=2))
    measured = write(tmp_path, "set", lines(120, seed=1))
    meta = tmp_path / "meta.json"
    return ["--data", str(measured), "--meta", str(meta), "--train", str(train)]


def evaluated(run: Run, *options: str) -> dict[str, Any]:
    result = run("evaluate", *options, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def test_the_figures_of_all_strategies_and_references_are_json(run: Run, files: list[str]) -> None:
    figures = evaluated(
        run, *files, "--strategy", "cheapest", "--strategy", "balanced", "--offline"
    )

    assert list(figures["strategies"]) == ["cheapest", "balanced"]
    for row in figures["strategies"].values():
        assert row.keys() >= FIGURES
        assert row["decision_us_p50"] <= row["decision_us_p99"]
        assert all(len(point) == 2 for point in row["frontier"])
    references = figures["references"]
    assert references.keys() == {"random", "best_single", "oracle"}
    assert references["best_single"]["model"] == "giant"
    assert all(row.keys() >= {"accuracy", "cost_per_1k_usd", "aiq"} for row in references.values())
    assert references["random"]["accuracy"] < references["best_single"]["accuracy"]
    assert references["best_single"]["accuracy"] < references["oracle"]["accuracy"]


def test_a_model_that_was_never_run_is_no_candidate(run: Run, tmp_path: Path) -> None:
    rows = [{**row, "s": [*row["s"][:3], None]} for row in lines(60)]
    train, measured = write(tmp_path, "train", lines(60, seed=2)), write(tmp_path, "set", rows)
    files = ["--data", str(measured), "--meta", str(tmp_path / "meta.json"), "--train", str(train)]

    figures = evaluated(run, *files, "--strategy", "balanced")

    assert figures["references"]["best_single"]["model"] in {"calculator", "writer"}
    assert "NaN" not in json.dumps(figures)


def test_a_strategy_that_does_not_heed_the_cost_is_a_point(run: Run, files: list[str]) -> None:
    row = evaluated(run, *files, "--strategy", "cheapest")["strategies"]["cheapest"]

    assert row["frontier"] == [[pytest.approx(0.1), pytest.approx(row["accuracy"])]]
    assert row["cost_at_best_single"] is None
    assert row["quality_at_25pct"] == pytest.approx(row["accuracy"])
    assert row["shares"] == {"calculator": 1.0}


def test_the_same_seed_gives_the_same_figures(run: Run, files: list[str]) -> None:
    def accuracy(seed: str) -> float:
        options = ("--strategy", "weighted", "--seed", seed)
        found: float = evaluated(run, *files, *options)["strategies"]["weighted"]["accuracy"]
        return found

    assert accuracy("1") == accuracy("1") != accuracy("2")


def test_some_models_only(run: Run, files: list[str]) -> None:
    options = ("--models", "spare,writer", "--strategy", "cheapest")

    figures = evaluated(run, *files, *options)

    assert figures["references"]["best_single"]["model"] == "writer"
    assert figures["strategies"]["cheapest"]["shares"] == {"writer": 1.0}


def test_parameters_reach_the_strategy(run: Run, files: list[str]) -> None:
    options = ("--strategy", "weighted", "--param", "weighted.weights={giant: 0, writer: 0}")

    row = evaluated(run, *files, *options)["strategies"]["weighted"]

    assert row["shares"] == {"calculator": 1.0}


def test_online_the_mean_of_all_orders_is_given_with_their_spread(
    run: Run, files: list[str]
) -> None:
    options = ("--online", "--orders", "3", "--feedback-rate", "0.5", "--judge-error", "0.2")

    row = evaluated(run, *files, "--strategy", "weighted", *options)["strategies"]["weighted"]

    assert len(row["orders"]) == 3
    assert row["accuracy"] == pytest.approx(sum(row["orders"]) / 3)
    assert row["accuracy_std"] > 0


def test_a_budget_wraps_the_strategy_and_says_what_was_spent(run: Run, files: list[str]) -> None:
    options = ("--strategy", "balanced", "--budget", "0.3", "--online", "--orders", "2")

    row = evaluated(run, *files, *options)["strategies"]["balanced"]

    assert row["budget"]["usd_per_1k"] == pytest.approx(0.6)
    assert row["budget"]["spent_share"] == pytest.approx(row["cost_per_1k_usd"] / 0.6)


def test_without_json_there_is_a_table_for_people(run: Run, files: list[str]) -> None:
    result = run("evaluate", *files, "--strategy", "cheapest")

    assert result.exit_code == 0
    assert "accuracy" in result.stdout.splitlines()[0]
    assert "best single, giant" in result.stdout
    assert "over the best single model (95 %" in result.stdout


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_frontiers_are_drawn(run: Run, files: list[str], tmp_path: Path, kind: str) -> None:
    picture = tmp_path / f"frontiers.{kind}"

    evaluated(run, *files, "--strategy", "balanced", "--plot", str(picture))

    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--strategy", "cheapst"), 1, "did you mean 'cheapest'"),
        ((), 2, "name at least one"),
        (("--strategy", "cheapest", "--models", "dwarf"), 1, "choose among spare"),
        (("--strategy", "cheapest", "--param", "alpha=1"), 1, "no parameter of any strategy"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    run: Run, files: list[str], options: tuple[str, ...], code: int, says: str
) -> None:
    result = run("evaluate", *files, *options)

    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in result.stderr


def test_without_files_it_says_which_are_needed(run: Run) -> None:
    result = run("evaluate", "--strategy", "cheapest")

    assert result.exit_code == 2
    assert "--data and --meta" in result.stderr


def test_a_journal_tells_of_other_strategies_off_policy(run: Run, tmp_path: Path) -> None:
    journal = write_journal(tmp_path / "journal.sqlite", count=400)

    figures = evaluated(run, "--journal", str(journal), "--strategy", "cheapest")

    row = figures["strategies"]["cheapest"]
    for name in ("ips", "snips", "doubly_robust"):
        assert row[name]["low"] < 0.55 < row[name]["high"]
    assert row["effective_size"] > 50
    assert figures["references"]["logged"]["rows"] == 400


def test_a_journal_is_shown_to_people_too(run: Run, tmp_path: Path) -> None:
    journal = write_journal(tmp_path / "journal.sqlite", count=400)

    said = run("evaluate", "--journal", str(journal), "--strategy", "cheapest").stdout

    assert "doubly robust" in said
    assert "worth" in said


def test_a_journal_of_a_strategy_that_never_draws_is_refused_with_the_reason(
    run: Run, tmp_path: Path
) -> None:
    journal = write_journal(tmp_path / "journal.sqlite", count=100, propensity=1.0)

    row = evaluated(run, "--journal", str(journal), "--strategy", "cheapest")["strategies"]

    assert "never draws its choices" in row["cheapest"]["refused"]
