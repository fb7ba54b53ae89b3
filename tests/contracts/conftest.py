"""Every upstream client on every event loop that the proxy may run on."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import settings

from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.upstream import Upstream

settings.register_profile("unhurried", deadline=None, max_examples=60)
settings.load_profile("unhurried")

UPSTREAMS: dict[str, Callable[[], Upstream]] = {
    "http1": lambda: Http1Upstream(connect_timeout_s=5),
}


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture(params=UPSTREAMS)
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    upstream = UPSTREAMS[request.param]()
    yield upstream
    await upstream.close()
