"""Fixtures that most tests share."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, lab_config, running_proxy

StartProxy = Callable[[dict[str, Any]], Proxy]


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with FakeUpstream(answers.chat()) as fake:
        yield fake
    assert fake.failures == []


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[StartProxy]:
    """Start proxies that end with the test."""
    with ExitStack() as stack:
        started: list[Proxy] = []

        def start(config: dict[str, Any]) -> Proxy:
            proxy = running_proxy(config, tmp_path / f"proxy-{len(started)}")
            started.append(stack.enter_context(proxy))
            return started[-1]

        yield start


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    """One proxy before one upstream, with the model `small`."""
    return start_proxy(lab_config(upstream.url))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
