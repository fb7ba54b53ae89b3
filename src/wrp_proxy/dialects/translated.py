"""Serves every API from upstreams that do not have it."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from wrp_proxy.dialects.base import Dialect
from wrp_proxy.errors import UpstreamError
from wrp_proxy.providers.base import Decoder, Provider
from wrp_proxy.providers.upstream import Call
from wrp_proxy.types import Api, ChatRequest, Endpoint


class Translated:
    """A Provider over another: asks natively where the endpoint can be, else in chat's words."""

    def __init__(self, provider: Provider, dialects: Mapping[Api, Dialect]) -> None:
        self._provider = provider
        self._dialects = dialects

    def encode(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        if request.api in endpoint.apis:
            raw = self._dialects[request.api].forwarded(request.raw)
            if raw is not request.raw:
                request = replace(request, raw=raw)
            return self._provider.encode(request, endpoint)
        return self._provider.encode(_as_chat(request, endpoint), endpoint)

    def decoder(self, request: ChatRequest, endpoint: Endpoint) -> Decoder:
        if request.api in endpoint.apis:
            return self._provider.decoder(request, endpoint)
        chat = self._provider.decoder(_as_chat(request, endpoint), endpoint)
        return self._dialects[request.api].decoder(request, chat)

    def listing(self) -> Call | None:
        return self._provider.listing()

    def error(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> UpstreamError:
        return self._provider.error(status, headers, body)


def _as_chat(request: ChatRequest, endpoint: Endpoint) -> ChatRequest:
    """Make it a chat request whose stream tells its usage, for some APIs always do.

    The clients of other APIs ask every model to think; here it is a wish, not a condition.
    """
    body = dict(request.body)
    if not endpoint.reasons:
        body.pop("reasoning_effort", None)
    return replace(
        request,
        api="chat",
        body=body,
        raw=msgspec.json.encode(body),
        is_translated=True,
        own={},
        query="",
        passed_on=tuple(h for h in request.passed_on if not h[0].startswith(b"anthropic-")),
        wants_usage=request.stream,
    )
