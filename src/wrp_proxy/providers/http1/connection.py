"""One socket and its parser."""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.http1.exchange import Http1Exchange

_DRAIN_S = 1.0
"""How long the unimportant rest of an answer may take before the connection is given up."""

_MAX_IDLE_S = {"http": 4.0, "https": 55.0}
"""Model servers on plain HTTP commonly close after 5 s, the load balancers of vendors after 60."""

Origin = tuple[str, str, int]
"""Scheme, host, port."""


class Connection(asyncio.Protocol):
    """One socket; carries one exchange at a time."""

    def __init__(
        self,
        origin: Origin,
        loop: asyncio.AbstractEventLoop,
        keep: Callable[["Connection"], None],
        forget: Callable[["Connection"], None],
    ) -> None:
        self.origin = origin
        self.exchange: Http1Exchange | None = None
        self.loop = loop
        self._on_kept = keep
        self._on_lost = forget
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._idle_until = 0.0
        self._drain_timer: asyncio.TimerHandle | None = None

    def is_usable(self) -> bool:
        transport = self._transport
        is_open = transport is not None and not transport.is_closing()
        return is_open and self.loop.time() < self._idle_until

    def send(self, exchange: Http1Exchange, data: bytes) -> None:
        self.exchange = exchange
        if self._transport is None:
            exchange.fail(DisconnectedError("The upstream closed the connection."))
        else:
            self._transport.write(data)

    def release(self) -> None:
        """Give the connection back after a complete answer, or close it after any other."""
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        if exchange.is_complete:
            self._keep(exchange)
        elif exchange.is_drained:
            self.exchange = exchange
            self._drain_timer = self.loop.call_later(_DRAIN_S, self.close)
            self.resume()
        else:
            self.close()

    def close(self) -> None:
        self._cancel_drain()
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def _keep(self, exchange: Http1Exchange) -> None:
        if exchange.is_paused:
            self.resume()
        self._idle_until = self.loop.time() + exchange.keep_alive_s(_MAX_IDLE_S[self.origin[0]])
        self._on_kept(self)

    def _cancel_drain(self) -> None:
        if self._drain_timer is not None:
            self._drain_timer.cancel()
            self._drain_timer = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        if self.exchange is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
            if self.exchange is not None:
                self.exchange.count_head(len(data))
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, ValueError):
            if self.exchange is not None:
                self.exchange.fail(DisconnectedError("The upstream sent a malformed answer."))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._cancel_drain()
        self._on_lost(self)
        if self.exchange is not None:
            self.exchange.end_of_stream(is_clean=exc is None)

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self.exchange is None or self.exchange.is_complete:
            self.close()  # more than was asked for: it must never answer the next call

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.exchange is not None:
            self.exchange.add_header(name.lower(), value)

    def on_headers_complete(self) -> None:
        if self.exchange is not None:
            self.exchange.start(
                self._parser.get_status_code(), keep_alive=self._parser.should_keep_alive()
            )

    def on_body(self, body: bytes) -> None:
        if self.exchange is not None:
            self.exchange.add(body)

    def on_message_complete(self) -> None:
        exchange = self.exchange
        if exchange is None:
            return
        exchange.complete()
        if self._drain_timer is not None and exchange.is_complete:
            self._cancel_drain()
            self.exchange = None
            self._keep(exchange)
