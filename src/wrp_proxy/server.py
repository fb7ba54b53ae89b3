"""Runs the app under uvicorn."""

import errno
import signal
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from wrp_proxy.app import build_app
from wrp_proxy.settings import Settings

_BACKLOG = 2048
_KEEP_ALIVE_S = 75
_GRACE_S = 20
"""How long running answers may take to end when the proxy is told to stop."""


def run(settings: Settings, state_dir: Path) -> None:
    """Serve until told to stop; raise OSError where the address cannot be had."""
    server = settings.server
    with ExitStack() as stack:
        listening = [stack.enter_context(one) for one in bind(server.host, server.port)]
        config = uvicorn.Config(
            build_app(settings, state_dir),
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
        host, port = listening[0].getsockname()[:2]
        structlog.get_logger("wrp_proxy").info(
            "serving",
            url=f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1",
            models=list(settings.models),
            keys=len(server.api_keys),
            journal=str(state_dir / "journal.sqlite3"),
        )
        for stop in (signal.SIGINT, signal.SIGTERM):
            # uvicorn stops at these signals, and raises them again when it has stopped.
            signal.signal(stop, lambda number, frame: None)
        uvicorn.Server(config).run(sockets=listening)


def bind(host: str, port: int) -> list[socket.socket]:
    """Take all addresses of a host before anything else is set up; port 0 takes a free one.

    An address that this machine has not, such as that of IPv6, is left out if another is there.
    """
    taken: list[socket.socket] = []
    failure: OSError | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        found, failure = [], error
    for family, _, _, _, address in found if port else found[:1]:
        try:
            taken.append(_listen(family, address, v6_only=len(found) > 1))
        except OSError as error:
            failure = error
    if failure is not None and (not taken or failure.errno == errno.EADDRINUSE):
        for one in taken:
            one.close()
        raise OSError(f"{host}:{port} cannot be bound: {failure.strerror}") from failure
    return taken


def _listen(family: int, address: Any, *, v6_only: bool) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6_only)
        one.bind(address)
        one.listen(_BACKLOG)
    except OSError:
        one.close()
        raise
    return one
