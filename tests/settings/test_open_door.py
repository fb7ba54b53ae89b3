"""Without keys the proxy serves this machine only."""

import pytest

from tests.settings.loading import changed, load, refused

NO_KEYS = changed("server.api_keys", [])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_this_machine_may_be_served_without_keys(host: str) -> None:
    settings = load(NO_KEYS, host=host)

    assert settings.server.host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "proxy.example.org"])  # noqa: S104
def test_another_address_without_keys_is_refused(host: str) -> None:
    problem = refused(NO_KEYS, host=host).at("server.host")

    assert problem.message == f"'{host}' can be reached from outside, and no API key is set"
    assert problem.remedy == (
        "set server.api_keys or WRP_API_KEYS, or start with --allow-anonymous"
    )


def test_another_address_of_the_file_is_refused_too() -> None:
    config = {**NO_KEYS, "server": {"host": "0.0.0.0"}}  # noqa: S104 - that is the point

    assert refused(config).paths == ["server.host"]


def test_another_address_may_be_served_with_a_key_of_the_file() -> None:
    settings = load(changed("server.host", "192.0.2.7"))

    assert settings.server.host == "192.0.2.7"


def test_another_address_may_be_served_with_a_key_of_the_variable() -> None:
    settings = load(NO_KEYS, host="192.0.2.7", api_keys="one, two")

    keys = [key.key.get_secret_value() for key in settings.server.api_keys]
    assert keys == ["one", "two"]


def test_another_address_may_be_served_without_keys_when_that_is_allowed() -> None:
    settings = load(NO_KEYS, host="192.0.2.7", allow_anonymous=True)

    assert settings.server.api_keys == []


@pytest.mark.parametrize("keys", ["", ",", " , "])
def test_a_variable_for_keys_without_any_key_is_refused(keys: str) -> None:
    problem = refused(NO_KEYS, api_keys=keys).at("WRP_API_KEYS")

    assert problem.message == "is empty"
    assert problem.remedy == "list keys with commas, or unset it"


def test_the_variable_for_keys_replaces_the_keys_of_the_file() -> None:
    settings = load(changed("server.api_keys", ["of-the-file"]), api_keys="of-the-variable")

    keys = [key.key.get_secret_value() for key in settings.server.api_keys]
    assert keys == ["of-the-variable"]
