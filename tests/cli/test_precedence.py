"""The command line wins over the environment, and the environment over the file."""

from pathlib import Path

import pytest

from tests.cli.conftest import CONFIG, Run, written


@pytest.fixture
def refused_file(tmp_path: Path) -> str:
    """A file whose address and port are refused: the message says whose word counted."""
    server = {"host": "192.0.2.1", "port": 70001}
    return written(tmp_path / "config.yaml", {**CONFIG, "server": server})


@pytest.mark.parametrize(
    ("arguments", "variables", "port"),
    [
        ([], {}, 70001),
        ([], {"WRP_PORT": "70002"}, 70002),
        (["--port", "70003"], {"WRP_PORT": "70002"}, 70003),
        (["--port", "70003"], {}, 70003),
    ],
)
def test_the_nearest_word_on_the_port_counts(
    run: Run, refused_file: str, arguments: list[str], variables: dict[str, str], port: int
) -> None:
    result = run("serve", "--config", refused_file, *arguments, **variables)

    assert result.exit_code == 1
    assert f"server.port: {port} is not accepted" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "host"),
    [
        ([], {}, "192.0.2.1"),
        ([], {"WRP_HOST": "192.0.2.2"}, "192.0.2.2"),
        (["--host", "192.0.2.3"], {"WRP_HOST": "192.0.2.2"}, "192.0.2.3"),
        (["--host", "192.0.2.3"], {}, "192.0.2.3"),
    ],
)
def test_the_nearest_word_on_the_host_counts(
    run: Run, tmp_path: Path, arguments: list[str], variables: dict[str, str], host: str
) -> None:
    config = written(tmp_path / "config.yaml", {**CONFIG, "server": {"host": "192.0.2.1"}})

    result = run("serve", "--config", config, "--port", "0", *arguments, **variables)

    assert result.exit_code == 1
    assert f"server.host: '{host}' can be reached from outside" in result.stderr


@pytest.mark.parametrize("command", [["serve"], ["check"], ["models"], ["explain", "Hello"]])
def test_the_file_of_the_command_line_wins_over_that_of_the_environment(
    run: Run, command: list[str]
) -> None:
    result = run(*command, "--config", "given.yaml", WRP_CONFIG="set.yaml")

    assert result.exit_code == 1
    assert "given.yaml: cannot be read" in result.stderr
    assert "set.yaml" not in result.stderr


@pytest.mark.parametrize("command", [["serve"], ["check"], ["models"], ["explain", "Hello"]])
def test_the_file_of_the_environment_is_read(run: Run, command: list[str]) -> None:
    result = run(*command, WRP_CONFIG="set.yaml")

    assert result.exit_code == 1
    assert "set.yaml: cannot be read" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "folder"),
    [
        ([], {"WRP_STATE_DIR": "file/set"}, "file/set"),
        (["--state-dir", "file/given"], {"WRP_STATE_DIR": "file/set"}, "file/given"),
        ([], {"XDG_STATE_HOME": "file"}, "file/wrp-proxy"),
        ([], {"HOME": "file"}, "file/.local/state/wrp-proxy"),
    ],
)
def test_the_nearest_word_on_the_state_counts(
    run: Run,
    config: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variables: dict[str, str],
    folder: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()

    result = run("serve", "--config", config, "--port", "0", *arguments, **variables)

    assert result.exit_code == 1
    assert f"'{folder}'" in result.stderr


@pytest.mark.parametrize("keys", ["", ",", " , "])
def test_a_variable_for_keys_without_any_key_is_refused(run: Run, config: str, keys: str) -> None:
    # The port is refused too, so that nothing is served where the keys are not.
    result = run("serve", "--config", config, "--port", "70000", WRP_API_KEYS=keys)

    assert result.exit_code == 1
    assert "WRP_API_KEYS: is empty" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--allow-anonymous"], {}),
        ([], {"WRP_ALLOW_ANONYMOUS": "1"}),
        (["--api-keys", "key-never-shown"], {}),
        ([], {"WRP_API_KEYS": "key-never-shown"}),
    ],
)
def test_another_address_is_served_with_a_key_or_with_leave(
    run: Run, config: str, tmp_path: Path, arguments: list[str], variables: dict[str, str]
) -> None:
    (tmp_path / "file").touch()
    state = ["--state-dir", str(tmp_path / "file" / "state")]  # ends it before it serves

    result = run(
        "serve", "--config", config, "--host", "192.0.2.1", *state, *arguments, **variables
    )

    assert result.exit_code == 1
    assert "can be reached from outside" not in result.stderr
    assert "The proxy cannot start" in result.stderr
    assert "never-shown" not in result.output


def test_leave_can_be_taken_back_by_the_command_line(run: Run, config: str) -> None:
    result = run(
        "serve",
        "--config",
        config,
        "--host",
        "192.0.2.1",
        "--no-allow-anonymous",
        WRP_ALLOW_ANONYMOUS="1",
    )

    assert result.exit_code == 1
    assert "can be reached from outside" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [("WRP_PORT", "http"), ("WRP_LOG_LEVEL", "loud"), ("WRP_LOG_FORMAT", "xml")],
)
def test_a_variable_of_a_wrong_type_is_refused_with_its_name(
    run: Run, config: str, variable: str, value: str
) -> None:
    result = run("serve", "--config", config, **{variable: value})

    assert result.exit_code == 2
    assert variable in result.stderr
