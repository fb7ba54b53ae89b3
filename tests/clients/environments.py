"""Where the clients are installed, and how a program of theirs is run."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2] / ".venv-clients"
PROGRAMS = Path(__file__).parent / "programs"
NODE_BIN = ROOT / "node" / "bin"
_AT_HOME = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "NO_PROXY": "127.0.0.1",
}
"""What keeps clients from asking anybody but the proxy."""
_DEVELOPMENT = "dev"
"""The environment that runs these tests; it has openai 3."""


def command(environment: str) -> list[str]:
    """Return what runs a program in an environment."""
    if environment == _DEVELOPMENT:
        return [sys.executable]
    if not (ROOT / environment / "installed").exists():
        if os.environ.get("WRP_SKIP_CLIENTS") == "1":
            pytest.skip(f"the clients of '{environment}' are not installed")
        pytest.fail(f"the clients of '{environment}' are missing: run scripts/install-clients")
    if environment == "node":
        return [str(NODE_BIN / "node")]
    return [str(ROOT / environment / "bin" / "python")]


def run(
    arguments: Sequence[str],
    folder: Path,
    *,
    variables: Mapping[str, str] | None = None,
    timeout_s: float = 100,
) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing of this process's environment, at home in `folder`."""
    return subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        env={
            "PATH": os.pathsep.join([str(NODE_BIN), os.defpath]),
            "HOME": str(folder),
            **_AT_HOME,
            **(variables or {}),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )


def report(
    environment: str, program: Sequence[str], folder: Path, *, url: str, key: str
) -> dict[str, Any]:
    """Run a program of checks, given with its arguments, and return what it printed."""
    starter = command(environment)
    settle(environment, folder)
    name, *arguments = program
    ended = run(
        [*starter, str(folder / name), *arguments],
        folder,
        variables={"WRP_URL": url, "WRP_KEY": key},
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout.splitlines()[-1])
    assert isinstance(said, dict)
    return said


def settle(environment: str, folder: Path) -> None:
    """Make a folder from which programs find their libraries."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in PROGRAMS.glob("*.*"):
        (folder / file.name).write_bytes(file.read_bytes())
    if environment == "node":
        (folder / "node_modules").symlink_to(ROOT / "node" / "node_modules")
