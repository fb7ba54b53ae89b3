"""No key is ever shown: not in a message, not in a repr."""

from typing import Any

import pytest

from tests.settings.loading import CLIENT_KEY, UPSTREAM_KEY, VALID, changed, load, refused
from wrp_proxy.settings.environment import from_environment
from wrp_proxy.settings.load import Options


def test_settings_show_no_key() -> None:
    settings = load(VALID)

    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert UPSTREAM_KEY not in shown
        assert CLIENT_KEY not in shown


def test_keys_of_the_variable_are_not_shown_by_the_settings() -> None:
    settings = load(VALID, api_keys=CLIENT_KEY)

    assert CLIENT_KEY not in repr(settings)


def test_keys_of_the_command_line_are_not_shown_by_its_options() -> None:
    assert CLIENT_KEY not in repr(Options(api_keys=CLIENT_KEY))


def test_keys_of_the_environment_are_not_shown_by_what_is_made_of_them() -> None:
    found = from_environment({"OPENAI_API_KEY": UPSTREAM_KEY})

    assert UPSTREAM_KEY not in repr(found)


def test_a_key_from_a_variable_is_not_shown_by_the_settings() -> None:
    settings = load(changed("providers.lab.api_key", "${LAB_KEY}"), {"LAB_KEY": UPSTREAM_KEY})

    assert UPSTREAM_KEY not in repr(settings)


@pytest.mark.parametrize(
    "path",
    [
        "providers",
        "providers.lab",
        "providers.lab.api_key",
        "server",
        "server.api_keys",
        "server.api_keys[0]",
    ],
)
def test_a_list_in_place_of_a_section_does_not_give_its_keys_away(path: str) -> None:
    section: Any = VALID
    for part in path.replace("[0]", ".0").split("."):
        section = section[int(part)] if part.isdigit() else section[part]

    refusal = refused(changed(path, [[section]]))

    assert UPSTREAM_KEY not in refusal.text
    assert CLIENT_KEY not in refusal.text


@pytest.mark.parametrize("key", ["api-key", "apikey", "key", "token"])
def test_a_key_under_an_unknown_name_is_not_shown(key: str) -> None:
    refusal = refused(changed(f"providers.lab.{key}", UPSTREAM_KEY))

    assert f"providers.lab.{key}" in refusal.paths
    assert UPSTREAM_KEY not in refusal.text


def test_a_key_in_place_of_a_provider_is_not_shown() -> None:
    refusal = refused(changed("providers.openai", UPSTREAM_KEY))

    assert "providers.openai" in refusal.paths
    assert UPSTREAM_KEY not in refusal.text


@pytest.mark.parametrize(
    "line",
    [
        f"api_key: {UPSTREAM_KEY}: x",
        f"api_key: '{UPSTREAM_KEY}",
        f"api_key: [{UPSTREAM_KEY}",
        f"api_key: %{UPSTREAM_KEY}",
        f"api_key: @{UPSTREAM_KEY}",
        f"api_key: *{UPSTREAM_KEY}",
        f"api_key: !{UPSTREAM_KEY}",
    ],
)
def test_a_line_that_is_not_yaml_is_named_but_not_shown(line: str) -> None:
    refusal = refused(f"providers:\n  lab:\n    {line}\n")

    assert "line 3" in refusal.text
    assert UPSTREAM_KEY not in refusal.text


@pytest.mark.parametrize("url", ["http://lab:{}@", "http://127.0.0.1:9100/v1?key={}"])
def test_a_key_in_a_bad_base_url_is_not_shown(url: str) -> None:
    refusal = refused(changed("providers.lab.base_url", url.format(UPSTREAM_KEY) + " "))

    assert "providers.lab.base_url" in refusal.paths
    assert UPSTREAM_KEY not in refusal.text
