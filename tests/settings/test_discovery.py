"""Servers are asked for their models while the proxy runs."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests import answers
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.proxy import ASK, Proxy, eventually, lab_config, running_proxy
from tests.settings.loading import load
from wrp_proxy.deciding_maker import make_deciding

FAILURES: Mapping[str, Answer] = {
    "broken": answers.error(500),
    "refusing": answers.error(401),
    "gone": answers.reset,
    "website": answers.plain(b"<html>"),
    "stranger": answers.plain({"models": []}),
    "list": answers.plain(["llama"]),
    "nothing": answers.plain({"data": None}),
    "words": answers.plain({"data": ["llama"]}),
}
"""Ways not to say which models there are."""


def listing(*names: str) -> Answer:
    """List these models, and answer chats."""
    body = {"object": "list", "data": [{"id": name, "object": "model"} for name in names]}
    chat = answers.chat()

    async def answer(received: Received, wire: Wire) -> None:
        if received.method == "GET":
            await wire.whole(200, json.dumps(body).encode())
        else:
            await chat(received, wire)

    return answer


@contextmanager
def settled(
    config: Mapping[str, Any], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    """Serve, and wait until every server has been asked."""
    with running_proxy(config, folder, environment) as proxy:
        client = proxy.http
        eventually(lambda: client.get("/health/ready").json()["status"] != "starting")
        yield proxy


def names_of(proxy: Proxy) -> list[str]:
    return [model.id for model in proxy.openai.models.list().data]


def test_the_models_of_a_server_are_listed_and_stand_behind_auto(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.answer = listing("llama", "qwen")
    environment = {"OLLAMA_BASE_URL": upstream.url}

    with settled({}, tmp_path, environment) as proxy:
        names = names_of(proxy)
        reply = proxy.http.post("/v1/chat/completions", json={"model": "auto", "messages": ASK})

    assert names == ["auto", "llama", "qwen"]
    assert reply.headers["x-wrp-model"] == "llama"
    assert upstream.last.json["model"] == "llama"


@pytest.mark.parametrize("variable", ["OLLAMA_BASE_URL", "VLLM_BASE_URL"])
def test_the_address_of_a_server_may_lack_its_v1(
    upstream: FakeUpstream, tmp_path: Path, variable: str
) -> None:
    upstream.answer = listing("llama")

    with settled({}, tmp_path, {variable: upstream.url.removesuffix("/v1")}) as proxy:
        names = names_of(proxy)

    assert names == ["auto", "llama"]
    assert upstream.received[0].path == "/v1/models"


def test_a_provider_that_no_model_names_is_asked_and_what_cannot_talk_is_left_out(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.answer = listing("whisper-1", "models/gemini-x", "dall-e-3", "text-embedding-x", "tts")
    provider = {"type": "openai", "base_url": upstream.url}

    with settled({"providers": {"lab": provider}}, tmp_path) as proxy:
        names = names_of(proxy)

    assert names == ["auto", "gemini-x", "text-embedding-x"]


@pytest.mark.parametrize("discover", [None, False])
def test_a_provider_that_a_model_names_is_not_asked(
    upstream: FakeUpstream, tmp_path: Path, *, discover: bool | None
) -> None:
    config = lab_config(upstream.url)
    config["providers"]["lab"]["discover"] = discover

    with settled(config, tmp_path) as proxy:
        names = names_of(proxy)

    assert names == ["auto", "small"]
    assert upstream.received == []


def test_a_server_is_asked_with_its_key(upstream: FakeUpstream, tmp_path: Path) -> None:
    upstream.answer = listing("llama")
    environment = {
        "WRP_PROVIDER_LAB_BASE_URL": f"{upstream.url}/",
        "WRP_PROVIDER_LAB_API_KEY": "the-key",
    }

    with settled({}, tmp_path, environment) as proxy:
        reply = proxy.http.get("/health/ready")

    assert upstream.received[0].path == "/v1/models"
    assert upstream.received[0].headers["authorization"] == "Bearer the-key"
    assert reply.json()["models"] == {"llama": "ready"}


def test_models_that_are_found_stand_beside_those_of_the_file(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.answer = listing("small", "found")
    config = lab_config(upstream.url)
    config["providers"]["lab"]["discover"] = True

    with settled(config, tmp_path) as proxy:
        names = names_of(proxy)
        proxy.http.post("/v1/chat/completions", json={"model": "small", "messages": ASK})

    assert sorted(names) == ["auto", "found", "small"]
    assert upstream.last.json["model"] == "mock-small"


def test_servers_that_fail_are_warned_of_and_the_proxy_starts_all_the_same(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    async def fail(received: Received, wire: Wire) -> None:
        name = received.path.split("/")[2]
        await FAILURES[name](received, wire)

    upstream.answer = fail
    environment = {
        f"WRP_PROVIDER_{name.upper()}_BASE_URL": f"{upstream.url}/{name}" for name in FAILURES
    }

    with capture_logs() as logs, settled({}, tmp_path, environment) as proxy:
        ready = proxy.http.get("/health/ready")
        live = proxy.http.get("/health/live")

    warnings = {log["provider"]: log for log in logs if log["event"] == "models not listed"}
    assert warnings.keys() == FAILURES.keys()
    assert {log["log_level"] for log in warnings.values()} == {"warning"}
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert live.status_code == 200


def test_a_server_that_is_not_there_is_warned_of_too(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        environment = {"VLLM_BASE_URL": f"http://127.0.0.1:{nobody.getsockname()[1]}"}

        with capture_logs() as logs, settled({}, tmp_path, environment) as proxy:
            names = names_of(proxy)

    assert names == []
    assert [log["provider"] for log in logs if log["event"] == "models not listed"] == ["vllm"]


def test_a_server_that_fails_does_not_hide_the_models_of_another(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    with FakeUpstream(listing("llama")) as other:
        upstream.answer = answers.error(500)
        environment = {"VLLM_BASE_URL": upstream.url, "OLLAMA_BASE_URL": other.url}

        with settled({}, tmp_path, environment) as proxy:
            names = names_of(proxy)

    assert names == ["auto", "llama"]


def test_a_found_model_with_the_name_of_a_route_neither_takes_it_nor_is_listed_twice(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.answer = listing("auto", "llama")

    with settled({}, tmp_path, {"VLLM_BASE_URL": upstream.url}) as proxy:
        names = names_of(proxy)
        reply = proxy.http.post("/v1/chat/completions", json={"model": "auto", "messages": ASK})

    assert names == ["auto", "llama"]
    assert reply.headers["x-wrp-route"] == "auto"


def test_a_model_that_two_servers_list_is_one_pool() -> None:
    servers = {"OLLAMA_BASE_URL": "http://127.0.0.1:1", "VLLM_BASE_URL": "http://127.0.0.1:2"}
    deciding = make_deciding(load(None, servers))

    for provider in ("ollama", "vllm"):
        deciding.catalog.replace(provider, [deciding.models.found(provider, "llama")])

    names = {endpoint.name for endpoint in deciding.catalog.models["llama"].endpoints}
    assert names == {"ollama/llama", "vllm/llama"}


def test_a_server_that_lists_nothing_leaves_the_proxy_without_models(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.answer = listing()

    with settled({}, tmp_path, {"VLLM_BASE_URL": upstream.url}) as proxy:
        names = names_of(proxy)
        reply = proxy.http.post("/v1/chat/completions", json={"model": "auto", "messages": ASK})

    assert names == []
    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "no_model_configured"
