"""`wrp-proxy check`: is the configuration right?"""

from pathlib import Path

from tests.cli.conftest import CONFIG, Run, written
from wrp_proxy.routers.registry import ROUTERS

WRONG = {
    **CONFIG,
    "server": {"prot": 8080},
    "routes": {"thrifty": {"models": ["larg"], "strategy": "cheepest"}},
}


def test_a_valid_file_is_ok_with_what_is_in_it(run: Run, config: str) -> None:
    result = run("check", "--config", config)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "ok: 1 providers, 2 models, 2 routes\n"


def test_the_environment_alone_is_checked_too(run: Run) -> None:
    result = run("check", OPENAI_API_KEY="key-never-shown")

    assert (result.exit_code, result.stdout) == (0, "ok: 1 providers, 3 models, 1 routes\n")


def test_all_problems_stand_on_standard_error_with_their_remedies(run: Run, tmp_path: Path) -> None:
    result = run("check", "--config", written(tmp_path / "wrong.yaml", WRONG))

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "3 problems in the configuration:",
        "  routes.thrifty.models[0]: there is no model 'larg'",
        "    -> did you mean 'large'? there are: large, small",
        "  routes.thrifty.strategy.name: there is no strategy 'cheepest'",
        f"    -> did you mean 'cheapest'? there are: {', '.join(ROUTERS)}",
        "  server.prot: is not a known key",
        "    -> did you mean 'port'? known here: "
        "host, port, api_keys, max_body_bytes, cors_origins",
    ]


def test_one_problem_is_no_plural(run: Run, tmp_path: Path) -> None:
    result = run("check", "--config", str(tmp_path / "missing.yaml"))

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "1 problem in the configuration:",
        f"  {tmp_path}/missing.yaml: cannot be read: No such file or directory",
        "    -> give a readable YAML file",
    ]


def test_a_warning_is_no_problem_but_is_said(run: Run) -> None:
    result = run("check", OPENAI_API_KEY="k", GROQ_API_KEY="")

    assert result.exit_code == 0
    assert "set but empty" in result.stderr
    assert "GROQ_API_KEY" in result.stderr


def test_no_key_is_shown_whatever_is_wrong(run: Run, tmp_path: Path) -> None:
    config = {**WRONG, "providers": {**CONFIG["providers"], "lap": ["openai"]}}

    result = run("check", "--config", written(tmp_path / "wrong.yaml", config))

    assert result.exit_code == 1
    assert "never-shown" not in result.output


def test_it_checks_what_serve_would_run_with_the_same_keys(run: Run, tmp_path: Path) -> None:
    config = written(tmp_path / "open.yaml", {**CONFIG, "server": {"host": "192.0.2.7"}})

    result = run("check", "--config", config, WRP_API_KEYS="a-key")

    assert (result.exit_code, result.stderr) == (0, "")


def test_it_checks_what_serve_would_run_with_the_same_leave(run: Run, tmp_path: Path) -> None:
    config = written(tmp_path / "open.yaml", {**CONFIG, "server": {"host": "192.0.2.7"}})

    result = run("check", "--config", config, WRP_ALLOW_ANONYMOUS="1")

    assert (result.exit_code, result.stderr) == (0, "")


def test_it_checks_what_serve_would_run_on_the_same_address(run: Run, config: str) -> None:
    result = run("check", "--config", config, WRP_HOST="192.0.2.7", WRP_PORT="70000")

    assert result.exit_code == 1
    assert "server.host" in result.stderr
    assert "70000 is not accepted" in result.stderr


def test_a_file_with_an_open_door_is_refused(run: Run, tmp_path: Path) -> None:
    config = written(tmp_path / "open.yaml", {**CONFIG, "server": {"host": "192.0.2.7"}})

    result = run("check", "--config", config)

    assert result.exit_code == 1
    assert "server.host: '192.0.2.7' can be reached from outside" in result.stderr
    assert "--allow-anonymous" in result.stderr
