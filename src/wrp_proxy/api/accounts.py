"""`GET /v1/usage` and `/metrics`: what it cost and how fast it was."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite, nan
from time import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from wrp_proxy.accounting.usage_report import GROUPS, UsageReport
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.errors import RequestError

_AGO = re.compile(r"(\d+)([smhd])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def accounts_api(
    report: UsageReport, flush: Callable[[], None], metrics: Callable[[], bytes]
) -> APIRouter:
    """`flush` writes pending records; it and the report run in a thread, for they block."""
    api = APIRouter(tags=["accounts"])

    @api.get("/v1/usage")
    @api.get("/usage", include_in_schema=False)
    async def usage(
        request: Request,
        group_by: Annotated[str, Query(description=f"One of {', '.join(GROUPS)}")] = "model",
        since: Annotated[
            str | None, Query(description="Unix seconds, ISO 8601, or an age such as 24h")
        ] = None,
    ) -> dict[str, Any]:
        """Sum requests, errors, tokens, cost and percentiles of the caller's own records."""
        if group_by not in GROUPS:
            raise RequestError(f"group_by must be one of {', '.join(GROUPS)}.", param="group_by")
        caller: Caller = request.scope[CALLER]
        tenant = None if caller.is_admin else caller.tenant
        since_s = parse_since(since)

        def read() -> list[dict[str, Any]]:
            flush()
            return report.by(group_by, since=since_s, tenant=tenant)

        return {"object": "list", "data": await run_in_threadpool(read)}

    @api.get("/metrics")
    async def scrape() -> Response:
        """Return Prometheus metrics."""

        def render() -> bytes:
            flush()
            return metrics()

        body = await run_in_threadpool(render)
        return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")

    return api


def parse_since(text: str | None) -> float:
    """Return Unix seconds; raise RequestError for what is none of the forms."""
    if not text:
        return 0.0
    try:
        seconds = _seconds_of(text)
    except (ValueError, OverflowError):
        seconds = nan
    if not isfinite(seconds):
        raise RequestError(
            "since must be Unix seconds, ISO 8601, or an age such as 24h.", param="since"
        )
    return seconds


def _seconds_of(text: str) -> float:
    if ago := _AGO.fullmatch(text):
        return time() - float(ago[1]) * _UNIT_S[ago[2]]
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
