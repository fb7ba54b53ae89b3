"""`wrp-proxy serve`, as a process of its own: it starts, or says in one sentence why not."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import CONFIG, written
from tests.end_to_end.child import bare_environment
from tests.proxy import eventually
from wrp_proxy.server import bind

SERVE = [sys.executable, "-m", "wrp_proxy", "serve"]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def config(tmp_path: Path, free_port: int) -> str:
    return written(tmp_path / "config.yaml", {**CONFIG, "server": {"port": free_port}})


def refusal(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run until it ends; return the exit code and what standard error says."""
    ended = subprocess.run(
        [*SERVE, *arguments],
        env=bare_environment(folder) | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


@contextmanager
def serving(folder: Path, *arguments: str, **variables: str) -> Iterator["subprocess.Popen[str]"]:
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [*SERVE, *arguments],
            env=bare_environment(folder) | variables,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def models_at(url: str, process: "subprocess.Popen[str]", key: str) -> list[str]:
    """Wait until the proxy answers, and list its models."""

    def answer() -> httpx.Response | None:
        assert process.poll() is None, "the proxy has ended"
        with suppress(httpx.ConnectError):
            headers = {"authorization": f"Bearer {key}"}
            return httpx.get(f"{url}/v1/models", headers=headers, trust_env=False)
        return None

    reply = eventually(answer)
    assert reply is not None
    return [model["id"] for model in reply.json()["data"]]


def test_variables_say_what_is_served_and_where(tmp_path: Path, free_port: int) -> None:
    config = {**CONFIG, "server": {"host": "192.0.2.1", "port": 1}}
    variables = {
        "WRP_CONFIG": written(tmp_path / "config.yaml", config),
        "WRP_HOST": "127.0.0.1",
        "WRP_PORT": str(free_port),
        "WRP_STATE_DIR": str(tmp_path / "state"),
        "WRP_API_KEYS": "key-never-shown",
    }

    with serving(tmp_path, **variables) as process:
        names = models_at(f"http://127.0.0.1:{free_port}", process, "key-never-shown")

    assert names == ["auto", "thrifty", "large", "small"]
    assert (tmp_path / "state" / "journal.sqlite3").is_file()
    assert "never-shown" not in (tmp_path / "log.txt").read_text()


def test_the_port_of_the_file_is_served_on_localhost(
    tmp_path: Path, config: str, free_port: int
) -> None:
    arguments = ("--config", config, "--host", "localhost")

    with serving(tmp_path, *arguments, XDG_STATE_HOME=str(tmp_path)) as process:
        names = models_at(f"http://127.0.0.1:{free_port}", process, "any")

    assert names == ["auto", "thrifty", "large", "small"]
    assert (tmp_path / "wrp-proxy" / "journal.sqlite3").is_file()


def test_a_busy_port_is_refused_in_one_sentence(tmp_path: Path, config: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        code, said = refusal(
            tmp_path, "--config", config, "--port", str(port), "--state-dir", str(tmp_path / "s")
        )

    assert code == 1
    assert len(said.splitlines()) == 1
    assert said.startswith("The proxy cannot start: ")
    assert str(port) in said
    assert "in use" in said


def test_an_address_that_is_not_of_this_machine_is_refused_in_one_sentence(
    tmp_path: Path, config: str
) -> None:
    code, said = refusal(
        tmp_path, "--config", config, "--host", "192.0.2.1", WRP_ALLOW_ANONYMOUS="1"
    )

    assert code == 1
    assert len(said.splitlines()) == 1
    assert said.startswith("The proxy cannot start: ")
    assert "192.0.2.1" in said


def test_a_state_dir_that_cannot_be_made_is_refused_in_one_sentence(
    tmp_path: Path, config: str
) -> None:
    (tmp_path / "file").touch()
    state = str(tmp_path / "file" / "state")

    code, said = refusal(tmp_path, "--config", config, WRP_STATE_DIR=state)

    assert code == 1
    assert len(said.splitlines()) == 1
    assert said.startswith("The proxy cannot start: ")
    assert state in said


def test_a_journal_that_cannot_be_opened_is_refused_in_one_sentence(
    tmp_path: Path, config: str
) -> None:
    (tmp_path / "state" / "journal.sqlite3").mkdir(parents=True)

    code, said = refusal(tmp_path, "--config", config, WRP_STATE_DIR=str(tmp_path / "state"))

    assert code == 1
    assert len(said.splitlines()) == 1
    assert said.startswith("The proxy cannot start: ")
    assert str(tmp_path / "state") in said


def test_an_address_is_taken_from_the_moment_it_is_bound() -> None:
    [first] = bind("127.0.0.1", 0)
    port = first.getsockname()[1]

    with first, pytest.raises(OSError, match="cannot be bound"):
        bind("127.0.0.1", port)
