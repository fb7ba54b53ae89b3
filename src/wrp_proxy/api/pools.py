"""`/v1/pools`: how the endpoints are, and which of them are to get how much."""

from math import isfinite
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.own_bodies import read_own
from wrp_proxy.errors import ForbiddenError, ModelNotFoundError, NotFoundError, RequestError
from wrp_proxy.pool.overseer import Changed, Cut, PoolOverseer, Wish

_MOST_NAMED = 20
_LASTING = "Redis keeps it for all replicas, also after a restart."
_PASSING = (
    "It ends with this process: to keep it, change the configuration, "
    "or let replicas share a Redis (cache.redis)."
)
_MOST_TOKENS = 100_000_000


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    endpoint: Annotated[str, Field(min_length=1, max_length=512)]
    """As `GET /v1/pools` names it: `provider/model#label`."""
    model: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    draining: bool | None = None
    weight: float | None = None
    revive: bool | None = None


def _whole(value: object) -> object:
    """Take 4096.0 for 4096, as JSON does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _SaidCut(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    model: Annotated[str, Field(min_length=1, max_length=256)]
    boundary_tokens: Annotated[int, BeforeValidator(_whole), Field(gt=0, le=_MOST_TOKENS)]


def pools_api(overseer: PoolOverseer, *, is_kept: bool) -> APIRouter:
    """For admins' keys only; `is_kept` tells whether changes outlive this process."""
    api = APIRouter(tags=["pools"])

    @api.get("/v1/pools")
    @api.get("/pools", include_in_schema=False)
    async def show(http: Request) -> dict[str, Any]:
        """Show every model with its endpoints, and all keys."""
        _admin(http)
        return {
            "object": "list",
            "data": overseer.describe(),
            "keys": overseer.describe_keys(),
        }

    @api.post("/v1/pools")
    @api.post("/pools", include_in_schema=False)
    async def change(http: Request) -> dict[str, Any]:
        """Drain an endpoint, give it another weight, or put it back into service at once."""
        _admin(http)
        said = await read_own(http, _Said)
        wish = _wish(said, overseer)
        if said.revive:
            overseer.revive(wish)
        return _reply(wish, overseer.change(wish), is_kept=is_kept and wish.lasts)

    @api.post("/v1/pools/boundary")
    @api.post("/pools/boundary", include_in_schema=False)
    async def cut(http: Request) -> dict[str, Any]:
        """Cut a pool into short and long elsewhere."""
        _admin(http)
        said = await read_own(http, _SaidCut)
        _check_model(said.model, overseer)
        if not overseer.is_cut(said.model):
            why_not = f"The pool of '{said.model}' is not cut: none of it is `short` or `long`."
            raise NotFoundError(why_not, param="model")
        if why_not := overseer.cut(Cut(model=said.model, tokens=said.boundary_tokens)):
            raise RequestError(why_not, param="boundary_tokens")
        return {
            "object": "pool.boundary",
            "model": said.model,
            "boundary_tokens": said.boundary_tokens,
            "is_kept": is_kept,
            "notes": [_LASTING if is_kept else _PASSING],
        }

    return api


def _check_model(name: str, overseer: PoolOverseer) -> None:
    if not overseer.knows_model(name):
        raise ModelNotFoundError(
            f"The model '{name}' does not exist. GET /v1/models lists what there is.",
            param="model",
        )


def _wish(said: _Said, overseer: PoolOverseer) -> Wish:
    """Check what was said; raise RequestError that names the field and the remedy."""
    if said.draining is None and said.weight is None and not said.revive:
        raise RequestError("Say at least one of draining, weight and revive.", param="draining")
    if said.weight is not None and not (isfinite(said.weight) and said.weight > 0):
        raise RequestError(
            "weight must be a finite number above 0; to give an endpoint nothing, "
            'send {"draining": true}.',
            param="weight",
        )
    if said.model is not None:
        _check_model(said.model, overseer)
    known = overseer.names(said.model)
    if said.endpoint not in known:
        raise NotFoundError(_unknown(said, known), param="endpoint")
    return Wish(
        endpoint=said.endpoint, model=said.model, draining=said.draining, weight=said.weight
    )


def _unknown(said: _Said, known: list[str]) -> str:
    of_model = f" of model '{said.model}'" if said.model else ""
    named = ", ".join(known[:_MOST_NAMED]) or "none"
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return (
        f"There is no endpoint '{said.endpoint}'{of_model}. "
        f"Known: {named}{more}; GET /v1/pools lists all."
    )


def _reply(wish: Wish, changed: Changed, *, is_kept: bool) -> dict[str, Any]:
    notes = [_LASTING if is_kept else _PASSING] if wish.lasts else []
    notes += [
        f"Model '{name}' has no endpoint left: its requests are answered with 503."
        for name in changed.left_without
    ]
    return {
        "object": "pool.change",
        "endpoint": wish.endpoint,
        "models": list(changed.models),
        "left_without": list(changed.left_without),
        "is_kept": is_kept,
        "notes": notes,
    }


def _admin(http: Request) -> None:
    caller: Caller = http.scope[CALLER]
    if not caller.is_admin:
        raise ForbiddenError("Only a key with `admin: true` may do this.")
