"""Loads a configuration as the command line would, and shows what is said against it."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.settings import Settings, load_settings
from wrp_proxy.settings.load import Options

Config = Mapping[str, Any] | str | bytes | None
"""The content of a file: YAML as text, or what YAML would say; None: no file."""

UPSTREAM_KEY = "upstream-key-never-shown"
CLIENT_KEY = "client-key-never-shown"

VALID: Mapping[str, Any] = {
    "providers": {
        "lab": {"type": "openai", "base_url": "http://127.0.0.1:9100/v1", "api_key": UPSTREAM_KEY}
    },
    "models": {
        "small": {
            "endpoints": [{"provider": "lab", "model": "mock-small"}],
            "context_window": 8192,
            "price": {"input": 0.1, "output": 0.4},
            "quality": {"default": 0.55, "math": 0.3},
            "capabilities": ["tools"],
        },
        "large": {"endpoints": [{"provider": "lab", "model": "mock-large"}]},
    },
    "routes": {"auto": {"models": ["small", "large"], "strategy": {"name": "weighted"}}},
    "server": {"port": 8080, "api_keys": [{"key": CLIENT_KEY, "name": "team"}]},
    "resilience": {"max_attempts": 3},
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Everything that was said against a configuration."""

    problems: tuple[Problem, ...]

    @property
    def paths(self) -> list[str]:
        return [problem.path for problem in self.problems]

    @property
    def text(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    def at(self, path: str) -> Problem:
        """Return the one problem at this path."""
        found = [problem for problem in self.problems if problem.path == path]
        assert len(found) == 1, f"{len(found)} problems at {path} in:\n{self.text}"
        return found[0]


def load(
    config: Config = None, environment: Mapping[str, str] | None = None, **options: Any
) -> Settings:
    """Load, with `Options` by their names; no Ollama is looked for unless asked."""
    options = {"find_ollama": False, **options}
    if config is None:
        return load_settings(Options(**options), environment or {})
    with TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_bytes(_as_bytes(config))
        return load_settings(Options(config=file, **options), environment or {})


def refused(
    config: Config = None, environment: Mapping[str, str] | None = None, **options: Any
) -> Refusal:
    """Return what is said against a configuration that must not load."""
    with pytest.raises(ConfigError) as caught:
        load(config, environment, **options)
    return Refusal(caught.value.problems)


def changed(path: str, value: object) -> dict[str, Any]:
    """Return VALID with another value at a path such as `models.small.endpoints[0].weight`."""
    config = deepcopy(dict(VALID))
    *parents, last = [
        int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", path)
    ]
    section: Any = config
    for part in parents:
        section = section[part] if isinstance(part, int) else section.setdefault(part, {})
    section[last] = value
    return config


def without(path: str) -> dict[str, Any]:
    """Return VALID without the key at a path."""
    parent, _, last = path.rpartition(".")
    config = changed(path, None)
    section: Any = config
    for part in parent.split("."):
        section = section[part]
    del section[last]
    return config


def _as_bytes(config: Mapping[str, Any] | str | bytes) -> bytes:
    if isinstance(config, bytes):
        return config
    if isinstance(config, str):
        return config.encode()
    return yaml.safe_dump(dict(config), sort_keys=False).encode()
