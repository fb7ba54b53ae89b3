"""One socket and its parser."""

import asyncio
import select
from typing import TYPE_CHECKING, cast

import httptools

from wrp_proxy.errors import UpstreamError
from wrp_proxy.providers.http1.errors import NotUnderstoodError

if TYPE_CHECKING:
    from wrp_proxy.providers.http1.exchange import Http1Exchange
    from wrp_proxy.providers.http1.pool import OriginPool

_DRAIN_S = 1.0
"""How long the unimportant rest of an answer may take before the connection is given up."""

_MAX_IDLE_S = {"http": 4.0, "https": 55.0}
"""Model servers on plain HTTP commonly close after 5 s, the load balancers of vendors after 60."""


class Connection(asyncio.Protocol):
    """One socket; carries one exchange at a time."""

    def __init__(self, pool: "OriginPool") -> None:
        self.exchange: Http1Exchange | None = None
        self.loop = asyncio.get_running_loop()
        self.is_leased = False
        """Somebody uses it, and holds one of the pool's slots for that."""
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._readable: select.poll | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._idle_until = 0.0
        self._drain_timer: asyncio.TimerHandle | None = None

    def is_usable(self) -> bool:
        transport = self._transport
        is_open = transport is not None and not transport.is_closing()
        return is_open and self.loop.time() < self._idle_until

    def has_unasked(self) -> bool:
        """Look whether the server has said, or done, anything that the loop has yet to tell."""
        return self._readable is not None and bool(self._readable.poll(0))

    def send(self, exchange: "Http1Exchange", data: bytes) -> None:
        self.exchange = exchange
        if self._transport is None:
            exchange.end_of_stream(is_clean=False)
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
            self._pool.drains(self)
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

    def _keep(self, exchange: "Http1Exchange") -> None:
        if exchange.is_paused:
            self.resume()
        most_s = _MAX_IDLE_S[self._pool.origin[0]]
        self._idle_until = self.loop.time() + exchange.keep_alive_s(most_s)
        self._pool.put_back(self)

    def _cancel_drain(self) -> None:
        if self._drain_timer is not None:
            self._drain_timer.cancel()
            self._drain_timer = None

    def _fail(self, error: UpstreamError) -> None:
        """Fail the exchange, unless its answer is whole; no other one may come here."""
        exchange = self.exchange
        if exchange is not None and not exchange.is_complete:
            if isinstance(error, NotUnderstoodError):
                self._pool.not_understood(self._pool.origin)
            exchange.fail(error)
        self.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        if hasattr(select, "poll"):
            self._readable = select.poll()
            self._readable.register(transport.get_extra_info("socket"), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self.exchange is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
            if self.exchange is not None:
                self.exchange.count_head(len(data))
        except UpstreamError as error:
            self._fail(error)
        except httptools.HttpParserError as error:
            self._fail(_reason(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = self._readable = None
        self._cancel_drain()
        self._pool.lost(self)
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


def _reason(error: httptools.HttpParserError) -> UpstreamError:
    """Return what a callback raised; anything else is what the parser does not understand."""
    if isinstance(error.__context__, UpstreamError):
        return error.__context__
    return NotUnderstoodError("The upstream sent a malformed answer.")
