"""Fixtures that most tests share."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, lab_config, running_proxy

# What a developer's shell may set, and what would change what is tested here.
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FORCE_COLOR"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)

# Without deadlines: how long an example takes says nothing on a busy machine.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")

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
