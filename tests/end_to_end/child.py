"""The proxy as a process of its own, started as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml

from tests.proxy import Proxy, eventually, tls_context

_KEPT_VARIABLES = ("PATH", "LANG", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START")


@dataclass(slots=True)
class ChildProxy(Proxy):
    """A proxy that can be sent signals."""

    process: "subprocess.Popen[bytes]" = field(kw_only=True)
    log: Path = field(kw_only=True)

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def is_ready(self) -> bool:
        return httpx.get(f"{self.url}/health/ready", verify=tls_context()).status_code == 200


@contextmanager
def child_proxy(
    config: Mapping[str, Any] | None,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[ChildProxy]:
    """Serve on a port of the system's choice; without a configuration nothing is given at all."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "wrp_proxy", "serve", "--port", "0", "--log-level", "debug"]
    command += ["--state-dir", str(folder / "state")]
    if config is not None:
        file = folder / "config.yaml"
        file.write_text(yaml.safe_dump(dict(config)))
        command += ["--config", str(file)]
    log = folder / "log.txt"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=bare_environment(folder) | dict(environment or {}),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        port = eventually(lambda: _listening_port(process, log))
        url = f"http://127.0.0.1:{port}"
        child = ChildProxy(url, folder / "state", process=process, log=log)
        yield child
        for client in child.closers:
            client.close()
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def bare_environment(home: Path) -> dict[str, str]:
    """Nothing that configures a proxy, and a home of its own."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "HOME": str(home), "WRP_FIND_OLLAMA": "0"}


def _listening_port(process: "subprocess.Popen[bytes]", log: Path) -> int | None:
    assert process.poll() is None, log.read_text()
    for connection in psutil.Process(process.pid).net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN:
            return int(connection.laddr.port)
    return None
