"""The command line, in an environment that says nothing unless a test does."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import structlog
import yaml
from typer.testing import CliRunner, Result

from wrp_proxy.cli import app
from wrp_proxy.providers.vendors import VENDORS

CONFIG: Mapping[str, Any] = {
    "providers": {
        "lab": {
            "type": "openai",
            "base_url": "http://127.0.0.1:9100/v1",
            "api_key": "${LAB_KEY:-lab-key-never-shown}",
        }
    },
    "models": {
        "large": {
            "endpoints": [{"provider": "lab", "model": "mock-large"}],
            "context_window": 32768,
            "price": {"input": 2.0, "output": 8.0},
        },
        "small": {
            "endpoints": [{"provider": "lab", "model": "mock-small"}],
            "context_window": 8192,
            "price": {"input": 0.1, "output": 0.4},
        },
    },
    "routes": {
        "auto": {"strategy": "fixed_order"},
        "thrifty": {"models": ["large", "small"], "strategy": "cheapest"},
    },
}


class Run(Protocol):
    """Runs the command line in this process; variables are set for this run only."""

    def __call__(self, *arguments: str, **variables: str) -> Result: ...


@pytest.fixture(autouse=True)
def no_lasting_logs() -> Iterator[None]:
    """Forget where commands logged: that is closed when they have ended."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    known = tuple(f"{name.upper()}_" for name in (*VENDORS, "wrp", "lab"))
    for name in [name for name in os.environ if name.startswith(known)]:
        monkeypatch.delenv(name)
    bare = {"HOME": str(tmp_path), "XDG_STATE_HOME": "", "WRP_FIND_OLLAMA": "0"}
    plain = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}

    def run_with(*arguments: str, **variables: str) -> Result:
        return CliRunner().invoke(app, arguments, env={**bare, **plain, **variables})

    return run_with


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Return the path of a valid file."""
    return written(tmp_path / "config.yaml", CONFIG)


def written(file: Path, content: Mapping[str, Any]) -> str:
    file.write_text(yaml.safe_dump(dict(content), sort_keys=False))
    return str(file)
