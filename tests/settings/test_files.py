"""A file that cannot be read as a configuration is refused with its own name."""

from pathlib import Path

import pytest

from tests.settings.loading import VALID, load, refused
from wrp_proxy.errors import ConfigError
from wrp_proxy.settings import load_settings
from wrp_proxy.settings.load import Options


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"

    with pytest.raises(ConfigError) as caught:
        load_settings(Options(config=missing), {"OPENAI_API_KEY": "k"})

    [problem] = caught.value.problems
    assert problem.path == str(missing)
    assert problem.message == "cannot be read: No such file or directory"
    assert problem.remedy == "give a readable YAML file"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(Options(config=tmp_path), {"OPENAI_API_KEY": "k"})

    assert caught.value.problems[0].message == "cannot be read: Is a directory"


def test_a_file_that_is_not_utf8_is_refused() -> None:
    problem = refused("server: {host: 'é'}".encode("latin-1")).problems[0]

    assert problem.path.endswith("config.yaml")
    assert problem.message == "cannot be read: not UTF-8"


@pytest.mark.parametrize(
    "text",
    [
        "models: [",
        "models:\n\t- a",
        "a: b: c",
        "--- {}\n--- {}\n",
        "server: !python/object:os.system {}",
        "server: *nowhere",
    ],
)
def test_a_file_that_is_not_yaml_is_refused(text: str) -> None:
    problem = refused(text).problems[0]

    assert problem.path.endswith("config.yaml")
    assert problem.message.startswith("is not YAML: ")
    assert "needs quotes" in problem.remedy


@pytest.mark.parametrize("text", ["server: \x07", "server: \x00"])
def test_a_file_with_control_characters_is_refused_as_not_yaml(text: str) -> None:
    problem = refused(text).problems[0]

    assert problem.path.endswith("config.yaml")
    assert problem.message.startswith("is not YAML: ")


@pytest.mark.parametrize(
    "text", ["server: {host: {{ HOST }} }", "? [a, b]\n: 1\n", "server: {port: ${PORT}}"]
)
def test_braces_without_quotes_are_refused_as_not_yaml(text: str) -> None:
    problem = refused(text, {"PORT": "8080", "HOST": "::1"}).problems[0]

    assert problem.path.endswith("config.yaml")
    assert problem.message.startswith("is not YAML: ")
    assert "needs quotes" in problem.remedy


def test_a_file_that_contains_itself_is_refused() -> None:
    refusal = refused("server: &server\n  host: *server\n")

    assert refusal.problems


@pytest.mark.parametrize("key", ["8080", "null", "true", "2024-01-01"])
def test_a_section_whose_name_is_no_text_is_refused(key: str) -> None:
    refusal = refused(f"{key}: x\nserver: {{}}\n", {"OPENAI_API_KEY": "k"})

    assert "quotes" in refusal.text or "Keys should be strings" in refusal.text


@pytest.mark.parametrize("text", ["- providers", "just words", "42"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    problem = refused(text).problems[0]

    assert problem.path.endswith("config.yaml")
    assert problem.message == "is no mapping"
    assert problem.remedy == "begin with `providers:` or `models:`"


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n", "{}"])
def test_an_empty_file_leaves_the_word_to_the_environment(text: str) -> None:
    settings = load(text, {"OPENAI_API_KEY": "k"})

    assert settings == load(None, {"OPENAI_API_KEY": "k"})


@pytest.mark.parametrize("text", ["models:\n", "providers:\n", "providers:\nmodels:\n"])
def test_models_with_nothing_under_them_are_left_out(text: str) -> None:
    settings = load(text, {"OPENAI_API_KEY": "k"})

    assert settings == load(None, {"OPENAI_API_KEY": "k"})


def test_models_with_nothing_under_them_beside_providers_are_none() -> None:
    settings = load({"providers": VALID["providers"], "models": None}, {"OPENAI_API_KEY": "k"})

    assert list(settings.providers) == ["lab"]
    assert settings.models == {}
