"""Counts the tokens of a request without answering it."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Protocol

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
    ) -> None:
        """`providers` are only those that count."""
        self._classifier = classifier
        self._catalog = catalog
        self._providers = providers
        self._upstream = upstream

    async def count(self, request: ChatRequest) -> int:
        """Return input tokens; raise WrpError where the request would be refused."""
        workload = await self._classifier.classify(request)
        for endpoint in self._endpoints(request, workload):
            provider = self._providers.get(endpoint.provider)
            if provider is not None:
                counted = await self._ask(provider.count_tokens(request, endpoint))
                if counted is not None:
                    return counted
        return ceil(workload.input_tokens * _MARGIN)

    def _endpoints(self, request: ChatRequest, workload: Workload) -> Sequence[Endpoint]:
        """Find who would answer; nobody, where the request is too long to be answered."""
        route, models = self._catalog.resolve(request.model)
        try:
            candidates = self._catalog.candidates(request.model, models, workload)
        except ContextTooLongError:
            return ()
        return route.router.select(workload, candidates).ranking[0].endpoints

    async def _ask(self, call: Call) -> int | None:
        body = b""
        try:
            async with self._upstream.open(call) as exchange:
                async for piece in exchange:
                    body += piece
                    if exchange.status != 200 or len(body) > _MAX_BYTES:
                        break
            return msgspec.json.decode(body, type=_Count).input_tokens
        except (UpstreamError, msgspec.DecodeError, UnicodeDecodeError) as error:
            log = structlog.get_logger("wrp_proxy.counting")
            log.warning("tokens not counted by the vendor", reason=type(error).__name__)
            return None
