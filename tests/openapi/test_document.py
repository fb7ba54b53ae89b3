"""What stands in the document, and who may read it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, lab_config
from wrp_proxy.api.openapi.document import openapi
from wrp_proxy.app import build_app
from wrp_proxy.settings.load import Options, load_settings

_UNLISTED = {("GET", "/"), ("HEAD", "/")}
"""What the framework is told to keep quiet about."""


# The framework's own document is not served; only its list of paths is of use here.
@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")
def test_every_route_is_described_and_every_description_has_a_route(tmp_path: Path) -> None:
    described = _operations(openapi(has_keys=False))

    app = _framework_of(tmp_path)
    own = [route for route in app.routes if type(route) is Route]
    hot = {("POST", route.path) for route in own}
    versioned = {(method, path) for method, path in hot if path.startswith("/v1/")}
    assert described - _UNLISTED == versioned | _operations(app.openapi())


def test_every_reference_leads_somewhere() -> None:
    document = openapi(has_keys=True)

    for reference in _references(document):
        kind, name = reference.removeprefix("#/components/").split("/")
        assert name in document["components"][kind], reference


def test_every_operation_has_a_name_of_its_own() -> None:
    paths = openapi(has_keys=True)["paths"].values()

    names = [operation["operationId"] for operations in paths for operation in operations.values()]
    assert len(names) == len(set(names))


def test_the_document_is_for_those_who_may_call(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": ["client-key"]}))
    proxy.key = "client-key"

    refused = httpx.get(f"{proxy.url}/openapi.json")
    document = proxy.http.get("/openapi.json").json()
    assert refused.status_code == 401
    assert {} not in document["security"]
    assert document["paths"]["/health"]["get"]["security"] == []


def test_without_keys_the_document_asks_for_none(proxy: Proxy) -> None:
    reply = httpx.get(f"{proxy.url}/openapi.json")

    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["security"] == [{}]


def _operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (method.upper(), path.replace(":path}", "}"))
        for path, operations in document["paths"].items()
        for method in operations
    }


def _framework_of(folder: Path) -> FastAPI:
    """Find what knows the routes: it leaves itself in the scope of each request."""
    file = folder / "config.yaml"
    file.write_text("{}")
    app = build_app(load_settings(Options(config=file, find_ollama=False), {}), folder / "state")
    request = {"type": "http", "method": "GET", "path": "/health"}
    scope: dict[str, Any] = {**request, "query_string": b"", "headers": []}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        pass

    async def ask() -> None:
        await app(scope, receive, send)

    asyncio.run(ask())
    framework = scope["app"]
    assert isinstance(framework, FastAPI)
    return framework


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from _references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _references(inner)
