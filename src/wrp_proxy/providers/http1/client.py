"""The lean client: one pool of connections per origin."""

import ssl
from collections.abc import Callable
from urllib.parse import SplitResult

from wrp_proxy.providers.http1.exchange import Http1Exchange
from wrp_proxy.providers.http1.pool import OriginPool
from wrp_proxy.providers.http1.request import Origin, origin_of
from wrp_proxy.providers.upstream import Call


class Http1Upstream:
    """Sends a call once, but for a GET on a kept connection that turns out to be dead."""

    def __init__(
        self,
        *,
        connect_timeout_s: float,
        tls: ssl.SSLContext | None = None,
        max_connections: int = 1000,
        not_understood: Callable[[Origin], None] = lambda _: None,
    ) -> None:
        """Take `max_connections` as per origin; calls beyond them wait in line.

        `tls` is made on first use where it is not given; that takes some 20 ms.
        `not_understood` is told whose answers are beyond this client.
        """
        self._connect_timeout_s = connect_timeout_s
        self._max_connections = max_connections
        self._not_understood = not_understood
        self._tls = tls
        self._pools: dict[tuple[str, str], OriginPool] = {}
        self._is_closed = False

    def open(self, call: Call) -> Http1Exchange:
        return Http1Exchange(self._pool, call)

    async def close(self) -> None:
        self._is_closed = True
        for pool in self._pools.values():
            pool.close()

    def _pool(self, url: SplitResult) -> OriginPool:
        pool = self._pools.get((url.scheme, url.netloc))
        if pool is None:
            pool = self._pools[url.scheme, url.netloc] = OriginPool(
                origin_of(url),
                max_connections=self._max_connections,
                connect_timeout_s=self._connect_timeout_s,
                tls=self._tls_context,
                not_understood=self._not_understood,
            )
            if self._is_closed:
                pool.close()
        return pool

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
