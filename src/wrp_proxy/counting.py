"""Counts the tokens of a request without answering it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import ceil
from typing import Any, Protocol

import msgspec
import structlog

from wrp_proxy.catalog import Catalog
from wrp_proxy.errors import ContextTooLongError, UpstreamError
from wrp_proxy.providers.upstream import Call, Upstream
from wrp_proxy.types import ChatRequest, Endpoint, Workload
from wrp_proxy.workload.base import Classifier

_MARGIN = 1.1
"""Clients trim their history by this count, so it must not be too low; tokenizers differ."""
_MAX_BYTES = 64 * 1024
_VENDOR_S = 5.0
"""After this long the proxy's own count is better than none."""


class CountingProvider(Protocol):
    """A provider whose vendor counts."""

    def count_tokens(self, request: ChatRequest, endpoint: Endpoint) -> Call: ...


class _Count(msgspec.Struct):
    input_tokens: int


class Counting:
    """Ask the vendor of the model that would answer, where it counts; else estimate."""

    def __init__(
        self,
        *,
        classifier: Classifier,
        catalog: Catalog,
        providers: Mapping[str, CountingProvider],
        upstream: Upstream,
        count_exactly: Callable[[Mapping[str, Any]], Awaitable[int]],
    ) -> None:
        """`providers` are only those that count; `count_exactly` counts all of a chat's body."""
        self._count_exactly = count_exactly
        self._classifier = classifier
        self._catalog = catalog
        self._providers = providers
        self._upstream = upstream

    async def count(self, request: ChatRequest) -> int:
        """Return input tokens; raise WrpError where the request would be refused."""
        workload = await self._classifier.classify(request)
        timeout_s = min(request.timeout_s or _VENDOR_S, _VENDOR_S)
        for endpoint in self._endpoints(request, workload):
            provider = self._providers.get(endpoint.provider)
            if provider is not None:
                counted = await self._ask(provider.count_tokens(request, endpoint), timeout_s)
                if counted is not None:
                    return counted
        return ceil(await self._count_exactly(request.body) * _MARGIN)

    def _endpoints(self, request: ChatRequest, workload: Workload) -> Sequence[Endpoint]:
        """Find who would answer; nobody, where the request is too long to be answered."""
        route, models = self._catalog.resolve(request.model)
        try:
            candidates = self._catalog.candidates(request.model, models, workload)
        except ContextTooLongError:
            return ()
        return route.router.select(workload, candidates).ranking[0].endpoints

    async def _ask(self, call: Call, timeout_s: float) -> int | None:
        body = b""
        try:
            async with asyncio.timeout(timeout_s), self._upstream.open(call) as exchange:
                async for piece in exchange:
                    body += piece
                    if exchange.status != 200 or len(body) > _MAX_BYTES:
                        break
            return msgspec.json.decode(body, type=_Count).input_tokens
        except (UpstreamError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
            log = structlog.get_logger("wrp_proxy.counting")
            log.warning("tokens not counted by the vendor", reason=type(error).__name__)
            return None
