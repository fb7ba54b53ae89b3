"""`/v1/responses`: what is remembered of a conversation, and the paths to see and delete it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

import msgspec
from fastapi import APIRouter, Request, Response

from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.requests import json_object, make_request
from wrp_proxy.dialects.base import Dialect
from wrp_proxy.dialects.responses.history import FinishedResponse, conversation, with_history
from wrp_proxy.dialects.responses.store import ResponseStore, StoredResponse
from wrp_proxy.errors import RequestError, UpstreamError
from wrp_proxy.trace import Trace
from wrp_proxy.types import Api, ChatRequest

AskHolder = Callable[[str, str, str], Awaitable[bytes]]
"""GETs or DELETEs what an upstream holds: method, provider, the response's id."""


class _Named(msgspec.Struct):
    id: str


class Conversations:
    """The Responses API of clients: as any dialect, but it remembers answers.

    What was translated is held here whole; what an upstream holds itself is only known by its
    provider, to which the next turn is bound.
    """

    api: Api = "responses"

    def __init__(
        self, dialect: Dialect, store: ResponseStore, may_be_known: Callable[[], bool]
    ) -> None:
        """`may_be_known` tells whether an upstream may hold what is not in the store, and the
        caller is one who may see it.
        """
        self._dialect = dialect
        self._store = store
        self._may_be_known = may_be_known
        self.error = dialect.error
        self.error_event = dialect.error_event

    def read(self, raw: bytes, caller: Caller, query: bytes) -> ChatRequest:
        own = json_object(raw)
        previous = own.get("previous_response_id")
        if previous is None:
            return make_request(self.api, own, self._dialect.to_chat(own), raw, caller, query)
        if not isinstance(previous, str):
            raise RequestError("previous_response_id must be a text.", param="previous_response_id")
        stored = self._store.get(caller.tenant, previous)
        if stored is not None and stored.provider is None:
            told = with_history(own, stored.items)
            del told["previous_response_id"]
            raw = msgspec.json.encode(told)
            whole = {**own, "input": told["input"]}
            return make_request(self.api, whole, self._dialect.to_chat(told), raw, caller, query)
        if stored is None and not self._may_be_known():
            raise RequestError(
                f"Previous response with id '{previous}' not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            )
        request = make_request(self.api, own, self._dialect.to_chat(own), raw, caller, query)
        return replace(
            request,
            native_only=f"the response '{previous}', which an upstream holds",
            bound_to=stored.provider if stored else None,
        )

    async def watch(
        self, trace: Trace, pieces: AsyncGenerator[bytes, None]
    ) -> AsyncGenerator[bytes, None]:
        """Remember the answer, before the client has read its end."""
        finished = FinishedResponse() if trace.request.stream else None
        is_stored = trace.request.own.get("store") is not False
        async with aclosing(pieces):
            async for piece in pieces:
                if is_stored:
                    self._look(trace, piece, finished)
                yield piece

    def _look(self, trace: Trace, piece: bytes, finished: FinishedResponse | None) -> None:
        if finished is None:
            self._remember(trace, piece)
            return
        finished.feed(piece)
        if finished.response is not None:
            self._remember(trace, finished.response)
            finished.response = None

    def _remember(self, trace: Trace, response: bytes) -> None:
        endpoint = trace.tried[-1] if trace.tried else None
        is_native = endpoint is not None and self.api in endpoint.apis
        try:
            response_id = msgspec.json.decode(response, type=_Named).id
            items = () if is_native else conversation(trace.request.raw, response)
        except (msgspec.DecodeError, UnicodeDecodeError, UpstreamError):
            return  # it is no response that anybody could refer to
        provider = endpoint.provider if endpoint and is_native else None
        stored = StoredResponse(response=response, items=items, provider=provider)
        self._store.put(trace.request.tenant, response_id, stored)


def responses_api(store: ResponseStore, ask_holder: AskHolder) -> APIRouter:
    api = APIRouter(tags=["responses"])

    @api.api_route("/v1/responses/{response_id}", methods=["GET", "DELETE"])
    @api.api_route("/responses/{response_id}", methods=["GET", "DELETE"], include_in_schema=False)
    async def response(http: Request, response_id: str) -> Response:
        """Return a stored response of the caller's, or forget it, here and upstream."""
        tenant = _caller(http).tenant
        stored = _find(tenant, response_id)
        held = stored.response
        if stored.provider is not None:  # it may have changed since, as background ones do
            held = await ask_holder(http.method, stored.provider, response_id)
        if http.method == "GET":
            return Response(held, media_type="application/json")
        store.delete(tenant, response_id)
        said = {"id": response_id, "object": "response", "deleted": True}
        return Response(msgspec.json.encode(said), media_type="application/json")

    def _find(tenant: str, response_id: str) -> StoredResponse:
        stored = store.get(tenant, response_id)
        if stored is None:
            error = RequestError(f"Response with id '{response_id}' not found.", code="not_found")
            error.status = 404
            raise error
        return stored

    return api


def _caller(http: Request) -> Caller:
    caller: Caller = http.scope[CALLER]
    return caller
