"""`wrp-proxy explain`: how would this prompt be routed, and why?"""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import CONFIG, Run, written

PROMPT = "Write one sentence about the sea."
LARGE = "lab/mock-large; 2/8 USD per million; window 32768"
SMALL = "lab/mock-small; 0.1/0.4 USD per million; window 8192"


def test_the_cheaper_model_is_chosen_with_its_expected_cost(run: Run, config: str) -> None:
    result = run("explain", PROMPT, "--model", "thrifty", "--config", config)

    assert (result.exit_code, result.stderr) == (0, "")
    workload, tokens, *decision = result.stdout.splitlines()
    assert workload == "workload   chat, category unknown"
    assert re.fullmatch(r"tokens     \d+ in \((counted|estimated)\), 256 out expected", tokens)
    [tokens_in] = re.findall(r"(\d+) in", tokens)
    small, large = ((int(tokens_in) * i + 256 * o) / 1e6 for i, o in ((0.1, 0.4), (2, 8)))
    assert decision == [
        "route      thrifty, strategy cheapest",
        f"candidate  small: score {small:.6g} ({SMALL})",
        f"candidate  large: score {large:.6g} ({LARGE})",
        "ranking    small > large",
        f"decision   small: cheapest able model, {small:.6f} USD expected",
    ]


def test_auto_is_explained_unless_another_name_is_asked_for(run: Run, config: str) -> None:
    result = run("explain", PROMPT, "--config", config)

    assert "route      auto, strategy fixed_order" in result.stdout
    assert "ranking    large > small" in result.stdout
    assert "decision   large: first able model of the route" in result.stdout


def test_the_name_may_come_from_the_environment(run: Run, config: str) -> None:
    result = run("explain", PROMPT, WRP_MODEL="thrifty", WRP_CONFIG=config)

    assert "route      thrifty, strategy cheapest" in result.stdout


def test_the_scores_of_a_fixed_order_are_plain_numbers(run: Run, config: str) -> None:
    result = run("explain", PROMPT, "--config", config)

    assert re.findall(r"score (\S+)", result.stdout) == ["0", "-1"]


def test_a_model_asked_for_by_its_name_is_the_only_candidate(run: Run, config: str) -> None:
    result = run("explain", PROMPT, "--model", "small", "--config", config)

    assert result.exit_code == 0
    assert "route      direct" in result.stdout
    assert "ranking    small\n" in result.stdout
    assert "large" not in result.stdout


def test_an_upstream_model_may_be_asked_for_by_its_provider(run: Run, config: str) -> None:
    result = run("explain", PROMPT, "--model", "lab/mock-other", "--config", config)

    assert "ranking    lab/mock-other\n" in result.stdout
    assert "price unknown" in result.stdout


def test_an_upstream_model_may_be_asked_for_where_no_model_is_configured(
    run: Run, tmp_path: Path
) -> None:
    config = written(tmp_path / "config.yaml", {"providers": CONFIG["providers"]})

    result = run("explain", PROMPT, "--model", "lab/mock-other", "--config", config)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "ranking    lab/mock-other\n" in result.stdout


def test_a_model_that_cannot_do_it_is_excluded_with_the_reason(run: Run, config: str) -> None:
    result = run("explain", "sea " * 9000, "--model", "thrifty", "--config", config)

    [excluded] = [line for line in result.stdout.splitlines() if line.startswith("excluded")]
    assert re.fullmatch(r"excluded   small: window of 8192 tokens is shorter than \d+", excluded)
    assert "ranking    large\n" in result.stdout
    assert "(estimated), 256 out expected" in result.stdout


def test_a_prompt_that_no_model_can_take_is_refused_with_the_longest_window(
    run: Run, config: str
) -> None:
    result = run("explain", "sea " * 60000, "--config", config)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "the longest context window of 'auto' has 32768" in result.stderr


def test_an_unknown_name_is_refused(run: Run, config: str) -> None:
    result = run("explain", PROMPT, "--model", "nobody", "--config", config)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("The model 'nobody' does not exist.")


def test_nothing_to_choose_from_is_refused_with_the_ways_out(run: Run) -> None:
    result = run("explain", PROMPT, VLLM_BASE_URL="http://127.0.0.1:8000")

    assert (result.exit_code, result.stdout) == (1, "")
    for way in ("wrp-proxy[local]", "OPENAI_API_KEY", "--config"):
        assert way in result.stderr


def test_weights_are_the_scores_of_a_weighted_route(run: Run, tmp_path: Path) -> None:
    weighted = {"name": "weighted", "weights": {"small": 3, "large": 0}, "seed": 1}
    routes = {"split": {"models": ["large", "small"], "strategy": weighted}}
    config = written(tmp_path / "config.yaml", {**CONFIG, "routes": routes})

    result = run("explain", PROMPT, "--model", "split", "--config", config)

    assert f"candidate  small: score 3 ({SMALL})" in result.stdout
    assert "decision   small: drawn with a chance of 1.00" in result.stdout


@pytest.mark.parametrize("prompt", ["", "é", "--"])
def test_any_prompt_may_be_explained(run: Run, config: str, prompt: str) -> None:
    result = run("explain", "--config", config, "--", prompt)

    assert result.exit_code == 0
    assert "ranking    large > small" in result.stdout


def test_a_prompt_is_needed(run: Run, config: str) -> None:
    result = run("explain", "--config", config)

    assert result.exit_code == 2
    assert "prompt" in result.stderr.lower()


def test_a_wrong_configuration_is_refused(run: Run, tmp_path: Path) -> None:
    config = written(tmp_path / "config.yaml", {**CONFIG, "server": {"prot": 1}})

    result = run("explain", PROMPT, "--config", config)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "server.prot: is not a known key" in result.stderr
