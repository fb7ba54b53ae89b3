"""Every upstream client on every event loop that the proxy may run on."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest

from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.httpx_upstream import HttpxUpstream
from wrp_proxy.providers.upstream import Upstream
from wrp_proxy.providers.upstreams import build_upstreams


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One client, and where it differs from the others by design."""

    make: Callable[[], Upstream]
    keeps: bool = True
    """It uses a connection of HTTP/1.1 again; httpx cannot do so safely."""


UPSTREAMS: dict[str, Row] = {
    "http1": Row(make=lambda: Http1Upstream(connect_timeout_s=5)),
    "httpx": Row(make=lambda: HttpxUpstream(connect_timeout_s=5), keeps=False),
    "both": Row(make=lambda: build_upstreams(connect_timeout_s=5, environment={}, clock=monotonic)),
}


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture(params=UPSTREAMS)
def row(request: pytest.FixtureRequest) -> Row:
    return UPSTREAMS[request.param]


@pytest.fixture
async def client(row: Row) -> AsyncIterator[Upstream]:
    upstream = row.make()
    yield upstream
    await upstream.close()


@pytest.fixture
def keeps(row: Row) -> bool:
    return row.keeps
