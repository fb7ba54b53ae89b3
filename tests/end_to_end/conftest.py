"""Fixtures of the end-to-end tests."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from tests import answers
from tests.end_to_end.child import ChildProxy, child_proxy
from tests.fake_upstream import Answer, FakeUpstream
from tests.proxy import Proxy, lab_config, pools_config, running_proxy


class StartChild(Protocol):
    """Starts the proxy as a process of its own; the same folder means the same state."""

    def __call__(
        self,
        config: dict[str, Any] | None,
        folder: str = "child",
        environment: Mapping[str, str] | None = None,
    ) -> ChildProxy: ...


@contextmanager
def _fake_upstream(answer: Answer) -> Iterator[FakeUpstream]:
    """Serve; that the proxy hangs up half-way is no fault of an answer."""
    with FakeUpstream(answer) as fake:
        yield fake
    assert [error for error in fake.failures if not isinstance(error, ConnectionError)] == []


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with _fake_upstream(answers.chat()) as fake:
        yield fake


@pytest.fixture
def second() -> Iterator[FakeUpstream]:
    """A second upstream, whose answers say so."""
    with _fake_upstream(answers.chat("From the second")) as fake:
        yield fake


@pytest.fixture
def dead_url() -> Iterator[str]:
    """An address that refuses connections."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}/v1"


@pytest.fixture
def start_child(tmp_path: Path) -> Iterator[StartChild]:
    with ExitStack() as stack:

        def start(
            config: dict[str, Any] | None,
            folder: str = "child",
            environment: Mapping[str, str] | None = None,
        ) -> ChildProxy:
            return stack.enter_context(child_proxy(config, tmp_path / folder, environment))

        yield start


@pytest.fixture(scope="module")
def shared_upstream() -> Iterator[FakeUpstream]:
    with _fake_upstream(answers.chat()) as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_second() -> Iterator[FakeUpstream]:
    with _fake_upstream(answers.chat("From the second")) as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_proxy(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """One proxy for all tests of a module, where what one leaves behind is nothing to another."""
    folder = tmp_path_factory.mktemp("shared")
    config = lab_config(shared_upstream.url, resilience={"cooldown_s": 0})
    with running_proxy(config, folder) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def shared_client(shared_proxy: Proxy) -> httpx.Client:
    return shared_proxy.http


@pytest.fixture(scope="module")
def shared_pair(
    shared_upstream: FakeUpstream,
    shared_second: FakeUpstream,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    """One proxy whose route goes from one model to another, and that forgets failures at once."""
    pools = {"small": [shared_upstream.url], "large": [shared_second.url]}
    config = pools_config(pools, resilience={"cooldown_s": 0})
    with running_proxy(config, tmp_path_factory.mktemp("pair")) as proxy:
        yield proxy
