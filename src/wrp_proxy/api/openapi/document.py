"""Puts the document together, and serves it."""

from typing import Any

import msgspec
from fastapi import APIRouter, Response

from wrp_proxy import __version__
from wrp_proxy.api.openapi.answers import ANSWERS, HEADERS, error_answers
from wrp_proxy.api.openapi.cache import CACHE_ANSWERS, CACHE_REQUESTS
from wrp_proxy.api.openapi.cache_operations import CACHE_PATHS
from wrp_proxy.api.openapi.operations import PATHS
from wrp_proxy.api.openapi.parameters import PARAMETERS
from wrp_proxy.api.openapi.pools import POOL_ANSWERS, POOL_PATHS, POOL_REQUESTS
from wrp_proxy.api.openapi.requests import REQUESTS

_ABOUT = (
    "An OpenAI-compatible proxy that chooses the model and the endpoint of each request. "
    "Every path that begins with /v1 is there without it, too."
)
_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "api-key": {"type": "apiKey", "in": "header", "name": "api-key"},
}


def openapi_api(*, has_keys: bool) -> APIRouter:
    api = APIRouter(tags=["about"])
    document = msgspec.json.encode(openapi(has_keys=has_keys))

    @api.get("/openapi.json")
    async def describe() -> Response:
        """Describe this API."""
        return Response(document, media_type="application/json")

    return api


def openapi(*, has_keys: bool) -> dict[str, Any]:
    """Describe the API as OpenAPI 3.1; `has_keys`: only who has a key may call."""
    keys: list[dict[str, list[str]]] = [{name: []} for name in _SCHEMES]
    return {
        "openapi": "3.1.0",
        "info": {"title": "wrp-proxy", "version": __version__, "description": _ABOUT},
        "security": keys if has_keys else [{}],
        "paths": PATHS | CACHE_PATHS | POOL_PATHS,
        "components": {
            "schemas": {
                **REQUESTS,
                **CACHE_REQUESTS,
                **POOL_REQUESTS,
                **ANSWERS,
                **CACHE_ANSWERS,
                **POOL_ANSWERS,
            },
            "responses": error_answers(),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": _SCHEMES,
        },
    }
