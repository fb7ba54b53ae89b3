"""The configurations that users copy load as they stand, and mean what they say."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from tests.settings.loading import load
from wrp_proxy.cache_maker import Policies
from wrp_proxy.deciding_maker import Deciding, make_deciding
from wrp_proxy.settings import Settings
from wrp_proxy.settings.cache import CacheSettings, EmbedderSettings, JudgeSettings, RedisSettings
from wrp_proxy.settings.pools import (
    EndpointSettings,
    HedgingSettings,
    PriceSettings,
    ResilienceSettings,
    TokenBudgetSettings,
)
from wrp_proxy.settings.schema import (
    KeySettings,
    ModelSettings,
    ProviderSettings,
    RouteSettings,
    ServerSettings,
)
from wrp_proxy.types import Workload

FOLDER = Path(__file__).parents[2] / "configs"
_FACTS = {"pools.yaml", "prices.yaml", "quality.yaml"}
EXAMPLES = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name not in _FACTS)

pytestmark = pytest.mark.usefixtures("local_extra")


def environment_of(name: str, weights: Path) -> dict[str, str]:
    """Set every variable that an example names and that has no default."""
    values = str(yaml.safe_load((FOLDER / name).read_text()))
    variables = re.findall(r"\$\{([A-Z0-9_]+)\}", values)
    return {v: str(weights) if v.endswith("_GGUF") else f"key-{v.lower()}" for v in variables}


def example(name: str, weights: Path) -> Settings:
    return load((FOLDER / name).read_bytes(), environment_of(name, weights))


def candidates_of(deciding: Deciding, route: str, *, tokens: int = 100) -> list[str]:
    workload = Workload(
        input_tokens=tokens,
        tokens_exact=True,
        text_bytes=4 * tokens,
        max_output_tokens=None,
        expected_output_tokens=256,
        kind="chat",
        needs=frozenset(),
    )
    _, models = deciding.catalog.resolve(route)
    return [model.name for model in deciding.catalog.candidates(route, models, workload)]


def test_there_is_an_example_for_every_use() -> None:
    assert EXAMPLES == [
        "default.yaml",
        "learning.yaml",
        "local-gguf.yaml",
        "one-vendor.yaml",
        "rules.yaml",
        "self-hosted-pool.yaml",
        "semantic-cache.yaml",
        "short-and-long.yaml",
        "two-vendors-failover.yaml",
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_loads_with_the_variables_it_names(name: str, local_extra: Path) -> None:
    settings = example(name, local_extra)

    assert settings.models


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_models_of_an_example_have_prices_and_windows(name: str, local_extra: Path) -> None:
    models = make_deciding(example(name, local_extra)).catalog.models.values()

    assert [model.name for model in models if model.price is None] == []
    assert [model.name for model in models if model.context_window is None] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_how_to_start_it_and_sets_all_it_needs(
    name: str, local_extra: Path
) -> None:
    head = (FOLDER / name).read_text().partition("\nproviders:")[0]

    assert f"wrp-proxy serve --config configs/{name}" in head
    for variable in environment_of(name, local_extra):
        assert f"{variable}=" in head


@pytest.mark.parametrize(
    ("keys", "schema"),
    [
        (["providers", "openai"], ProviderSettings),
        (["models", "gpt-6.1-terra"], ModelSettings),
        (["models", "gpt-6.1-terra", "endpoints", 0], EndpointSettings),
        (["routes", "auto"], RouteSettings),
        (["server"], ServerSettings),
        (["resilience"], ResilienceSettings),
        (["cache"], CacheSettings),
        (["cache", "embedder"], EmbedderSettings),
    ],
)
def test_the_default_file_has_every_key(keys: list[str | int], schema: type[BaseModel]) -> None:
    found: Any = yaml.safe_load((FOLDER / "default.yaml").read_text())

    for key in keys:
        found = found[key]

    assert list(found) == list(schema.model_fields)


@pytest.mark.parametrize(
    "schema",
    [
        HedgingSettings,
        JudgeSettings,
        KeySettings,
        PriceSettings,
        RedisSettings,
        TokenBudgetSettings,
    ],
)
def test_the_default_file_shows_the_keys_of_what_it_leaves_empty(schema: type[BaseModel]) -> None:
    text = (FOLDER / "default.yaml").read_text()

    assert re.search(r"\{" + ".*?".join(f"{key}: " for key in schema.model_fields), text, re.S)


def test_the_default_file_is_in_effect_what_the_key_alone_gives() -> None:
    environment = {"OPENAI_API_KEY": "k"}

    stated = load((FOLDER / "default.yaml").read_bytes(), environment)

    alone = load(None, environment)
    assert stated.model_copy(update={"routes": {}}) == alone
    assert stated.routes == {"auto": RouteSettings()}


def test_the_example_of_one_vendor_is_short() -> None:
    assert len((FOLDER / "one-vendor.yaml").read_text().splitlines()) <= 15


def test_the_example_of_one_vendor_prefers_its_cheaper_model(local_extra: Path) -> None:
    models = make_deciding(example("one-vendor.yaml", local_extra)).catalog.models

    prices = {name: model.price.input for name, model in models.items() if model.price}
    assert prices["luna"] < prices["terra"]


@pytest.mark.parametrize("route", ["auto", "cheap", "split"])
def test_the_example_of_failover_has_a_model_of_each_vendor(route: str, local_extra: Path) -> None:
    deciding = make_deciding(example("two-vendors-failover.yaml", local_extra))

    names = candidates_of(deciding, route)

    providers = [deciding.catalog.models[name].endpoints[0].provider for name in names]
    assert providers == ["openai", "anthropic"]


def test_the_example_of_a_pool_keeps_to_its_own_servers_first(local_extra: Path) -> None:
    deciding = make_deciding(example("self-hosted-pool.yaml", local_extra))

    assert candidates_of(deciding, "auto") == ["house", "overflow"]
    assert len(deciding.catalog.models["house"].endpoints) == 2


def test_the_example_of_a_pool_sends_what_is_too_long_to_the_vendor(local_extra: Path) -> None:
    deciding = make_deciding(example("self-hosted-pool.yaml", local_extra))

    assert candidates_of(deciding, "auto", tokens=40_000) == ["overflow"]


@pytest.mark.parametrize(
    ("environment", "base_url"),
    [({}, "http://127.0.0.1:8001/v1"), ({"GPU_1_URL": "http://gpu/v1"}, "http://gpu/v1")],
)
def test_the_example_of_a_pool_takes_its_addresses_from_the_environment(
    environment: Mapping[str, str], base_url: str
) -> None:
    text = (FOLDER / "self-hosted-pool.yaml").read_bytes()

    settings = load(text, {"GROQ_API_KEY": "k", **environment})

    assert settings.providers["gpu-1"].base_url == base_url


def test_the_example_of_short_and_long_takes_each_to_its_own(local_extra: Path) -> None:
    house = make_deciding(example("short-and-long.yaml", local_extra)).catalog.models["house"]

    assert [e.label for e in house.endpoints] == ["short", "long"]
    assert house.budget.boundary_tokens == house.endpoints[0].context_window


def test_the_example_of_a_cache_goes_as_far_as_each_route_says(local_extra: Path) -> None:
    policies = Policies.of(example("semantic-cache.yaml", local_extra))

    presets = {route: policies.policy(route, "unknown").preset for route in policies.routes}
    assert presets == {"auto": "balanced", "careful": "strict", "fresh": "off"}
    assert policies.policy("careful", "unknown").ttl_s == 3600
    by_name = policies.policy("direct", "unknown")
    assert (by_name.preset, by_name.max_temperature) == ("exact-only", 1)


def test_the_example_of_a_local_file_serves_it(local_extra: Path) -> None:
    settings = example("local-gguf.yaml", local_extra)

    assert settings.providers["here"].path == local_extra
    assert list(settings.models) == ["house"]
