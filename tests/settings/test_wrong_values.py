"""Values of a wrong type or out of range are refused with their path."""

from math import inf, nan
from typing import Any

import pytest

from tests.settings.loading import VALID, changed, load, refused, without


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        ("server.port", 70000, "less than or equal to 65535"),
        ("server.port", -1, "greater than or equal to 0"),
        ("server.max_body_bytes", 0, "greater than 0"),
        ("models.small.endpoints[0].weight", 0, "greater than 0"),
        ("models.small.endpoints[0].max_concurrency", 0, "greater than 0"),
        ("models.small.endpoints[0].context_window", -1, "greater than 0"),
        ("models.small.context_window", 0, "greater than 0"),
        ("models.small.price.input", -0.1, "greater than or equal to 0"),
        ("models.small.price.output", -1, "greater than or equal to 0"),
        ("models.small.price.cached_input", -1, "greater than or equal to 0"),
        ("models.small.quality.default", 1.2, "less than or equal to 1"),
        ("models.small.quality.math", -0.1, "greater than or equal to 0"),
        ("routes.auto.strategy.weights.small", -1, "parameters of weighted: weights, seed"),
        ("resilience.max_attempts", 0, "greater than 0"),
        ("resilience.cooldown_s", -1, "greater than or equal to 0"),
        ("resilience.connect_timeout_s", 0, "greater than 0"),
        ("resilience.first_content_timeout_s", 0, "greater than 0"),
        ("resilience.stall_timeout_s", 0, "greater than 0"),
        ("resilience.answer_timeout_s", 0, "greater than 0"),
    ],
)
def test_a_value_out_of_range_is_refused(path: str, value: float, remedy: str) -> None:
    problem = refused(changed(path, value)).at(path)

    assert repr(value) in problem.message
    assert remedy in problem.remedy


@pytest.mark.parametrize("value", [inf, nan])
@pytest.mark.parametrize(
    "path",
    [
        "models.small.endpoints[0].weight",
        "models.small.price.input",
        "models.small.price.output",
        "models.small.quality.default",
        "routes.auto.strategy.weights.small",
    ],
)
def test_a_value_that_nothing_can_be_reckoned_with_is_refused(path: str, value: float) -> None:
    problem = refused(changed(path, value)).at(path)

    assert repr(value) in problem.message


def test_a_single_quality_out_of_range_is_refused() -> None:
    problem = refused(changed("models.small.quality", 1.2)).at("models.small.quality.default")

    assert problem.message == "1.2 is not accepted"
    assert problem.remedy == "Input should be less than or equal to 1"


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        ("providers.lab.type", 5, "'openai'"),
        ("providers.lab.type", ["openai"], "'openai'"),
        ("providers.lab.vendor", ["openai"], "string"),
        ("providers.lab.base_url", 9100, "string"),
        ("providers.lab.discover", "sometimes", "boolean"),
        ("models.small", None, "dictionary"),
        ("models.small.endpoints", {"provider": "lab", "model": "m"}, "list"),
        ("models.small.endpoints[0]", "lab/m", "dictionary"),
        ("models.small.endpoints[0].provider", ["lab"], "string"),
        ("models.small.endpoints[0].model", "", "at least 1 character"),
        ("models.small.context_window", "8k", "integer"),
        ("models.small.price", 0.1, "dictionary"),
        ("models.small.price.input", "cheap", "number"),
        ("models.small.capabilities", "tools", "set"),
        ("routes.auto", ["small"], "dictionary"),
        ("routes.auto.models", "small", "list"),
        ("routes.auto.strategy.name", 5, "string"),
        ("routes.auto.strategy.seed", "x", "parameters of weighted: weights, seed"),
        ("routes.auto.strategy.weights", ["small"], "parameters of weighted: weights, seed"),
        ("server", "127.0.0.1:8080", "dictionary"),
        ("server.host", ["::1"], "string"),
        ("server.host", "", "at least 1 character"),
        ("server.port", "http", "integer"),
        ("server.cors_origins", "*", "list"),
        ("server.api_keys[0].name", ["team"], "string"),
        ("resilience", 3, "dictionary"),
        ("resilience.cooldown_s", "5s", "number"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused(path: str, value: Any, remedy: str) -> None:
    problem = refused(changed(path, value)).at(path)

    assert repr(value) in problem.message
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("providers.lab.api_key", 12345678),
        ("server.api_keys", "12345678"),
        ("server.api_keys[0]", ["12345678"]),
        ("server.api_keys[0].key", 12345678),
        ("server.api_keys[0].key", ["12345678"]),
    ],
)
def test_a_secret_of_a_wrong_type_is_refused_without_showing_it(path: str, value: Any) -> None:
    refusal = refused(changed(path, value))

    assert any(problem.startswith(path) for problem in refusal.paths)
    assert "12345678" not in refusal.text


