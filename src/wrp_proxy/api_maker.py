"""Wires the APIs that clients may speak: one path, one dialect, one endpoint each."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import monotonic
from typing import Any

from fastapi import APIRouter

from wrp_proxy.api.answers import Answers, ClientApi, PlainApi
from wrp_proxy.api.asgi import App
from wrp_proxy.api.counting import CountTokens
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.api.responses import Conversations, responses_api
from wrp_proxy.api.route import route_api
from wrp_proxy.catalog import Catalog
from wrp_proxy.counting import Counting
from wrp_proxy.dialects.base import Dialect
from wrp_proxy.dialects.chat import ChatDialect
from wrp_proxy.dialects.completions import CompletionsDialect
from wrp_proxy.dialects.embeddings import EmbeddingsDialect
from wrp_proxy.dialects.messages.dialect import MessagesDialect
from wrp_proxy.dialects.responses.dialect import ResponsesDialect
from wrp_proxy.dialects.responses.store import ResponseStore
from wrp_proxy.errors import UpstreamMissingError, UpstreamTimeoutError
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.providers.anthropic.provider import AnthropicProvider
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.upstream import Upstream
from wrp_proxy.types import Api
from wrp_proxy.workload.base import Classifier

_PATHS: Mapping[str, Api] = {
    "/chat/completions": "chat",
    "/completions": "completions",
    "/embeddings": "embeddings",
    "/responses": "responses",
    "/messages": "messages",
}
_STORED_RESPONSES_BYTES = 64 * 1024 * 1024
_HOLDER_S = 30.0
"""How long an upstream may take to give or delete a response that it holds."""
_STORED_RESPONSES_S = 24 * 3600.0


def make_dialects() -> Mapping[Api, Dialect]:
    responses = ResponsesDialect()
    return {
        "chat": ChatDialect(responses),
        "completions": CompletionsDialect(),
        "embeddings": EmbeddingsDialect(),
        "responses": responses,
        "messages": MessagesDialect(),
    }


class ApiMaker:
    """Makes the endpoints that answer, and the routes beside them."""

    def __init__(  # noqa: PLR0913 - keywords only: what the APIs share
        self,
        *,
        dialects: Mapping[Api, Dialect],
        classifier: Classifier,
        catalog: Catalog,
        providers: Mapping[str, Provider],
        upstream: Upstream,
        count_exactly: Callable[[Mapping[str, Any]], Awaitable[int]],
        max_body_bytes: int,
        has_tenants: bool,
    ) -> None:
        """With tenants nobody may refer to what only an upstream knows: it may be another's."""
        self._has_tenants = has_tenants
        self._dialects = dialects
        self._classifier = classifier
        self._catalog = catalog
        self._providers = providers
        self._upstream = upstream
        self._count_exactly = count_exactly
        self._max_body_bytes = max_body_bytes
        self._store = ResponseStore(
            max_bytes=_STORED_RESPONSES_BYTES, ttl_s=_STORED_RESPONSES_S, clock=monotonic
        )

    def endpoints(self, pipeline: Pipeline, idempotency: Idempotency) -> dict[str, App]:
        """Return the endpoints of the hot paths, each with `/v1` and without."""
        made: dict[str, App] = {
            path: Answers(
                self._api(api), pipeline, idempotency, max_body_bytes=self._max_body_bytes
            )
            for path, api in _PATHS.items()
        }
        made["/messages/count_tokens"] = self._count_tokens()
        return made | {f"/v1{path}": endpoint for path, endpoint in made.items()}

    def routes(self) -> list[APIRouter]:
        """Return what is no hot path."""
        ask_holder = partial(_ask_holder, self._providers, self._upstream)
        return [
            responses_api(self._store, ask_holder),
            route_api(
                self._dialects["chat"],
                self._classifier,
                self._catalog,
                max_body_bytes=self._max_body_bytes,
            ),
        ]

    def _api(self, api: Api) -> ClientApi:
        dialect = self._dialects[api]
        if api == "responses":
            may_be_known = partial(_has_native_responses, self._catalog)
            return Conversations(
                dialect, self._store, (lambda: False) if self._has_tenants else may_be_known
            )
        return PlainApi(api, dialect)

    def _count_tokens(self) -> CountTokens:
        counting = Counting(
            classifier=self._classifier,
            catalog=self._catalog,
            providers={
                name: provider
                for name, provider in self._providers.items()
                if isinstance(provider, AnthropicProvider)
            },
            upstream=self._upstream,
            count_exactly=self._count_exactly,
        )
        dialect = self._dialects["messages"]
        return CountTokens(dialect, counting, max_body_bytes=self._max_body_bytes)


def _has_native_responses(catalog: Catalog) -> bool:
    models = catalog.models.values()
    return any("responses" in endpoint.apis for model in models for endpoint in model.endpoints)


async def _ask_holder(
    providers: Mapping[str, Provider],
    upstream: Upstream,
    method: str,
    name: str,
    response_id: str,
) -> bytes:
    """GET or DELETE a response where it is held; raise UpstreamError where that fails."""
    provider = providers[name]
    if not isinstance(provider, OpenAIProvider):
        raise UpstreamMissingError(f"Response with id '{response_id}' not found.")
    body = b""
    try:
        async with (
            asyncio.timeout(_HOLDER_S),
            upstream.open(provider.stored_response(method, response_id)) as exchange,
        ):
            async for piece in exchange:
                body += piece
    except TimeoutError as error:
        raise UpstreamTimeoutError("The upstream did not answer in time.") from error
    if exchange.status >= 400 and (method, exchange.status) != ("DELETE", 404):
        raise provider.error(exchange.status, exchange.headers, body)
    return body
