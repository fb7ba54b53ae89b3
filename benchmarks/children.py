"""Child processes: started on chosen cores, logged, and ended with their process group."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

GRACE_S = 5


class ChildError(Exception):
    """A child did not start, did not answer, or did not do what it was asked."""


@contextmanager
def on_cores(cores: frozenset[int]) -> Iterator[None]:
    """Let the processes started meanwhile run on these cores only; none given means all."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def child(
    command: Sequence[str], log: Path, environment: Mapping[str, str], cores: frozenset[int]
) -> Iterator[subprocess.Popen[str]]:
    """Run a command that writes to a log file; end its group on the way out."""
    with log.open("w") as output, on_cores(cores):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            text=True,
            start_new_session=True,  # Ctrl-C reaches the benchmark alone, which then ends all
        )
    try:
        yield process
    finally:
        end_group(process)


def process_tree(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def end_group(process: subprocess.Popen[str]) -> None:
    """Ask a child's process group to end, then make what is left of it."""
    _signal_group(process, signal.SIGTERM)
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def get(port: int, path: str) -> tuple[int, bytes]:
    """Return the status and body of a GET on 127.0.0.1, whatever proxies are configured."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def wait_until_ready(
    process: subprocess.Popen[str], port: int, path: str, log: Path, limit_s: float
) -> float:
    """Return the seconds from now to the first 200."""
    started = time.perf_counter()
    while (waited_s := time.perf_counter() - started) < limit_s:
        if process.poll() is not None:
            raise ChildError(f"ended with exit code {process.returncode}:\n{_tail(log)}")
        if _is_ready(port, path):
            return time.perf_counter() - started
        time.sleep(0.005)
    raise ChildError(f"did not answer GET {path} with 200 in {waited_s:.0f} s:\n{_tail(log)}")


def _is_ready(port: int, path: str) -> bool:
    try:
        return get(port, path)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
