"""The connections to one origin: those in use are counted, those at rest are kept."""

import asyncio
import ssl
from collections.abc import Callable

from wrp_proxy.errors import DisconnectedError, UpstreamTimeoutError
from wrp_proxy.providers.http1.connect import connect
from wrp_proxy.providers.http1.connection import Connection
from wrp_proxy.providers.http1.request import Origin
from wrp_proxy.providers.slots import Slots

_MAX_IDLE = 100


class OriginPool:
    """Last in, first out. Whoever takes a connection holds a slot until it is given back."""

    def __init__(
        self,
        origin: Origin,
        *,
        max_connections: int,
        connect_timeout_s: float,
        tls: Callable[[], ssl.SSLContext],
        not_understood: Callable[[Origin], None],
    ) -> None:
        self.not_understood = not_understood
        self.origin = origin
        self._connect_timeout_s = connect_timeout_s
        self._tls = tls
        self._slots = Slots(max_connections)
        self._idle: dict[Connection, None] = {}
        self._draining: set[Connection] = set()
        self._is_closed = False

    def take(self) -> Connection | None:
        """Take a kept connection, unless there is none or others wait for one."""
        if not self._idle or not self._slots.try_take():
            return None
        connection = self._take_idle()
        if connection is None:
            self._slots.give_back()
        return connection

    async def open(self) -> Connection:
        """Make a connection, or wait in line until one is free."""
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                await self._slots.take()
                return await self._take_or_connect()
        except TimeoutError as error:
            raise UpstreamTimeoutError("The upstream did not accept a connection.") from error
        except (OSError, ValueError) as error:
            raise DisconnectedError("The upstream could not be reached.") from error

    def put_back(self, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end; let go of one kept too long."""
        self._draining.discard(connection)
        if self._is_closed or not connection.is_usable():
            connection.close()
            return
        connection.is_leased = False
        idle = self._idle
        idle[connection] = None
        oldest = next(iter(idle))
        if len(idle) > _MAX_IDLE or not oldest.is_usable():
            del idle[oldest]
            oldest.close()
        self._slots.give_back()

    def drains(self, connection: Connection) -> None:
        """Take note of a connection on which only the unimportant rest of an answer is to come."""
        self._draining.add(connection)

    def lost(self, connection: Connection) -> None:
        """Strike off a connection that is closed, by whomever."""
        self._idle.pop(connection, None)
        self._draining.discard(connection)
        if connection.is_leased:
            connection.is_leased = False
            self._slots.give_back()

    def close(self) -> None:
        self._is_closed = True
        for connection in [*self._idle, *self._draining]:
            connection.close()
        self._idle.clear()
        self._draining.clear()

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection, _ = self._idle.popitem()
            if connection.is_usable() and not connection.has_unasked():
                connection.is_leased = True
                return connection
            connection.close()
        return None

    async def _take_or_connect(self) -> Connection:
        """Use the slot that has been taken, or give it back."""
        try:
            connection = self._take_idle()
            if connection is None:
                scheme, host, port = self.origin
                tls = self._tls() if scheme == "https" else None
                connection = await connect(host, port, self._make, tls)
        except BaseException:
            self._slots.give_back()
            raise
        connection.is_leased = True
        return connection

    def _make(self) -> Connection:
        return Connection(self)
