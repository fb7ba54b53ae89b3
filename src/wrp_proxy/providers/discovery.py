"""Asks servers which models they have; never on the request path."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

import msgspec
import structlog

from wrp_proxy.errors import UpstreamError
from wrp_proxy.providers.upstream import Call, Upstream

_EVERY_S = 300.0
_RETRY_S = 10.0
_TIMEOUT_S = 5.0
_MAX_BYTES = 16 * 1024 * 1024


def is_listening(host: str, port: int, timeout_s: float = 0.2) -> bool:
    """Probe a port once, at start."""
    with closing(socket.socket()) as probe:
        probe.settimeout(timeout_s)
        return probe.connect_ex((host, port)) == 0


class Discovery:
    """Keeps the models of some providers up to date in the background."""

    def __init__(
        self,
        listings: Mapping[str, Call],
        upstream: Upstream,
        found: Callable[[str, Sequence[str]], None],
    ) -> None:
        """`listings` are the calls that ask, by provider; `found` takes the upstream names."""
        self._listings = listings
        self._upstream = upstream
        self._found = found
        self._waiting = set(listings)
        self._log = structlog.get_logger("wrp_proxy.discovery")

    @property
    def is_waiting(self) -> bool:
        """Some server has not been asked yet."""
        return bool(self._waiting)

    async def run(self) -> None:
        """Ask until cancelled."""
        await asyncio.gather(*(self._follow(provider) for provider in self._listings))

    async def _follow(self, provider: str) -> None:
        while True:
            is_found = await self._ask(provider)
            self._waiting.discard(provider)
            await asyncio.sleep(_EVERY_S if is_found else _RETRY_S)

    async def _ask(self, provider: str) -> bool:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                names = _names_in(await self._read(self._listings[provider]))
        except (UpstreamError, TimeoutError, ValueError, RecursionError) as error:
            self._log.warning("models not listed", provider=provider, reason=str(error))
            return False
        self._found(provider, names)
        return True

    async def _read(self, call: Call) -> object:
        body = b""
        async with self._upstream.open(call) as exchange:
            if not 200 <= exchange.status < 300:
                raise ValueError(f"status {exchange.status}")
            async for piece in exchange:
                body += piece
                if len(body) > _MAX_BYTES:
                    raise ValueError("the list is too long")
        return msgspec.json.decode(body)


def _names_in(answer: object) -> list[str]:
    """Take what is a name from a list of models; raise ValueError where there is no list."""
    listed = answer.get("data") if isinstance(answer, dict) else None
    rows = listed if isinstance(listed, list) else ()
    found = [row.get("id") for row in rows if isinstance(row, dict)]
    texts = [name.removeprefix("models/") for name in found if isinstance(name, str)]
    names = [name for name in texts if name and name.isprintable()]
    if not names and listed != []:
        raise ValueError("no list of models")
    return names
