"""The proxy under test, over a real socket."""

import asyncio
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import httpx
import openai
import uvicorn
import yaml
from openai.types.chat import ChatCompletionMessageParam

from wrp_proxy.app import build_app
from wrp_proxy.settings.load import Options, load_settings

T = TypeVar("T")

CHAT = "/v1/chat/completions"

ASK: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": "Write one sentence about the sea."}
]


@dataclass(slots=True)
class Proxy:
    """A running proxy, and clients for it."""

    url: str
    state_dir: Path
    key: str = "any"
    closers: list[Any] = field(default_factory=list)

    @property
    def openai(self) -> openai.OpenAI:
        """The stock client; retries are off, so that each test sees what the proxy says."""
        client = openai.OpenAI(
            base_url=f"{self.url}/v1",
            api_key=self.key,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(verify=tls_context()),
        )
        self.closers.append(client)
        return client

    @property
    def http(self) -> httpx.Client:
        client = httpx.Client(
            base_url=self.url,
            timeout=30,
            headers={"authorization": f"Bearer {self.key}"},
            verify=tls_context(),
        )
        self.closers.append(client)
        return client

    def usage(self, group_by: str = "model") -> list[dict[str, Any]]:
        rows = self.http.get("/v1/usage", params={"group_by": group_by}).json()["data"]
        assert isinstance(rows, list)
        return rows


def lab_config(url: str, **more: Any) -> dict[str, Any]:
    """One provider `lab`, one model `small` on it; categories are told without an embedder."""
    return {
        "workload": {"embed": False},
        "providers": {"lab": {"type": "openai", "base_url": url, "api_key": "upstream-secret"}},
        "models": {
            "small": {
                "endpoints": [{"provider": "lab", "model": "mock-small"}],
                "context_window": 8192,
                "price": {"input": 1.0, "output": 2.0},
            }
        },
        **more,
    }


class _Server(uvicorn.Server):
    """Hears at once that it is to stop; uvicorn's own looks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._stopping.wait()

    def stop(self) -> None:
        """Stop, whether it has started or not; from another thread."""
        self.should_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)


@contextmanager
def running_proxy(
    config: Mapping[str, Any], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    """Serve a configuration in a thread, on a port of the system's choice."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(dict(config)))
    settings = load_settings(Options(config=file, find_ollama=False), environment or {})
    app = build_app(settings, folder / "state")
    server = _Server(
        uvicorn.Config(app, port=0, http="httptools", ws="none", log_config=None, lifespan="on")
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="proxy")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the proxy did not start"
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        proxy = Proxy(f"http://127.0.0.1:{port}", folder / "state")
        yield proxy
        for client in proxy.closers:
            client.close()
    finally:
        server.stop()
        thread.join(30)


def pools_config(pools: Mapping[str, Sequence[str]], **more: Any) -> dict[str, Any]:
    """Models in the order of `auto`, each with its pool of addresses; one provider per address."""
    urls = dict.fromkeys(url for pool in pools.values() for url in pool)
    names = {url: f"lab-{place}" for place, url in enumerate(urls, 1)}
    key = {"type": "openai", "api_key": "upstream-secret"}
    return {
        "providers": {name: {**key, "base_url": url} for url, name in names.items()},
        "models": {
            model: {
                "endpoints": [{"provider": names[url], "model": f"mock-{model}"} for url in pool],
                "balance": "least_busy",
                "price": {"input": 1.0, "output": 2.0},
            }
            for model, pool in pools.items()
        },
        "routes": {"auto": {"models": list(pools), "strategy": "fixed_order"}},
        **more,
    }


def ask(proxy: Proxy, *, headers: Mapping[str, str] | None = None, **fields: Any) -> httpx.Response:
    """Ask `auto`, or as `fields` say, and read the whole answer."""
    body = {"model": "auto", "messages": ASK, **fields}
    headers = {"authorization": f"Bearer {proxy.key}", **(headers or {})}
    return httpx.post(
        f"{proxy.url}{CHAT}", json=body, headers=headers, timeout=30, verify=tls_context()
    )


@cache
def tls_context() -> ssl.SSLContext:
    """Make it once: that takes longer than a request does, also where nothing is encrypted."""
    return ssl.create_default_context()


def eventually(look: Callable[[], T], within_s: float = 20.0) -> T:
    """Return what `look` sees once that is true; fail when it takes too long."""
    deadline = monotonic() + within_s
    pause = threading.Event()
    while not (seen := look()):
        assert monotonic() < deadline, f"still {seen!r} after {within_s} s"
        pause.wait(0.02)
    return seen


def read_journal(state_dir: Path) -> list[dict[str, Any]]:
    """Read every row that is on the disk, oldest first."""
    with closing(sqlite3.connect(state_dir / "journal.sqlite3")) as journal:
        journal.row_factory = sqlite3.Row
        return [dict(row) for row in journal.execute("SELECT * FROM outcomes ORDER BY rowid")]


def recorded(
    proxy: Proxy, count: int = 1, *, request_id: str | None = None
) -> list[dict[str, Any]]:
    """Wait until at least `count` attempts, of one request or at all, are on record."""

    def look() -> list[dict[str, Any]]:
        key = {"authorization": f"Bearer {proxy.key}"}
        # Asking for the metrics has the proxy write what is pending.
        httpx.get(f"{proxy.url}/metrics", headers=key, verify=tls_context())
        rows = read_journal(proxy.state_dir)
        rows = [row for row in rows if request_id in {None, row["request_id"]}]
        return rows if len(rows) >= count else []

    return eventually(look)
