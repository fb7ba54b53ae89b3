"""The proxies under test: how each is configured, started and known to be ready."""

import os
import shlex
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from children import ChildError, child, wait_until_ready

WRP_PROXY_CONFIG = """\
providers: {{lab: {{type: openai, base_url: "http://127.0.0.1:{port}/v1", api_key: "bench"}}}}
models:
  mock:
    endpoints: [{{provider: lab, model: mock}}]
    context_window: 128000
    price: {{input: 0.1, output: 0.4}}
"""
LITELLM_CONFIG = """\
model_list:
  - model_name: mock
    litellm_params:
      {{model: openai/mock, api_base: "http://127.0.0.1:{port}/v1", api_key: "bench"}}
litellm_settings: {{telemetry: false}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that answers POST /v1/chat/completions."""

    name: str
    port: int
    pid: int
    path: str = "/v1/chat/completions"
    rate: float
    """Requests per second when latency is measured."""
    ready_s: float | None = None
    """Seconds from process start to the first healthy answer; None if it was running before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that the benchmark starts itself."""

    name: str
    command: tuple[str, ...]
    arguments: str
    config: str
    health_path: str
    rate: float

    def is_installed(self) -> bool:
        """Tell whether the command is there to be started."""
        return shutil.which(self.command[0]) is not None

    @contextmanager
    def running(self, upstream_port: int, cores: frozenset[int], folder: Path) -> Iterator[Target]:
        """Run the proxy in front of the upstream for as long as the block takes."""
        config, log, port = folder / "config.yaml", folder / "log", free_port()
        config.write_text(self.config.format(port=upstream_port))
        words = self.arguments.split()
        filled = [word.format(config=config, port=port, state=folder / "state") for word in words]
        with child((*self.command, *filled), log, _environment(folder), cores) as process:
            try:
                ready_s = wait_until_ready(process, port, self.health_path, log, limit_s=120)
            except ChildError as error:
                raise ChildError(f"{self.name} {error}") from error
            yield Target(
                name=self.name, port=port, pid=process.pid, rate=self.rate, ready_s=ready_s
            )


def wrp_proxy(command: str, rate: float) -> Proxy:
    """Return wrp-proxy, by default the console script beside this interpreter."""
    return Proxy(
        name="wrp-proxy",
        command=_command(command, Path(sys.executable).with_name("wrp-proxy")),
        arguments="serve --config {config} --host 127.0.0.1 --port {port} --state-dir {state}",
        config=WRP_PROXY_CONFIG,
        health_path="/health/ready",
        rate=rate,
    )


def litellm(command: str, rate: float) -> Proxy:
    """Return LiteLLM's proxy, by default as `scripts/install-litellm` leaves it."""
    root = Path(__file__).resolve().parent.parent
    return Proxy(
        name="litellm",
        command=_command(command, root / ".venv-litellm/bin/litellm"),
        arguments="--config {config} --host 127.0.0.1 --port {port} --num_workers 1"
        " --telemetry False",
        config=LITELLM_CONFIG,
        health_path="/health/readiness",
        rate=rate,
    )


def running_target(text: str, rate: float) -> Target:
    """Return the target that NAME=URL,PID describes; the URL is of this machine."""
    name, _, rest = text.partition("=")
    address, _, pid = rest.rpartition(",")
    url = urlsplit(address)
    if not name or url.hostname != "127.0.0.1" or url.port is None or not pid.isdecimal():
        raise ValueError(f"{text!r} is not like NAME=http://127.0.0.1:PORT,PID")
    if not psutil.pid_exists(int(pid)):
        raise ValueError(f"{name} has no process {pid}")
    return Target(name=name, port=url.port, pid=int(pid), rate=rate)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _command(given: str, default: Path) -> tuple[str, ...]:
    return tuple(shlex.split(given)) if given else (str(default),)


def _environment(folder: Path) -> dict[str, str]:
    """Keep a developer's keys, proxies and settings out of what is measured."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {"HOME": str(folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
