"""The one seam to the network: a call goes out, an exchange comes back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from wrp_proxy.errors import UpstreamError

Headers = Sequence[tuple[bytes, bytes]]
"""Header names are lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request to an upstream."""

    url: str
    headers: Headers
    body: bytes = b""
    method: str = "POST"

    def __repr__(self) -> str:
        return f"Call({self.method}, {len(self.body)} bytes)"


class Exchange(Protocol):
    """One call and its answer, as an async context.

    Entering sends the call and waits for status and headers; it raises DisconnectedError or
    UpstreamTimeoutError. Iterating yields the body, decompressed, in pieces as they arrive.
    Leaving never waits; it closes the connection of an answer that was not read to its end.
    """

    status: int
    headers: Mapping[bytes, bytes]

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    @property
    def has_unread(self) -> bool:
        """Something has arrived that nobody has taken yet."""
        ...

    def abort(self, error: UpstreamError) -> None:
        """Close the connection and raise `error` in whoever waits, even for a connection."""
        ...

    def drain(self) -> None:
        """Declare what is left of the body unimportant, so that the connection may be kept."""
        ...


class Upstream(Protocol):
    """Called once per attempt; one long-lived client per process stands behind it."""

    def open(self, call: Call) -> Exchange: ...

    async def close(self) -> None: ...
