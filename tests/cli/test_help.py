"""`--help` teaches: what there is, and how to set it without a command line."""

import re

import pytest

from tests.cli.conftest import Run
from wrp_proxy.providers.vendors import VENDORS, Vendor

OF_ALL = ["WRP_CONFIG", "WRP_FIND_OLLAMA"]
OF_CHECK = [*OF_ALL, "WRP_HOST", "WRP_PORT", "WRP_API_KEYS", "WRP_ALLOW_ANONYMOUS"]
OF_SERVE = [*OF_CHECK, "WRP_STATE_DIR", "WRP_LOG_LEVEL", "WRP_LOG_FORMAT"]
COMMANDS = {
    "serve": OF_SERVE,
    "check": OF_CHECK,
    "models": OF_ALL,
    "explain": [*OF_ALL, "WRP_MODEL"],
}


def help_of(run: Run, *command: str) -> str:
    result = run(*command, "--help")
    assert result.exit_code == 0
    return re.sub(r"\x1b\[[\d;]*m", "", result.stdout)


def test_the_commands_are_listed_with_what_they_do(run: Run) -> None:
    text = help_of(run)

    for command in COMMANDS:
        assert command in text
    assert "`wrp-proxy serve`" in text


def test_no_command_at_all_shows_the_help(run: Run) -> None:
    result = run()

    assert "explain" in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_names_its_variables(run: Run, command: str) -> None:
    text = help_of(run, command)

    assert [name for name in COMMANDS[command] if name not in text] == []


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.name)
def test_the_help_of_serve_names_the_variable_of_every_vendor(run: Run, vendor: Vendor) -> None:
    text = help_of(run, "serve")

    variable = vendor.key_variable if vendor.base_url else vendor.url_variable
    assert ("AZURE_OPENAI_*" if vendor.name == "azure" else variable) in text


@pytest.mark.parametrize(
    "variable",
    ["WRP_PROVIDER_<NAME>_BASE_URL", "WRP_LOCAL_MODELS"],
)
def test_the_help_of_serve_names_the_other_ways_to_a_model(run: Run, variable: str) -> None:
    assert variable in help_of(run, "serve")


@pytest.mark.parametrize(
    ("option", "default"),
    [("--host", "127.0.0.1"), ("--port", "8080"), ("--state-dir", "~/.local/state/wrp-proxy")],
)
def test_the_help_of_serve_shows_the_defaults(run: Run, option: str, default: str) -> None:
    [line] = [line for line in help_of(run, "serve").splitlines() if f" {option} " in line]

    assert f"[default: {default}]" in line


def test_an_unknown_command_is_refused(run: Run) -> None:
    result = run("server")

    assert result.exit_code == 2
    assert "No such command 'server'" in result.stderr
