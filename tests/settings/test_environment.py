"""Environment variables alone are enough: each makes its provider and its models."""

from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from tests.settings.loading import VALID, load, refused
from wrp_proxy.providers.vendors import VENDORS, Vendor
from wrp_proxy.settings import Settings

WITH_ADDRESS = [vendor for vendor in VENDORS.values() if vendor.base_url is not None]
SERVERS = ["ollama", "vllm"]


def key_of(settings: Settings, provider: str) -> str | None:
    key = settings.providers[provider].api_key
    return key.get_secret_value() if key else None


def warnings_of(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is warned of while loading: event and variable."""
    with capture_logs() as logs:
        load(None, environment)
    return [(log["event"], log["variable"]) for log in logs if log["log_level"] == "warning"]


@pytest.mark.parametrize("vendor", WITH_ADDRESS, ids=lambda vendor: vendor.name)
def test_the_key_of_a_vendor_makes_its_provider_and_models(vendor: Vendor) -> None:
    settings = load(None, {vendor.key_variable: "the-key"})

    assert list(settings.providers) == [vendor.name]
    assert key_of(settings, vendor.name) == "the-key"
    assert settings.providers[vendor.name].base_url is None
    assert tuple(settings.models) == vendor.models
    assert vendor.models


@pytest.mark.parametrize("vendor", WITH_ADDRESS, ids=lambda vendor: vendor.name)
def test_the_models_of_a_vendor_are_asked_for_by_their_own_names(vendor: Vendor) -> None:
    settings = load(None, {vendor.key_variable: "the-key"})

    for name, model in settings.models.items():
        assert [(e.provider, e.model) for e in model.endpoints] == [(vendor.name, name)]


@pytest.mark.parametrize("vendor", WITH_ADDRESS, ids=lambda vendor: vendor.name)
def test_the_address_of_a_vendor_may_be_another(vendor: Vendor) -> None:
    environment = {vendor.key_variable: "k", vendor.url_variable: "http://127.0.0.1:9/openai"}

    settings = load(None, environment)

    assert settings.providers[vendor.name].base_url == "http://127.0.0.1:9/openai"
    assert tuple(settings.models) == vendor.models


def test_all_vendors_may_be_set_at_once() -> None:
    settings = load(None, {vendor.key_variable: "k" for vendor in WITH_ADDRESS})

    assert list(settings.providers) == [vendor.name for vendor in WITH_ADDRESS]


def test_the_same_model_at_two_providers_is_one_pool() -> None:
    settings = load(
        None,
        {
            "OPENAI_API_KEY": "k",
            "WRP_PROVIDER_MIRROR_BASE_URL": "http://127.0.0.1:9/v1",
            "WRP_PROVIDER_MIRROR_MODELS": "gpt-6-luna,other",
        },
    )

    providers = [endpoint.provider for endpoint in settings.models["gpt-6-luna"].endpoints]
    assert providers == ["openai", "mirror"]
    assert [e.provider for e in settings.models["other"].endpoints] == ["mirror"]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/llm/v1/", "http://127.0.0.1:8000/llm/v1/"),
    ],
)
def test_a_server_of_ones_own_is_asked_for_its_models(server: str, url: str, base_url: str) -> None:
    settings = load(None, {f"{server.upper()}_BASE_URL": url})

    assert list(settings.providers) == [server]
    assert settings.providers[server].base_url == base_url
    assert settings.providers[server].discover
    assert settings.models == {}


def test_a_server_of_ones_own_may_want_a_key() -> None:
    settings = load(None, {"VLLM_BASE_URL": "http://127.0.0.1:8000", "VLLM_API_KEY": "the-key"})

    assert key_of(settings, "vllm") == "the-key"


def test_a_vendor_with_listed_models_is_not_asked_for_them() -> None:
    settings = load(None, {"OPENAI_API_KEY": "k"})

    assert not settings.providers["openai"].discover


def test_any_other_server_is_a_provider_with_its_key_and_models() -> None:
    settings = load(
        None,
        {
            "WRP_PROVIDER_LAB_BASE_URL": "http://127.0.0.1:9100/v1",
            "WRP_PROVIDER_LAB_API_KEY": "the-key",
            "WRP_PROVIDER_LAB_MODELS": "small, large,",
        },
    )

    assert settings.providers["lab"].base_url == "http://127.0.0.1:9100/v1"
    assert key_of(settings, "lab") == "the-key"
    assert list(settings.models) == ["small", "large"]


def test_any_other_server_without_models_is_asked_for_them() -> None:
    settings = load(None, {"WRP_PROVIDER_MY_LAB_BASE_URL": "http://127.0.0.1:9100/v1"})

    assert settings.providers["my_lab"].discover
    assert key_of(settings, "my_lab") is None


@pytest.mark.parametrize("part", ["API_KEY", "MODELS"])
@pytest.mark.parametrize("more", [{}, {"WRP_PROVIDER_LAB_BASE_URL": ""}])
def test_another_server_without_an_address_is_refused(part: str, more: dict[str, str]) -> None:
    problem = refused(None, {f"WRP_PROVIDER_LAB_{part}": "x", **more}).at(
        "WRP_PROVIDER_LAB_BASE_URL"
    )

    assert problem.message == "is not set, but the provider needs it"
    assert problem.remedy == "set WRP_PROVIDER_LAB_BASE_URL"


def test_another_server_may_not_take_the_name_of_a_vendor_that_is_set() -> None:
    environment = {
        "OPENAI_API_KEY": "k",
        "WRP_PROVIDER_OPENAI_BASE_URL": "http://127.0.0.1:9100/v1",
    }

    refusal = refused(None, environment)

    assert any("WRP_PROVIDER_OPENAI" in problem.path for problem in refusal.problems)


@pytest.mark.parametrize(
    "variable",
    [
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OLLAMA_BASE_URL",
        "AZURE_OPENAI_API_KEY",
        "AZURE_OPENAI_ENDPOINT",
        "WRP_LOCAL_MODELS",
    ],
)
def test_a_variable_that_is_set_but_empty_is_warned_of(variable: str) -> None:
    warned = warnings_of({"GROQ_API_KEY": "k", variable: ""})

    assert warned == [("set but empty", variable)]


def test_variables_that_are_set_are_not_warned_of() -> None:
    warned = warnings_of({"GROQ_API_KEY": "k", "WRP_PORT": "8080", "WRP_FIND_OLLAMA": "0"})

    assert warned == []


def test_the_address_of_a_vendor_without_its_key_is_warned_of() -> None:
    warned = warnings_of({"GROQ_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"})

    assert [variable for _, variable in warned] == ["OPENAI_BASE_URL"]


@pytest.mark.parametrize("variable", ["WRP_PROT", "WRP_PROVIDER_LAB_URL", "WRP_LOCAL_MODEL"])
def test_a_variable_that_nothing_reads_is_warned_of(variable: str) -> None:
    warned = warnings_of({"GROQ_API_KEY": "k", variable: "x"})

    assert warned == [("nothing reads this variable", variable)]


def test_a_variable_that_the_file_reads_is_not_warned_of() -> None:
    with capture_logs() as logs:
        load("server: {port: '${WRP_MY_PORT}'}", {"WRP_MY_PORT": "1", "GROQ_API_KEY": "k"})

    assert logs == []


@pytest.mark.parametrize(
    "file",
    [VALID, {"providers": VALID["providers"]}, {"providers": VALID["providers"], "models": {}}],
)
def test_a_file_with_providers_has_the_only_word(file: Mapping[str, object]) -> None:
    settings = load(file, {"OPENAI_API_KEY": "k", "OLLAMA_BASE_URL": "http://127.0.0.1:9"})

    assert list(settings.providers) == ["lab"]


@pytest.mark.parametrize(
    "text",
    ["server: {port: 9}", "resilience: {max_attempts: 1}", "routes: {auto: {strategy: cheapest}}"],
)
def test_a_file_without_providers_and_models_keeps_those_of_the_environment(text: str) -> None:
    settings = load(text, {"OPENAI_API_KEY": "k"})

    assert list(settings.providers) == ["openai"]
    assert tuple(settings.models) == VENDORS["openai"].models


def test_a_route_of_the_file_may_name_models_of_the_environment() -> None:
    settings = load("routes: {fast: {models: [gpt-6-luna]}}", {"OPENAI_API_KEY": "k"})

    assert settings.routes["fast"].models == ["gpt-6-luna"]


def test_a_bad_address_of_the_environment_is_refused_with_its_value() -> None:
    problem = refused(None, {"OLLAMA_BASE_URL": "localhost:11434"}).problems[0]

    assert "ollama" in problem.path.lower()
    assert "localhost:11434" in problem.message
    assert "http" in problem.remedy
