"""Asks servers which models they have; never on the request path."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    import httpx

_EVERY_S = 300.0
_RETRY_S = 10.0
_TIMEOUT_S = 5.0


def is_listening(host: str, port: int, timeout_s: float = 0.2) -> bool:
    """Probe a port once, at start."""
    with closing(socket.socket()) as probe:
        probe.settimeout(timeout_s)
        return probe.connect_ex((host, port)) == 0


class Discovery:
    """Keeps the models of some providers up to date in the background."""

    def __init__(
        self,
        servers: Mapping[str, tuple[str, str | None]],
        found: Callable[[str, Sequence[str]], None],
    ) -> None:
        """`servers` maps provider names to (base URL, key); `found` takes the upstream names."""
        self._servers = servers
        self._found = found
        self._waiting = set(servers)
        self._log = structlog.get_logger("wrp_proxy.discovery")

    @property
    def is_waiting(self) -> bool:
        """Some server has not been asked yet."""
        return bool(self._waiting)

    async def run(self) -> None:
        """Ask until cancelled."""
        if not self._servers:
            return
        import httpx

        async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
            await asyncio.gather(*(self._follow(client, name) for name in self._servers))

    async def _follow(self, client: "httpx.AsyncClient", provider: str) -> None:
        while True:
            is_found = await self._ask(client, provider)
            self._waiting.discard(provider)
            await asyncio.sleep(_EVERY_S if is_found else _RETRY_S)

    async def _ask(self, client: "httpx.AsyncClient", provider: str) -> bool:
        base_url, key = self._servers[provider]
        headers = {"authorization": f"Bearer {key}"} if key else {}
        import httpx

        try:
            response = await client.get(f"{base_url.rstrip('/')}/models", headers=headers)
            response.raise_for_status()
            names = _names_in(response.json())
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            self._log.warning("models not listed", provider=provider, reason=type(error).__name__)
            return False
        self._found(provider, names)
        return True


def _names_in(answer: object) -> list[str]:
    """Take what is a name from a list of models; raise ValueError where there is no list."""
    listed = answer.get("data") if isinstance(answer, dict) else None
    rows = listed if isinstance(listed, list) else ()
    found = [row.get("id") for row in rows if isinstance(row, dict)]
    names = [name for name in found if isinstance(name, str) and name and name.isprintable()]
    if not names and listed != []:
        raise ValueError("no list of models")
    return names
