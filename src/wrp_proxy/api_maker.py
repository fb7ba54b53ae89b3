"""Wires the APIs that clients may speak: one path, one dialect, one endpoint each."""

from collections.abc import Mapping
from functools import partial
from time import monotonic

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

    def __init__(
        self,
        *,
        dialects: Mapping[Api, Dialect],
        classifier: Classifier,
        catalog: Catalog,
        providers: Mapping[str, Provider],
        upstream: Upstream,
        max_body_bytes: int,
    ) -> None:
        self._dialects = dialects
        self._classifier = classifier
        self._catalog = catalog
        self._providers = providers
        self._upstream = upstream
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
        forget = partial(_forget, self._providers, self._upstream)
        return [
            responses_api(self._store, forget),
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
            return Conversations(
                dialect, self._store, partial(_has_native_responses, self._catalog)
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
        )
        dialect = self._dialects["messages"]
        return CountTokens(dialect, counting, max_body_bytes=self._max_body_bytes)


def _has_native_responses(catalog: Catalog) -> bool:
    models = catalog.models.values()
    return any("responses" in endpoint.apis for model in models for endpoint in model.endpoints)


async def _forget(
    providers: Mapping[str, Provider], upstream: Upstream, endpoint: str, response_id: str
) -> None:
    """Have an upstream delete a response; raise UpstreamError where it does not."""
    provider = providers[endpoint.partition("/")[0]]
    if not isinstance(provider, OpenAIProvider):
        return
    async with upstream.open(provider.deletion(response_id)) as exchange:
        if exchange.status >= 400 and exchange.status != 404:
            raise provider.error(exchange.status, exchange.headers, b"")
        exchange.drain()
