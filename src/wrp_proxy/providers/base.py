"""IN WHOSE WORDS? Providers translate, purely; the upstream client does the talking."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from wrp_proxy.errors import UpstreamError
from wrp_proxy.providers.upstream import Call
from wrp_proxy.types import ChatRequest, Chunk, Endpoint, Usage


class Decoder(Protocol):
    """Reads one answer: pure, no I/O, the same chunks for any split of the bytes.

    `feed` and `close` raise UpstreamError when the answer turns out to be none.
    """

    usage: Usage | None
    done: bool
    """The answer is complete; whatever follows is unimportant."""

    def feed(self, piece: bytes) -> Sequence[Chunk]: ...

    def close(self) -> Sequence[Chunk]: ...

    def estimate(self) -> int:
        """Guess the completion tokens seen so far, where no usage came."""
        ...


class Provider(Protocol):
    """A vendor's protocol; knows its address and its key, holds no connection."""

    def encode(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        """Put a request into the vendor's words; raise NotReadyError before it can answer."""
        ...

    def decoder(self, request: ChatRequest) -> Decoder: ...

    def error(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> UpstreamError:
        """Classify an answer that is not a success: by status first, by text last."""
        ...
