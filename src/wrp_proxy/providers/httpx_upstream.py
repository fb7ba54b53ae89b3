"""The reference client, on httpx: HTTP/2, proxies, and whatever the lean client does not know."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from wrp_proxy.errors import DisconnectedError, UpstreamTimeoutError
from wrp_proxy.providers.http1.client import make_tls_context
from wrp_proxy.providers.httpx_exchange import HttpxExchange
from wrp_proxy.providers.proxy_variables import ProxyVariables
from wrp_proxy.providers.slots import Slots
from wrp_proxy.providers.upstream import Call

if TYPE_CHECKING:
    import httpx

_DRAIN_S = 1.0
_MAX_IDLE = 10
_MAX_IDLE_S = 55.0
"""Load balancers commonly close after 60 s."""


class HttpxUpstream:
    """Gives every call a transport of its own, for as long as it lasts.

    So calls never share a connection at one time, and leaving an answer closes its connection:
    httpcore cannot end one of several HTTP/2 streams, and the upstream would go on unheard.
    Over HTTP/1.1 a connection serves one call only, because httpcore would read what a server
    sends unasked as the answer to the next one. httpx is imported on first use.
    """

    def __init__(
        self,
        *,
        connect_timeout_s: float,
        tls: ssl.SSLContext | None = None,
        max_connections: int = 1000,
        proxies: ProxyVariables | None = None,
    ) -> None:
        """Share `tls` with nobody: which protocols it offers is set here."""
        self._connect_timeout_s = connect_timeout_s
        self._tls = tls
        self._slots = Slots(max_connections)
        self._proxies = proxies or ProxyVariables({})
        self._idle: dict[str, list[httpx.AsyncHTTPTransport]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining: set[asyncio.Task[None]] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def open(self, call: Call) -> HttpxExchange:
        return HttpxExchange(self, call)

    async def close(self) -> None:
        """Close what is at rest, and wait for what is being closed; answers may still end."""
        self._is_closed = True
        idle = [transport for kept in self._idle.values() for transport in kept]
        self._idle.clear()
        for transport in idle:
            await transport.aclose()
        for task in list(self._draining):
            self.stop(task)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    # called by the exchange

    def start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def stop_soon(self, task: asyncio.Task[None]) -> None:
        """Give the unimportant rest of an answer a moment to end by itself."""
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)
        asyncio.get_running_loop().call_later(_DRAIN_S, self.stop, task)

    def stop(self, task: asyncio.Task[None]) -> None:
        """End the task in its own time; only once, for it has a connection to close."""
        if not task.done() and task not in self._leaving:
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
            task.cancel()

    @asynccontextmanager
    async def transport(self, url: str) -> AsyncIterator["httpx.AsyncHTTPTransport"]:
        """Lend a transport; after a failure it is closed, with all its connections."""
        await self._take_slot()
        try:
            origin = "/".join(url.split("/", 3)[:3])
            idle = self._idle[origin]
            transport = idle.pop() if idle else self._make(url)
            try:
                yield transport
            except BaseException:
                await transport.aclose()
                raise
            if self._is_closed or len(idle) >= _MAX_IDLE:
                await transport.aclose()
            else:
                idle.append(transport)
        finally:
            self._slots.give_back()

    @property
    def time_limits(self) -> dict[str, float]:
        """Limit what leads to the connection; how long an answer may take is others' affair."""
        return {"connect": self._connect_timeout_s, "pool": self._connect_timeout_s}

    async def _take_slot(self) -> None:
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                await self._slots.take()
        except TimeoutError as error:
            raise UpstreamTimeoutError("The upstream did not accept a connection.") from error

    def _make(self, url: str) -> "httpx.AsyncHTTPTransport":
        import httpx

        if self._tls is None:
            self._tls = make_tls_context()
        try:
            return httpx.AsyncHTTPTransport(
                verify=self._tls,
                http2=True,
                proxy=self._proxy(url),
                limits=httpx.Limits(max_connections=1, keepalive_expiry=_MAX_IDLE_S),
                trust_env=False,
            )
        except (ImportError, ValueError) as error:
            raise DisconnectedError(
                "The proxy of the environment cannot be used; SOCKS needs the package socksio."
            ) from error

    def _proxy(self, url: str) -> "httpx.Proxy | None":
        import httpx

        address = self._proxies.proxy_for(url)
        if address is None:
            return None
        is_encrypted = address.startswith("https:")
        return httpx.Proxy(address, ssl_context=make_tls_context() if is_encrypted else None)
