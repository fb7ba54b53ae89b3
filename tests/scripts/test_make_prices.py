"""The price table: which models it takes over from LiteLLM's map, and in what form."""

import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
import yaml

from scripts import make_prices

TODAY = date(2026, 11, 23)


def entry(provider: str, **facts: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "litellm_provider": provider,
        "mode": "chat",
        "input_cost_per_token": 1.5e-07,
        "output_cost_per_token": 6e-07,
        "max_input_tokens": 128000,
    }
    return usual | facts


PRICES: dict[str, dict[str, object]] = {
    "sample_spec": {"litellm_provider": "one of many", "mode": "one of many"},
    "gpt-4o-mini": entry(
        "openai",
        cache_read_input_token_cost=7.5e-08,
        max_output_tokens=16384,
        supports_vision=True,
        supports_function_calling=True,
        supports_response_schema=True,
    ),
    "gpt-5-codex": entry("openai", mode="responses", supported_endpoints=["/v1/responses"]),
    "gpt-retired": entry("openai", deprecation_date="2026-11-23"),
    "gpt-retiring": entry("openai", deprecation_date="2026-11-24"),
    "ft:gpt-4o-mini": entry("openai"),
    "gpt-old": entry("openai", max_input_tokens=8192),
    "gpt-free": entry("openai", output_cost_per_token=0.0),
    "text-embedding-3-small": entry(
        "openai", mode="embedding", output_cost_per_token=0.0, max_input_tokens=8191
    ),
    "azure/gpt-5": entry("azure", mode="responses", supported_endpoints=["/v1/chat/completions"]),
    "azure/eu/gpt-5": entry("azure"),
    "together_ai/zai-org/GLM-5.3": entry("together_ai"),
    "fireworks_ai/glm-5p3": entry("fireworks_ai", cache_read_input_token_cost=1e-08),
    "fireworks_ai/accounts/fireworks/models/glm-5p3": entry(
        "fireworks_ai", cache_read_input_token_cost=1e-08
    ),
    "fireworks_ai/accounts/fireworks/models/yi": entry("fireworks_ai"),
    "bedrock/claude": entry("bedrock"),
}


@pytest.fixture
def price_map(tmp_path: Path) -> Path:
    path = tmp_path / "map.json"
    path.write_text(json.dumps(PRICES))
    return path


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "litellm-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"litellm/{make_prices.MAP_NAME}", json.dumps(PRICES))
    return path


def make_table(option: str, source: Path, output: Path) -> str:
    make_prices.main([option, str(source), "--date", str(TODAY), "--output", str(output)])
    return output.read_text()


def test_a_model_is_described_with_prices_per_million_tokens() -> None:
    line = make_prices.describe(PRICES["gpt-4o-mini"])

    assert line == (
        "input: 0.15, output: 0.6, cached_input: 0.075, context_window: 128000, "
        "max_output: 16384, capabilities: [json_schema, tools, vision]"
    )


@pytest.mark.parametrize(
    ("per_token", "shown"),
    [(1.5e-07, "0.15"), (6e-09, "0.006"), (1e-05, "10"), (2.75e-07, "0.275"), (0.0, "0")],
)
def test_a_price_is_shown_without_float_noise(per_token: float, shown: str) -> None:
    assert make_prices.per_million(per_token) == shown


def test_models_on_sale_are_kept_under_our_vendor_names() -> None:
    models = make_prices.pick_models(PRICES, TODAY)

    assert list(models) == [
        "azure/gpt-5",
        "fireworks/accounts/fireworks/models/glm-5p3",
        "gpt-4o-mini",
        "gpt-retiring",
        "text-embedding-3-small",
        "together/zai-org/GLM-5.3",
    ]


@pytest.mark.parametrize(
    "name",
    ["gpt-retired", "ft:gpt-4o-mini", "gpt-5-codex", "gpt-old", "gpt-free", "azure/eu/gpt-5"],
)
def test_retired_fine_tuned_and_unsuitable_models_are_left_out(name: str) -> None:
    models = make_prices.pick_models(PRICES, TODAY)

    assert name not in models


def test_an_embedding_model_has_that_one_capability_and_costs_no_output() -> None:
    line = make_prices.describe(PRICES["text-embedding-3-small"])

    assert line == "input: 0.15, output: 0, context_window: 8191, capabilities: [embeddings]"


def test_the_table_is_yaml_that_names_its_date_and_source(wheel: Path, tmp_path: Path) -> None:
    table = yaml.safe_load(make_table("--wheel", wheel, tmp_path / "prices.yaml"))

    assert table["date"] == TODAY
    assert table["source"] == f"litellm 1.2.3, {make_prices.MAP_NAME} (MIT)"
    assert table["models"]["gpt-4o-mini"]["cached_input"] == 0.075


def test_the_map_alone_gives_the_same_models_as_the_wheel(
    price_map: Path, wheel: Path, tmp_path: Path
) -> None:
    from_map = yaml.safe_load(make_table("--map", price_map, tmp_path / "map.yaml"))
    from_wheel = yaml.safe_load(make_table("--wheel", wheel, tmp_path / "wheel.yaml"))

    assert from_map["models"] == from_wheel["models"]


def test_making_the_table_twice_gives_the_same_text(wheel: Path, tmp_path: Path) -> None:
    first = make_table("--wheel", wheel, tmp_path / "first.yaml")
    second = make_table("--wheel", wheel, tmp_path / "second.yaml")

    assert first == second


def test_the_script_ends_with_one_line_about_what_it_wrote(
    wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_table("--wheel", wheel, tmp_path / "prices.yaml")

    assert capsys.readouterr().out == f"6 models written to {tmp_path / 'prices.yaml'}\n"
