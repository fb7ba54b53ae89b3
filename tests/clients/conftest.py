"""Fixtures of the tests with real clients."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.clients import lab
from tests.clients.rows import Client
from tests.clients.sessions import Session, Sessions
from tests.fake_upstream import FakeUpstream, Received
from tests.proxy import Proxy, running_proxy


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "clients: runs a client that scripts/install-clients installs"
    )


@pytest.fixture(scope="session")
def sessions(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sessions]:
    """Begin with the sessions of all clients whose tests were chosen."""
    functions = (item for item in request.session.items if isinstance(item, pytest.Function))
    specs = [item.callspec for item in functions if hasattr(item, "callspec")]
    chosen = [spec.params.get("client") for spec in specs]
    once = {client.name: client for client in chosen if isinstance(client, Client)}
    running = Sessions(once.values(), tmp_path_factory.mktemp("clients"))
    yield running
    running.close()


@pytest.fixture
def session(client: Client, sessions: Sessions) -> Session:
    return sessions.of(client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """A proxy without keys, and what is behind it."""

    proxy: Proxy
    upstream: FakeUpstream

    def received_since(self, count: int) -> list[Received]:
        return self.upstream.received[count:]


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    with FakeUpstream(lab.Lab()) as upstream:
        config = lab.config(upstream.url, key=None)
        with running_proxy(config, tmp_path_factory.mktemp("laboratory")) as proxy:
            yield Laboratory(proxy=proxy, upstream=upstream)
