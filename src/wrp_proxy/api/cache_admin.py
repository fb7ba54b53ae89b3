"""`/v1/cache`: what is kept, why it was given, and how to be rid of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from wrp_proxy.api.asgi import read_body
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.own_bodies import read_own
from wrp_proxy.cache.base import Entry
from wrp_proxy.cache.overseer import EntryFilter, Overseer, told
from wrp_proxy.errors import ForbiddenError, NotFoundError, RequestError

_MAX_LISTED = 1000
_MAX_IMPORT_BYTES = 1024 * 1024 * 1024


class Stats(Protocol):
    def stats(self) -> dict[str, Any]: ...


class Suspects(Protocol):
    def suspects(self, limit: int) -> list[dict[str, Any]]: ...


class _Flush(BaseModel):
    model_config = ConfigDict(extra="forbid")

    scope: str | None = None
    """`key:NAME`, `team:NAME`, `public`, `anonymous:ID`; default: all."""


def _filter(  # noqa: PLR0913 - one per query parameter
    tenant: str | None = None,
    request_id: str | None = None,
    namespace: str | None = None,
    scope: str | None = None,
    route: str | None = None,
    model: str | None = None,
    category: str | None = None,
    older_than_s: Annotated[float | None, Query(ge=0)] = None,
) -> EntryFilter:
    return EntryFilter(
        tenant=tenant,
        request_id=request_id,
        namespace=namespace,
        scope=scope,
        route=route,
        model=model,
        category=category,
        older_than_s=older_than_s,
    )


Wanted = Annotated[EntryFilter, Depends(_filter)]
Limit = Annotated[int, Query(ge=1, le=_MAX_LISTED)]


def cache_api(overseer: Overseer, report: Stats, labels: Suspects) -> APIRouter:
    """A key sees and deletes the entries that it has asked for first; an admin's key all."""
    api = APIRouter(tags=["cache"])
    parts = [_entries(overseer), _whole(overseer), _figures(report, labels)]
    for part in parts:
        api.include_router(part, prefix="/v1/cache")
        api.include_router(part, prefix="/cache", include_in_schema=False)
    return api


def _figures(report: Stats, labels: Suspects) -> APIRouter:
    api = APIRouter()

    @api.get("/stats")
    async def stats(http: Request) -> dict[str, Any]:
        """Return figures by tier, route, category and partition."""
        _admin(http)
        return report.stats()

    @api.get("/audit")
    async def audit(http: Request, limit: Limit = 50) -> dict[str, Any]:
        """List semantic hits of this process that may be wrong, the worst first."""
        _admin(http)
        return {"object": "list", "data": labels.suspects(limit)}

    return api


def _entries(overseer: Overseer) -> APIRouter:
    api = APIRouter()

    @api.get("/entries")
    async def entries(http: Request, wanted: Wanted, limit: Limit = 100) -> dict[str, Any]:
        """List entries, the newest first."""
        found = await overseer.entries(_own(http, wanted), limit)
        return {"object": "list", "data": [told(entry) for entry in found]}

    @api.delete("/entries")
    async def delete(http: Request, wanted: Wanted) -> dict[str, Any]:
        """Forget all entries that match; POST /v1/cache/flush forgets all there are."""
        if wanted.is_empty:
            raise RequestError("Name at least one filter, such as tenant.", param="tenant")
        deleted = await overseer.delete(_own(http, wanted))
        return {"deleted": deleted, "pending": overseer.is_pending}

    @api.get("/entries/{entry_id}")
    async def inspect(http: Request, entry_id: str) -> dict[str, Any]:
        """Return an entry with its answer."""
        entry = _find(http, overseer, entry_id)
        return told(entry) | {"answer": await overseer.answer(entry)}

    @api.delete("/entries/{entry_id}")
    async def delete_one(http: Request, entry_id: str) -> dict[str, Any]:
        """Forget an entry, in all replicas."""
        deleted = await overseer.delete_one(_find(http, overseer, entry_id))
        return {"deleted": deleted, "pending": overseer.is_pending}

    return api


def _whole(overseer: Overseer) -> APIRouter:
    api = APIRouter()

    @api.post("/flush")
    async def flush(http: Request) -> dict[str, Any]:
        """Begin a new epoch: nothing that was kept before is given again."""
        _admin(http)
        said = await read_own(http, _Flush)
        epoch = await overseer.flush(said.scope)
        return {"epoch": epoch, "pending": overseer.is_pending}

    @api.get("/export")
    async def export(http: Request) -> Response:
        """Return all entries with their answers, as lines of JSON."""
        _admin(http)
        return StreamingResponse(overseer.export(), media_type="application/jsonl")

    @api.post("/import")
    async def take_in(http: Request) -> Mapping[str, int]:
        """Take in what was exported by a proxy with the same secret."""
        caller = _admin(http)
        raw = await read_body(http.receive, caller.headers, _MAX_IMPORT_BYTES)
        try:
            taken, refused = await overseer.take_in(raw.split(b"\n"))
        except ValueError as error:
            raise RequestError(f"This cannot be imported: {error}.") from error
        return {"imported": taken, "refused": refused}

    return api


def _find(http: Request, overseer: Overseer, entry_id: str) -> Entry:
    caller = _caller(http)
    entry = overseer.find(entry_id, None if caller.is_admin else caller.tenant)
    if entry is None:
        raise NotFoundError(f"There is no entry '{entry_id[:64]}'.", param="entry_id")
    return entry


def _caller(http: Request) -> Caller:
    caller: Caller = http.scope[CALLER]
    return caller


def _admin(http: Request) -> Caller:
    caller = _caller(http)
    if not caller.is_admin:
        raise ForbiddenError("Only a key with `admin: true` may do this.")
    return caller


def _own(http: Request, wanted: EntryFilter) -> EntryFilter:
    caller = _caller(http)
    return wanted if caller.is_admin else replace(wanted, tenant=caller.tenant)
