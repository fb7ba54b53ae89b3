"""`GET /v1/models`: what a client may ask for."""

from time import time
from typing import Any

from fastapi import APIRouter

from wrp_proxy.catalog import Catalog
from wrp_proxy.errors import ModelNotFoundError


def models_api(catalog: Catalog) -> APIRouter:
    api = APIRouter(tags=["models"])
    created = int(time())

    def described(name: str) -> dict[str, Any]:
        model = catalog.models.get(name)
        owner = "wrp-proxy" if model is None else model.endpoints[0].provider
        return {"id": name, "object": "model", "created": created, "owned_by": owner}

    @api.get("/v1/models")
    @api.get("/models", include_in_schema=False)
    async def models() -> dict[str, Any]:
        """List routes and models."""
        return {"object": "list", "data": [described(name) for name in catalog.names()]}

    @api.get("/v1/models/{name:path}")
    @api.get("/models/{name:path}", include_in_schema=False)
    async def model(name: str) -> dict[str, Any]:
        """Describe one route or model."""
        if not catalog.has(name):
            raise ModelNotFoundError(
                f"The model '{name}' does not exist. GET /v1/models lists what there is.",
                param="model",
            )
        return described(name)

    return api
