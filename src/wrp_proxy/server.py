"""Runs the app under uvicorn."""

import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import structlog
import uvicorn

from wrp_proxy.app import build_app
from wrp_proxy.settings import Settings

_KEEP_ALIVE_S = 75
_GRACE_S = 30
"""How long running answers may take to end when the proxy is told to stop."""


def run(settings: Settings, state_dir: Path) -> None:
    """Serve until told to stop; raise OSError where the address cannot be had."""
    server = settings.server
    with bind(server.host, server.port) as listening:
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
        host, port = listening.getsockname()[:2]
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
        uvicorn.Server(config).run(sockets=[listening])


def bind(host: str, port: int) -> socket.socket:
    """Take an address before anything else is set up; port 0 takes a free one."""
    with ExitStack() as on_failure:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listening = on_failure.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        except OSError as error:
            raise OSError(f"{host}:{port} cannot be bound: {error.strerror}") from error
        on_failure.pop_all()
    return listening
