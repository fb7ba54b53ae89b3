"""`/health`: is it alive, and can it serve?"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from fastapi import APIRouter, Response

from wrp_proxy import __version__
from wrp_proxy.catalog import Catalog


class LocalState(Protocol):
    """A local model, as far as readiness goes."""

    @property
    def state(self) -> str: ...


def health_api(
    catalog: Catalog,
    local: dict[str, LocalState],
    is_discovering: Callable[[], bool],
    cache: Callable[[], Mapping[str, str]],
) -> APIRouter:
    """`cache` says in words how its store is; requests go on without it."""
    api = APIRouter(tags=["health"])

    def states() -> dict[str, str]:
        return {
            name: _state_of([e.provider for e in model.endpoints], local)
            for name, model in catalog.models.items()
        }

    @api.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def root() -> dict[str, str]:
        return {"name": "wrp-proxy", "version": __version__}

    @api.api_route("/health", methods=["GET", "HEAD"])
    @api.api_route("/health/live", methods=["GET", "HEAD"])
    async def live() -> dict[str, str]:
        """Answer as long as the event loop turns."""
        return {"status": "ok", "version": __version__}

    @api.api_route("/health/ready", methods=["GET", "HEAD"])
    async def ready(response: Response) -> dict[str, Any]:
        """Answer 200 when at least one model can be asked, else 503 with the reason."""
        models = states()
        more = {"models": models, "cache": cache()}
        if "ready" in models.values():
            return {"status": "ready", **more}
        response.status_code = 503
        if is_discovering() or "starting" in models.values():
            return {"status": "starting", **more}
        reason = "every model has failed" if models else "no model is configured"
        return {"status": "unavailable", "reason": reason, **more}

    return api


def _state_of(providers: list[str], local: dict[str, LocalState]) -> str:
    found = {local[name].state if name in local else "ready" for name in providers}
    return next(state for state in ("ready", "starting", "failed") if state in found)