@pytest.mark.parametrize("empty", ["", {"key": ""}, {"key": "", "name": "team"}])
def test_an_empty_api_key_is_refused(empty: Any) -> None:
    problem = refused(changed("server.api_keys", [empty])).at("server.api_keys[0].key")

    assert problem.message == "its value is not accepted"
    assert "at least 1" in problem.remedy


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("providers.lab.type", "type"),
        ("models.small.endpoints", "endpoints"),
        ("models.small.price.output", "output"),
        ("routes.auto.strategy.name", "name"),
    ],
)
def test_a_key_that_is_needed_is_asked_for(path: str, key: str) -> None:
    problem = refused(without(path)).at(path)

    assert problem.message == "is missing"
    assert problem.remedy == f"add `{key}:`"


def test_a_model_without_endpoints_is_refused() -> None:
    problem = refused(changed("models.small.endpoints", [])).at("models.small.endpoints")

    assert problem.message == "[] is not accepted"
    assert "at least 1 item" in problem.remedy


def test_a_route_without_models_is_refused() -> None:
    problem = refused(changed("routes.fast", {"strategy": "cheapest"})).at("routes.fast")

    assert problem.message == "has no models"
    assert problem.remedy == "add `models: [...]`; only auto stands for all"


def test_a_route_with_no_models_under_its_key_is_refused() -> None:
    problem = refused(changed("routes.fast", {"models": None})).problems[0]

    assert problem.path.startswith("routes.fast")
    assert problem.message == "has no models"
    assert problem.remedy == "add `models: [...]`; only auto stands for all"


@pytest.mark.parametrize("route", ["auto", "fast"])
def test_a_route_with_an_empty_list_of_models_is_refused(route: str) -> None:
    problem = refused(changed(f"routes.{route}", {"models": []})).at(f"routes.{route}.models")

    assert problem.message == "[] is not accepted"
    assert "at least 1 item" in problem.remedy


def test_a_route_with_nothing_under_it_is_refused() -> None:
    refusal = refused(changed("routes.fast", None))

    assert "routes.fast" in refusal.paths
    assert "has no models" in refusal.text


@pytest.mark.parametrize("section", ["providers", "models", "routes"])
@pytest.mark.parametrize("name", ["my name", "", "tab\tbed"])
def test_a_name_that_no_client_could_write_is_refused_with_its_section(
    section: str, name: str
) -> None:
    config = {**VALID, section: {**VALID[section], name: next(iter(VALID[section].values()))}}

    problem = next(p for p in refused(config).problems if p.message == "is no name")

    assert problem.path.startswith(f"{section}.")
    assert problem.remedy == "use printable characters without spaces"


@pytest.mark.parametrize("section", ["providers", "models", "routes"])
@pytest.mark.parametrize("name", [4, 4.1, True])
def test_a_name_that_yaml_takes_for_a_number_or_a_truth_needs_quotes(
    section: str, name: object
) -> None:
    config = {**VALID, section: {**VALID[section], name: next(iter(VALID[section].values()))}}

    refusal = refused(config)

    assert any(path.startswith(section) for path in refusal.paths)
    assert "quotes" in refusal.text


def test_a_name_in_quotes_may_be_a_number() -> None:
    settings = load({**VALID, "models": {**VALID["models"], "4": VALID["models"]["small"]}})

    assert "4" in settings.models
