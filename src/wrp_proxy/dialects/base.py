"""What it takes to serve one more API from upstreams that only have chat completions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from wrp_proxy.errors import WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.types import ChatRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A request in the words of chat completions."""

    body: Mapping[str, Any]
    native_only: str | None = None
    """What could not be put into those words, named for people; None: everything could."""


class Dialect(Protocol):
    """Pure, no I/O. Called by the HTTP layer for every request, and by `Translated` where the
    endpoint chosen does not have the API itself.
    """

    def to_chat(self, body: Mapping[str, Any]) -> Translation:
        """Translate a request; raise RequestError, naming the field, for a malformed one."""
        ...

    def forwarded(self, raw: bytes) -> bytes:
        """Return a body for an upstream that has the API itself: as it came, less what only a
        translated answer to an earlier turn can have put in.
        """
        ...

    def decoder(self, request: ChatRequest, chat: Decoder) -> Decoder:
        """Tell in this API's words what `chat` reads; `request` is the caller's own."""
        ...

    def error(self, error: WrpError) -> bytes:
        """Return the JSON body of an answer that is an error."""
        ...

    def error_event(self, error: WrpError) -> bytes:
        """Return the event that ends a stream of which nothing else is known."""
        ...
