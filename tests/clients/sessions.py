"""Runs each client's program once, against a proxy and a laboratory of its own."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import environments, lab
from tests.clients.rows import Client
from tests.fake_upstream import FakeUpstream, Received
from tests.proxy import recorded, running_proxy

KEY = "sk-the-clients-own"
_UNRECORDED = "/count_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What came of a client's program."""

    said: dict[str, Any]
    received: list[Received]
    """What the laboratory was asked."""
    rows: list[dict[str, Any]]
    """What the proxy has on record."""

    def asked(self, model: str) -> list[Received]:
        posts = [one for one in self.received if one.method == "POST"]
        return [one for one in posts if one.json["model"] == model]


class Sessions:
    """Two at a time, for two cores, in the order in which their tests come."""

    def __init__(self, clients: Iterable[Client], folder: Path) -> None:
        # One after the other: what FastAPI does about warnings while it is built is for one thread.
        rooms = [(client, _Room(folder / client.name)) for client in clients]
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="session")
        self._running: dict[str, Future[Session]] = {
            client.name: self._pool.submit(room.hold, client) for client, room in rooms
        }

    def of(self, client: Client) -> Session:
        environments.command(client.environment)
        return self._running[client.name].result()

    def close(self) -> None:
        self._pool.shutdown()


class _Room:
    """A proxy and a laboratory, for one client."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "home"
        self._stack = ExitStack()
        self._upstream = self._stack.enter_context(FakeUpstream(lab.Lab()))
        config = lab.config(self._upstream.url, key=KEY)
        self._proxy = self._stack.enter_context(running_proxy(config, folder / "proxy"))
        self._proxy.key = KEY

    def hold(self, client: Client) -> Session:
        """Run the client's program, and close the room."""
        with self._stack:
            said = environments.report(
                client.environment, client.program, self._home, url=self._proxy.url, key=KEY
            )
            received = list(self._upstream.received)
            posts = [one for one in received if one.method == "POST"]
            for one in posts:
                if one.json["model"] == "mock-slow":
                    one.client_left.wait(10)
            routed = [one for one in posts if _UNRECORDED not in one.path]
            rows = recorded(self._proxy, len(routed))
        return Session(said=said, received=received, rows=rows)
