"""Azure needs three variables, for its deployments have names of one's own."""

import pytest

from tests.settings.loading import load, refused

WHOLE = {
    "AZURE_OPENAI_API_KEY": "the-key",
    "AZURE_OPENAI_ENDPOINT": "https://house.openai.azure.com/",
    "AZURE_OPENAI_DEPLOYMENTS": "chat-eu, chat-us",
}


def test_azure_with_all_its_parts_is_a_provider_with_a_model_per_deployment() -> None:
    settings = load(None, WHOLE)

    azure = settings.providers["azure"]
    assert azure.type == "azure"
    assert azure.base_url == "https://house.openai.azure.com/"
    assert azure.api_key is not None
    assert azure.api_key.get_secret_value() == "the-key"
    assert list(settings.models) == ["chat-eu", "chat-us"]


def test_azure_may_be_given_its_whole_address() -> None:
    settings = load(None, {**WHOLE, "AZURE_OPENAI_ENDPOINT": "https://house.example/openai/v1"})

    assert settings.providers["azure"].base_url == "https://house.example/openai/v1"


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL"),
        ("AZURE_OPENAI_DEPLOYMENTS", "AZURE_OPENAI_DEPLOYMENT"),
    ],
)
def test_azure_takes_other_usual_names_of_its_variables(name: str, instead: str) -> None:
    environment = {(instead if key == name else key): value for key, value in WHOLE.items()}

    assert load(None, environment) == load(None, WHOLE)


@pytest.mark.parametrize("part", WHOLE)
@pytest.mark.parametrize("empty", [True, False])
def test_azure_with_a_part_missing_is_refused_with_its_name(part: str, *, empty: bool) -> None:
    rest = {name: value for name, value in WHOLE.items() if name != part}
    environment = {**rest, part: ""} if empty else rest
    if part == "AZURE_OPENAI_DEPLOYMENTS":
        environment.pop("AZURE_OPENAI_DEPLOYMENTS", None)

    refusal = refused(None, environment)

    assert refusal.paths == [part]
    assert refusal.at(part).message == "is not set, but Azure needs it"
    assert refusal.at(part).remedy.startswith("set it too")
    assert "the-key" not in refusal.text


def test_azure_with_two_parts_missing_is_refused_with_both() -> None:
    refusal = refused(None, {"AZURE_OPENAI_API_KEY": "the-key"})

    assert refusal.paths == ["AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENTS"]


def test_half_of_azure_is_refused_even_beside_a_whole_vendor() -> None:
    refusal = refused(None, {"AZURE_OPENAI_API_KEY": "k", "OPENAI_API_KEY": "k"})

    assert "AZURE_OPENAI_ENDPOINT" in refusal.paths
