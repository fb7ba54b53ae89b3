"""ASKED BEFORE? The first stage of the pipeline."""

from dataclasses import dataclass
from typing import Protocol

from wrp_proxy.types import CacheStatus, ChatRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An answer, and who gave it."""

    answer: bytes
    """Whole, in the form asked for now (JSON or SSE)."""
    model: str
    """The model that gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the cache knows of a request; handed back to `save`."""

    status: CacheStatus
    hit: Hit | None = None
    saves: bool = False
    """`save` wants the answer; without it nothing is collected."""
    key: bytes = b""
    """The cache's own name of the request."""


class Cache(Protocol):
    """Called by the pipeline: `lookup` before anything else, `save` after a complete answer.

    Neither raises: a cache that fails is a miss. Cancelled, failed and partial answers are
    never handed to `save`.
    """

    async def lookup(self, request: ChatRequest) -> Lookup:
        """Say whether this was asked before, and answer it if so."""
        ...

    async def save(self, lookup: Lookup, hit: Hit) -> None:
        """Keep a complete answer to the request that `lookup` was made for."""
        ...
