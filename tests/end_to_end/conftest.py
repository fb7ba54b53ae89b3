"""Fixtures of the end-to-end tests."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests import answers
from tests.end_to_end.child import ChildProxy, child_proxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, lab_config, running_proxy


class StartChild(Protocol):
    """Starts the proxy as a process of its own; the same folder means the same state."""

    def __call__(
        self,
        config: dict[str, Any] | None,
        folder: str = "child",
        environment: Mapping[str, str] | None = None,
    ) -> ChildProxy: ...


@pytest.fixture
def second() -> Iterator[FakeUpstream]:
    """A second upstream, whose answers say so."""
    with FakeUpstream(answers.chat("From the second")) as fake:
        yield fake
    assert fake.failures == []


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
def shared_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One proxy for all tests of a module that leave no trace in it."""
    folder = tmp_path_factory.mktemp("shared")
    with (
        FakeUpstream(answers.chat()) as fake,
        running_proxy(lab_config(fake.url), folder) as proxy,
    ):
        yield proxy
