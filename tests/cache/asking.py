"""Asks questions of a proxy, and looks at what its cache says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, eventually, lab_config, running_proxy

DEBUG = {"x-wrp-debug": "1"}
PATIENT_MS = 5000
"""A busy machine is no reason for a test to find nothing."""


def semantic_config(url: str, cache: Any = "balanced", **more: Any) -> dict[str, Any]:
    """One model on one upstream; the route `auto` looks for other words."""
    usual = {
        "routes": {"auto": {"cache": cache}},
        "cache": {"lookup_budget_ms": PATIENT_MS},
        "workload": {"threshold": 1.0},  # else the category, too, says what holds
    }
    return lab_config(url, **{**usual, **more})


@contextmanager
def semantic_proxy(
    upstream: FakeUpstream, folder: Path, config: Mapping[str, Any] | None = None, key: str = "any"
) -> Iterator[Proxy]:
    """Serve, and wait until the embedder is loaded."""
    with running_proxy(config or semantic_config(upstream.url), folder) as proxy:
        proxy.key = key
        eventually(lambda: is_ready(proxy))
        yield proxy


def is_ready(proxy: Proxy) -> bool:
    """Tell whether questions are embedded; what is asked for that is not kept."""
    headers = {**DEBUG, "cache-control": "no-store"}
    reply = question(proxy, "Is anybody there to hear me?", headers=headers)
    assert reply.status_code == 200, reply.text
    return bool(reply.headers.get("x-wrp-cache-not-semantic") != "skipped")


def question(
    proxy: Proxy, text: str, *, headers: Mapping[str, str] | None = None, **fields: Any
) -> httpx.Response:
    """Ask one thing, with all that the cache tells who debugs."""
    messages = fields.pop("messages", [{"role": "user", "content": text}])
    return ask(proxy, headers={**DEBUG, **(headers or {})}, messages=messages, **fields)


def tier(reply: httpx.Response) -> str:
    assert reply.status_code == 200, reply.text
    return str(reply.headers["x-wrp-cache"])
