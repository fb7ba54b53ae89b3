"""Runs the app under uvicorn."""

from pathlib import Path

import structlog
import uvicorn

from wrp_proxy.app import build_app
from wrp_proxy.settings import Settings

_KEEP_ALIVE_S = 75
_GRACE_S = 30
"""How long running answers may take to end when the proxy is told to stop."""


def run(settings: Settings, state_dir: Path) -> None:
    """Serve until told to stop."""
    server = settings.server
    config = uvicorn.Config(
        build_app(settings, state_dir),
        host=server.host,
        port=server.port,
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
    structlog.get_logger("wrp_proxy").info(
        "serving",
        url=f"http://{server.host}:{server.port}/v1",
        models=list(settings.models),
        keys=len(server.api_keys),
        journal=str(state_dir / "journal.sqlite3"),
    )
    uvicorn.Server(config).run()
