"""`wrp-proxy simulate`: what would a fleet cost, and how fast would it be?"""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.unit.nouns import outcome, usage
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.cli import app

POOLS = Path(__file__).parents[2] / "configs" / "pools.yaml"
MADE_UP = ("--synthetic", "concentrated_below", "--requests", "2000", "--rate", "60")
BOUNDARIES = ("--boundary", "4096", "--boundary", "16384")


def simulate(*options: str, pools: Path = POOLS) -> Result:
    environment = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
    arguments = ["simulate", "--pools", str(pools), *options]
    return CliRunner().invoke(app, arguments, env=environment)


def figures_of(*options: str, pools: Path = POOLS) -> dict[str, Any]:
    result = simulate(*options, "--json", pools=pools)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def test_two_pools_are_compared_with_one_at_an_equal_target() -> None:
    search = figures_of(*MADE_UP, *BOUNDARIES)["search"]

    one, best = search["homogeneous"]["total"], search["best"]
    assert best["saving"] == pytest.approx(
        1 - best["total"]["cost_usd_per_h"] / one["cost_usd_per_h"]
    )
    assert best["gpu_saving"] > 0.15
    assert [row["boundary_tokens"] for row in search["boundaries"]] == [4096, 16384]
    for fleet in (search["homogeneous"], best):
        assert fleet["keeps_target"]
        for row in fleet["pools"].values():
            assert row["ttft_s"]["p99"] <= search["slo_ttft_p99_s"]
            assert row["tpot_s"]["p99"] <= search["slo_tpot_p99_s"] == 0.05
            assert max(row["load"], row["utilisation"], row["prefill_utilisation"]) <= 0.85


def test_the_fleet_as_it_is_written_has_all_its_figures() -> None:
    figures = figures_of(*MADE_UP, "--no-search")

    assert "search" not in figures
    total = figures["as_written"]["total"]
    assert total["served"] + total["refused"] == total["requests"] == 2000
    assert total.keys() >= {
        "cost_usd",
        "ttft_s",
        "queue_wait_s",
        "utilisation",
        "preemptions",
        "output_tokens_per_joule",
        "spilled_share",
        "misrouted_share",
        "replicas",
    }
    assert list(figures["as_written"]["pools"]) == ["short", "long"]


def test_a_seed_gives_the_same_output_byte_for_byte() -> None:
    def output(seed: str) -> str:
        return simulate(*MADE_UP, "--boundary", "8192", "--seed", seed).stdout

    assert output("1") == output("1") != output("2")


def test_people_see_tables() -> None:
    lines = simulate(*MADE_UP, *BOUNDARIES).stdout.splitlines()

    assert lines[0].startswith("2000 requests in ")
    assert any(line.startswith("two pools, cut at ") for line in lines)
    assert any("a step of the boundary" in line for line in lines)


def test_what_the_pools_file_asks_for_is_overruled_by_options() -> None:
    options = (*MADE_UP, "--boundary", "8192", "--slo", "2", "--max-tpot", "0.011")

    search = figures_of(*options)["search"]

    assert (search["slo_ttft_p99_s"], search["slo_tpot_p99_s"]) == (2, 0.011)
    for fleet in (search["homogeneous"], search["best"]):
        assert fleet["keeps_target"]
        assert fleet["total"]["tpot_s"]["p99"] <= 0.011
    lines = simulate(*options).stdout.splitlines()
    assert "one pool that keeps, at P99, a TTFT of 2 s and a TPOT of 0.011 s" in lines


def test_a_journal_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal.open(path)
    journal.write(
        [outcome(request_id=f"req_{n}", started_at=n / 10, usage=usage(500, 50)) for n in range(40)]
    )
    journal.close()

    figures = figures_of("--journal", str(path), "--no-search")

    assert figures["trace"] == {
        "requests": 40,
        "span_s": pytest.approx(3.9),
        "requests_per_s": pytest.approx(10),
        "mean_input_tokens": 500,
        "mean_output_tokens": 50,
    }


def test_a_trace_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "trace.csv"
    file.write_text("arrival_s,input_tokens,output_tokens\n0,500,50\n1,70000,5\n")

    total = figures_of("--trace", str(file), "--no-search")["as_written"]["total"]

    assert (total["served"], total["refused"]) == (1, 1)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_trade_off_is_drawn(tmp_path: Path, kind: str) -> None:
    picture = tmp_path / f"tradeoff.{kind}"

    figures_of(*MADE_UP, "--boundary", "8192", "--plot", str(picture))

    assert picture.stat().st_size > 1000


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Return a file with one pool."""
    file = tmp_path / "alone.yaml"
    file.write_text(
        "pools: [{name: one, slots: 8, window: 65536, prefill_tokens_per_s: 9000, "
        "decode: {base_s: 0.02}, price: {input_usd: 1, output_usd: 4}}]"
    )
    return file


def test_one_pool_is_replayed_and_nothing_searched(alone: Path) -> None:
    figures = figures_of(*MADE_UP, pools=alone)

    assert "search" not in figures
    assert figures["as_written"]["total"]["cost_usd"] > 0


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ((), 2, "give one of --journal, --trace and --synthetic"),
        ((*MADE_UP, "--trace", str(POOLS)), 2, "give one of --journal, --trace and --synthetic"),
        ((*MADE_UP, "--no-search", "--plot", "a.svg"), 2, "it draws what a search finds"),
        (("--trace", str(POOLS)), 1, "names no column arrival_s"),
        (("--journal", str(POOLS)), 1, "cannot be read"),
        ((*MADE_UP, "--slo", "0.01"), 1, "allow a later first token (--slo)"),
        ((*MADE_UP, "--max-tpot", "0.004"), 1, "allow more seconds per token (--max-tpot)"),
    ],
)
def test_what_cannot_be_done_is_explained(options: tuple[str, ...], code: int, says: str) -> None:
    result = simulate(*options)

    assert result.exit_code == code
    assert says in result.stderr


def test_what_is_wrong_with_the_pools_is_told(alone: Path) -> None:
    alone.write_text(alone.read_text().replace("slots", "slotz"))

    result = simulate(*MADE_UP, pools=alone)

    assert result.exit_code == 1
    assert "pools[0].slotz: is not a known key" in result.stderr
    assert "did you mean 'slots'?" in result.stderr


def test_nothing_can_be_drawn_of_one_pool(alone: Path) -> None:
    result = simulate(*MADE_UP, "--plot", "a.svg", pools=alone)

    assert result.exit_code == 2
    assert "there is nothing to search in one pool" in result.stderr


def test_a_journal_without_requests_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal.open(path).close()

    result = simulate("--journal", str(path))

    assert result.exit_code == 1
    assert "no requests to replay" in result.stderr
