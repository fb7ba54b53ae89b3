"""IN WHOSE WORDS? Providers translate, purely; the upstream client does the talking."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from wrp_proxy.errors import UpstreamError, WrpError
from wrp_proxy.providers.upstream import Call
from wrp_proxy.types import ChatRequest, Chunk, Endpoint, Usage


class Decoder(Protocol):
    """Reads one answer: pure, no I/O, the same chunks for any split of the bytes.

    `feed` and `close` raise UpstreamError when the answer turns out to be none.
    """

    @property
    def usage(self) -> Usage | None: ...

    @property
    def done(self) -> bool:
        """The answer is complete; whatever follows is unimportant."""
        ...

    def feed(self, piece: bytes) -> Sequence[Chunk]: ...

    def close(self) -> Sequence[Chunk]: ...

    def estimate(self) -> int:
        """Guess the completion tokens seen so far, where no usage came."""
        ...

    def failure(self, error: WrpError) -> bytes:
        """Return what ends a stream that has begun, in the words of the API asked for."""
        ...


class Provider(Protocol):
    """A vendor's protocol; knows its address and its key, holds no connection."""

    def encode(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        """Put a request into the vendor's words; raise NotReadyError before it can answer."""
        ...

    def decoder(self, request: ChatRequest, endpoint: Endpoint) -> Decoder: ...

    def listing(self) -> Call | None:
        """Ask which models there are, in OpenAI's form of an answer; None: it cannot be asked."""
        ...

    def error(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> UpstreamError:
        """Classify an answer that is not a success: by status first, by text last."""
        ...
