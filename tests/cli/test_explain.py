"""`wrp-proxy explain`: how would this prompt be routed, and why?"""

import json
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
    assert "(counted), 256 out expected" in result.stdout


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


QUALITIES = {
    **CONFIG,
    "models": {
        name: {**model, "quality": quality}
        for (name, model), quality in zip(CONFIG["models"].items(), (0.9, 0.6), strict=True)
    },
    "routes": {"weighed": {"models": ["large", "small"], "strategy": "balanced"}},
}


@pytest.fixture
def weighed(tmp_path: Path) -> str:
    return written(tmp_path / "weighed.yaml", QUALITIES)


def test_what_a_score_is_made_of_and_who_says_so_is_told(run: Run, weighed: str) -> None:
    result = run("explain", PROMPT, "--model", "weighed", "--config", weighed)

    [large] = [line for line in result.stdout.splitlines() if "candidate  large" in line]
    assert re.search(
        r"quality 0\.90 by the configuration, cost \S+ USD, latency \S+ s \(lab/", large
    )
    assert re.search(r"^signal     category: \S+", result.stdout, re.MULTILINE)


def test_the_quality_of_a_known_family_is_that_of_the_public_table(
    run: Run, tmp_path: Path
) -> None:
    models = {"known": {"endpoints": [{"provider": "lab", "model": "gpt-4o-2024-11-20"}]}}
    routes = {"auto": {"models": ["known"], "strategy": "balanced"}}
    config = written(tmp_path / "c.yaml", {**CONFIG, "models": models, "routes": routes})

    result = run("explain", PROMPT, "--config", config)

    assert re.search(r"by public table of 20\S+ gpt-4o: ", result.stdout)


def test_weights_may_be_tried_out(run: Run, weighed: str) -> None:
    asked = ("explain", PROMPT, "--model", "weighed", "--config", weighed)

    dear = run(*asked, "--cost-weight", "0", "--latency-weight", "0")
    cheap = run(*asked, "--cost-weight", "5")
    suffix = run("explain", PROMPT, "--model", "weighed:cheap", "--config", weighed)

    assert "wishes     cost weight 0, latency weight 0\n" in dear.stdout
    assert "ranking    large > small" in dear.stdout
    assert "ranking    small > large" in cheap.stdout
    assert "wishes     cost weight 1\n" in suffix.stdout
    assert "route      weighed, strategy balanced" in suffix.stdout


def test_a_system_prompt_tools_and_a_session_may_be_tried_out(run: Run, config: str) -> None:
    plain = run("explain", PROMPT, "--config", config)
    full = run("explain", PROMPT, "--config", config, "--system", "Be brief. " * 20, "--tools", "3")

    [few] = re.findall(r"(\d+) in", plain.stdout)
    [many] = re.findall(r"(\d+) in", full.stdout)
    assert int(many) > int(few) + 40
    assert "workload   agent" in full.stdout
    assert "needs      tools\n" in full.stdout


def test_json_is_what_the_http_api_answers(run: Run, weighed: str) -> None:
    result = run("explain", PROMPT, "--model", "weighed:best", "--config", weighed, "--json")

    told = json.loads(result.stdout)
    assert (told["model"], told["route"], told["strategy"]) == ("large", "weighed", "balanced")
    assert [one["quality_source"] for one in told["candidates"]] == ["the configuration"] * 2
    assert told["preferences"] == {"cost": 0.0, "latency": None, "max_cost_usd": None}
    assert told["signals"].keys() == {"category"}


@pytest.mark.parametrize("weight", ["-1", "11", "much"])
def test_a_weight_out_of_range_is_refused(run: Run, config: str, weight: str) -> None:
    result = run("explain", PROMPT, "--config", config, "--cost-weight", weight)

    assert result.exit_code == 2
    assert "--cost-weight" in result.stderr


def test_a_session_is_named_where_a_strategy_looks_at_it(run: Run, tmp_path: Path) -> None:
    routes = {"auto": {"models": ["large", "small"], "strategy": "session(cheapest)"}}
    config = written(tmp_path / "config.yaml", {**CONFIG, "routes": routes})

    result = run("explain", PROMPT, "--config", config, "--session", "s-1")

    assert "signal     conversation: turn 1 of session s-1\n" in result.stdout
