"""`POST /v1/route`: which model would answer, and why, without calling any."""

from typing import Any

from fastapi import APIRouter, Request

from wrp_proxy.api.asgi import read_body
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.requests import read_request
from wrp_proxy.catalog import Catalog
from wrp_proxy.deciding import consider
from wrp_proxy.dialects.base import Dialect
from wrp_proxy.explanation import explanation
from wrp_proxy.workload.base import Classifier


def route_api(
    dialect: Dialect, classifier: Classifier, catalog: Catalog, *, max_body_bytes: int
) -> APIRouter:
    api = APIRouter(tags=["routing"])

    @api.post("/v1/route")
    @api.post("/route", include_in_schema=False)
    async def route(http: Request) -> dict[str, Any]:
        """Explain how a chat request would be routed."""
        caller: Caller = http.scope[CALLER]
        raw = await read_body(http.receive, caller.headers, max_body_bytes)
        request = read_request("chat", dialect, raw, caller)
        considered = await consider(request, classifier, catalog)
        return explanation(considered, catalog)

    return api
