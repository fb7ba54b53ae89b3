"""The pool of kept-alive connections, per origin."""

import asyncio
import ssl
from collections import defaultdict
from urllib.parse import SplitResult

from wrp_proxy.errors import DisconnectedError, UpstreamTimeoutError
from wrp_proxy.providers.http1.connection import Connection, Origin
from wrp_proxy.providers.http1.exchange import Http1Exchange
from wrp_proxy.providers.upstream import Call


class Http1Upstream:
    """Pools connections per origin, last in, first out.

    A call is never sent twice: a kept-alive connection that the server has closed is dropped
    when it is taken, and one that breaks later fails its attempt.
    """

    def __init__(self, *, connect_timeout_s: float, tls: ssl.SSLContext | None = None) -> None:
        """`tls` is made on first use where it is not given; that takes some 20 ms."""
        self._connect_timeout_s = connect_timeout_s
        self._idle: dict[Origin, dict[Connection, None]] = defaultdict(dict)
        self._tls = tls
        self._is_closed = False

    def open(self, call: Call) -> Http1Exchange:
        return Http1Exchange(self._acquire, call)

    async def close(self) -> None:
        self._is_closed = True
        for connection in [kept for idle in self._idle.values() for kept in idle]:
            connection.close()
        self._idle.clear()

    async def _acquire(self, url: SplitResult) -> Connection:
        port = url.port or (443 if url.scheme == "https" else 80)
        origin = (url.scheme, url.hostname or "", port)
        idle = self._idle[origin]
        while idle:
            connection, _ = idle.popitem()
            if connection.is_usable():
                return connection
            connection.close()
        return await self._connect(origin)

    def _keep(self, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end; let go of one kept too long."""
        if self._is_closed or not connection.is_usable():
            connection.close()
            return
        idle = self._idle[connection.origin]
        idle[connection] = None
        oldest = next(iter(idle))
        if not oldest.is_usable():
            del idle[oldest]
            oldest.close()

    def _forget(self, connection: Connection) -> None:
        self._idle[connection.origin].pop(connection, None)

    async def _connect(self, origin: Origin) -> Connection:
        scheme, host, port = origin
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(origin, loop, self._keep, self._forget),
                    host,
                    port,
                    ssl=self._tls_context() if scheme == "https" else None,
                )
        except TimeoutError as error:
            raise UpstreamTimeoutError("The upstream did not accept a connection.") from error
        except (OSError, ValueError) as error:
            raise DisconnectedError("The upstream could not be reached.") from error
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = make_tls_context()
        return self._tls


def make_tls_context() -> ssl.SSLContext:
    """Verify against the system's certificates, or certifi's where the system has none."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not context.get_ca_certs():
        import certifi

        context.load_verify_locations(certifi.where())
    return context
