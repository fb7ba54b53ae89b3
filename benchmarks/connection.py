"""One kept-alive connection of the load generator."""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools


class BadReplyError(Exception):
    """A target refused, cut off or garbled a reply."""


class Connection(asyncio.Protocol):
    """Send one request at a time and tell the owner when its reply is complete."""

    def __init__(self, streamed: bool, failed: Callable[[Exception], None]) -> None:
        self.replied: Callable[[Connection], None] = _ignore
        self.sent_at = 0.0
        self.events = 0
        self.reads = 0
        self._streamed = streamed
        self._failed = failed
        self._parser = httptools.HttpResponseParser(self)
        self._ending = b""
        self._transport: asyncio.Transport

    def send(self, request: bytes) -> None:
        """Write one request; the previous one's reply must be complete."""
        self._ending = b""
        self._transport.write(request)

    def close(self) -> None:
        """Drop the connection without hearing of it."""
        self._failed = _ignore
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._failed(BadReplyError(f"the target closed a connection: {exc or 'end of stream'}"))

    def data_received(self, data: bytes) -> None:
        self.reads += 1
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._failed(BadReplyError(f"not HTTP: {error}"))

    def on_body(self, body: bytes) -> None:
        self.events += body.count(b"data: ")
        self._ending = (self._ending + body)[-512:]

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        expected = b"[DONE]" if self._streamed else b'"usage"'
        if status != 200 or expected not in self._ending:
            self._failed(BadReplyError(f"status {status}, body ending in {self._ending!r}"))
            return
        self.replied(self)


def _ignore(_: object) -> None:
    """Hear of something and do nothing."""
