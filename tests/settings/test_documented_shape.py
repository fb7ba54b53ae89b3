"""The shape that the documentation promises, and the short forms it allows."""

from typing import Any

import pytest

from tests.settings.loading import VALID, changed, load, without
from wrp_proxy.settings.pools import EndpointSettings, PriceSettings, ResilienceSettings
from wrp_proxy.settings.schema import (
    KeySettings,
    ServerSettings,
    Settings,
    StrategySettings,
)

DOCUMENTED = """
providers:
  lab: {type: openai, base_url: "http://127.0.0.1:9100/v1", api_key: "${LAB_KEY}"}   # type: openai | anthropic | litellm | local
models:                                   # the names clients see
  small:
    endpoints: [{provider: lab, model: mock-small}]        # several = one pool; also weight, max_concurrency, context_window, label
    context_window: 8192
    price: {input: 0.10, output: 0.40, cached_input: 0.02} # USD per million tokens; default: the shipped price list, by upstream name
    quality: 0.55                                          # prior in 0..1, or per category: {default: 0.55, math: 0.30}
    capabilities: [tools, vision, json_schema]
  large:
    endpoints: [{provider: lab, model: mock-large}]
routes:                                   # virtual models; "auto" exists by default over all models
  auto: {models: [small, large], strategy: {name: fixed_order}}
server: {host: 127.0.0.1, port: 8080, api_keys: ["${WRP_API_KEY}"]}
resilience: {max_attempts: 3, cooldown_s: 5, connect_timeout_s: 5, first_content_timeout_s: 60, stall_timeout_s: 60}   # max_attempts 1 = no fail-over, cooldown_s 0 = off
"""  # noqa: E501 - as it stands in the documentation


@pytest.fixture
def documented() -> Settings:
    return load(DOCUMENTED, {"LAB_KEY": "lab-key", "WRP_API_KEY": "client-key"})


def test_the_documented_providers_load_as_they_stand(documented: Settings) -> None:
    lab = documented.providers["lab"]

    assert (lab.type, lab.base_url) == ("openai", "http://127.0.0.1:9100/v1")
    assert lab.api_key is not None
    assert lab.api_key.get_secret_value() == "lab-key"


def test_the_documented_models_load_as_they_stand(documented: Settings) -> None:
    small = documented.models["small"]

    assert small.endpoints == [EndpointSettings(provider="lab", model="mock-small")]
    assert small.context_window == 8192
    assert small.price == PriceSettings(input=0.1, output=0.4, cached_input=0.02)
    assert small.quality == {"default": 0.55}
    assert small.capabilities == frozenset(("tools", "vision", "json_schema"))


def test_the_documented_route_loads_as_it_stands(documented: Settings) -> None:
    auto = documented.routes["auto"]

    assert list(documented.routes) == ["auto"]
    assert auto.models == ["small", "large"]
    assert auto.strategy == StrategySettings(name="fixed_order")


def test_the_documented_server_loads_as_it_stands(documented: Settings) -> None:
    server = documented.server

    assert (server.host, server.port) == ("127.0.0.1", 8080)
    assert [key.key.get_secret_value() for key in server.api_keys] == ["client-key"]


def test_the_documented_resilience_is_the_default(documented: Settings) -> None:
    assert documented.resilience == ResilienceSettings()


def test_all_keys_of_an_endpoint_are_taken() -> None:
    endpoint = {
        "provider": "lab",
        "model": "m",
        "weight": 2,
        "max_concurrency": 4,
        "context_window": 4096,
        "label": "first",
        "region": "eu",
        "price": {"input": 1.0, "output": 2.0, "cached_input": None},
        "retention_hints": True,
    }

    settings = load(changed("models.small.endpoints", [endpoint]))

    assert settings.models["small"].endpoints[0].model_dump() == endpoint


def test_the_same_upstream_may_stand_twice_in_a_pool_under_its_own_labels() -> None:
    endpoints = [{"provider": "lab", "model": "m", "label": label} for label in "ab"]

    settings = load(changed("models.small.endpoints", endpoints))

    assert [endpoint.label for endpoint in settings.models["small"].endpoints] == ["a", "b"]


def test_quality_may_differ_by_category() -> None:
    settings = load(changed("models.small.quality", {"default": 0.5, "math": 0.3}))

    assert settings.models["small"].quality == {"default": 0.5, "math": 0.3}


def test_a_strategy_may_be_a_bare_word() -> None:
    settings = load(changed("routes.auto.strategy", "cheapest"))

    assert settings.routes["auto"].strategy == StrategySettings(name="cheapest")


def test_a_strategy_takes_its_parameters_beside_its_name() -> None:
    strategy = {"name": "weighted", "weights": {"small": 3}, "seed": 7}

    settings = load(changed("routes.auto.strategy", strategy))

    read = settings.routes["auto"].strategy
    assert read is not None
    assert read.parameters == {"weights": {"small": 3}, "seed": 7}


def test_auto_may_stand_without_models_for_all_of_them() -> None:
    settings = load(without("routes.auto.models"))

    assert settings.routes["auto"].models is None


@pytest.mark.parametrize(
    "given", ["bare-key", {"key": "bare-key"}, {"key": "bare-key", "name": None, "admin": False}]
)
def test_an_api_key_may_be_bare_or_a_mapping(given: Any) -> None:
    settings = load(changed("server.api_keys", [given]))

    assert settings.server.api_keys == [KeySettings.model_validate({"key": "bare-key"})]


def test_numbers_may_come_from_variables() -> None:
    settings = load(changed("server.port", "${PORT}"), {"PORT": "9000"})

    assert settings.server.port == 9000


@pytest.mark.parametrize("section", ["routes", "server", "resilience"])
def test_a_section_with_nothing_under_it_is_left_out(section: str) -> None:
    settings = load({**VALID, section: None})

    defaults = {"routes": {}, "server": ServerSettings(), "resilience": ResilienceSettings()}
    assert getattr(settings, section) == defaults[section]


def test_a_provider_named_after_a_vendor_needs_no_base_url() -> None:
    settings = load(changed("providers.groq", {"type": "openai", "api_key": "k"}))

    assert settings.providers["groq"].base_url is None


def test_a_provider_of_any_name_may_borrow_the_row_of_a_vendor() -> None:
    settings = load(changed("providers.eu", {"type": "openai", "vendor": "mistral"}))

    assert settings.providers["eu"].vendor == "mistral"
