"""A real Redis, with what may happen to one."""

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

import pytest
from redis import Redis

COMMAND = shutil.which("redis-server")

needs_redis = pytest.mark.skipif(COMMAND is None, reason="redis-server is not installed")


class RedisServer:
    """One redis-server on a port of its own; what it was told survives `kill`, in its folder."""

    def __init__(
        self,
        folder: Path,
        *,
        password: str = "",
        cluster: bool = False,
        options: Sequence[str] = (),
    ) -> None:
        """Take a folder for its data; as a cluster it is the only node, with all slots."""
        self.port = _free_port()
        self.password = password
        self._folder = folder
        self._cluster = cluster
        self._options = list(options)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return self.url_with(self.password)

    def url_with(self, password: str, database: int = 0) -> str:
        user = f":{password}@" if password else ""
        return f"redis://{user}127.0.0.1:{self.port}/{database}"

    @contextmanager
    def client(self) -> Iterator["Redis"]:
        """A plain client, to look and to meddle."""
        client = Redis.from_url(self.url, socket_timeout=10)
        try:
            yield client
        finally:
            client.close()

    def start(self) -> None:
        """Start it with what is in its folder, and wait until it answers."""
        assert COMMAND is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        arguments += ["--save", "", "--appendonly", "yes", "--appendfsync", "no"]
        if self.password:
            arguments += ["--requirepass", self.password]
        if self._cluster:
            arguments += ["--cluster-enabled", "yes", "--cluster-port", str(_free_port())]
        self._process = subprocess.Popen(
            [COMMAND, *arguments, *self._options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until(self._is_ready)
            if self._cluster:
                self._say(b"CLUSTER ADDSLOTSRANGE 0 16383")
                _wait_until(lambda: b"cluster_state:ok" in self._say(b"CLUSTER INFO"))
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End it with SIGKILL, also where it is paused."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def wipe(self) -> None:
        """Lose all data, once it is stopped."""
        shutil.rmtree(self._folder)

    def pause(self) -> None:
        """Let it accept connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _is_ready(self) -> bool:
        answer = self._say(b"PING")
        return bool(answer) and not answer.startswith(b"-LOADING")

    def _say(self, command: bytes) -> bytes:
        """Return the beginning of the answer to a command; empty where there is none yet."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(command + b"\r\n")
                return connection.recv(4096)
        except OSError:
            return b""


def _wait_until(look: Callable[[], bool]) -> None:
    deadline = monotonic() + 20
    pause = threading.Event()
    while not look():
        assert monotonic() < deadline, "redis-server does not answer"
        pause.wait(0.01)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port
