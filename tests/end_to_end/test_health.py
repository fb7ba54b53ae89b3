"""Is it alive, and can it serve?"""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, lab_config, running_proxy
from wrp_proxy import __version__

_NOTHING: dict[str, Any] = {"providers": {}, "models": {}}


@pytest.mark.parametrize("path", ["/", "/health", "/health/live", "/health/ready"])
def test_a_healthy_proxy_answers_get_and_head(shared_client: httpx.Client, path: str) -> None:
    got, head = shared_client.get(path), shared_client.head(path)

    assert (got.status_code, head.status_code) == (200, 200)
    assert got.headers["content-type"] == "application/json"
    assert isinstance(got.json(), dict)
    assert head.content == b""


def test_the_root_names_the_proxy(shared_client: httpx.Client) -> None:
    assert shared_client.get("/").json() == {"name": "wrp-proxy", "version": __version__}


def test_readiness_tells_of_each_model(shared_client: httpx.Client) -> None:
    reply = shared_client.get("/health/ready")

    assert reply.json() == {
        "status": "ready",
        "models": {"small": "ready"},
        "cache": {"state": "ok", "detail": ""},
    }


def test_health_needs_no_key(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": ["a-key"]}))

    statuses = {httpx.get(f"{proxy.url}{path}").status_code for path in ("/", "/health/ready")}

    assert statuses == {200}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running_proxy(_NOTHING, tmp_path_factory.mktemp("empty")) as proxy:
        yield proxy


def test_without_models_the_proxy_is_alive_but_not_ready(empty: Proxy) -> None:
    client = empty.http

    live, ready, head = (
        client.get("/health/live"),
        client.get("/health/ready"),
        client.head("/health/ready"),
    )

    assert live.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["reason"] == "no model is configured"
    assert (head.status_code, head.content) == (503, b"")


def test_without_models_none_is_listed(empty: Proxy) -> None:
    assert list(empty.openai.models.list()) == []


@pytest.mark.parametrize("model", ["auto", "gpt-4o", "openai/gpt-4o"])
def test_without_models_a_chat_is_told_the_three_ways_out(empty: Proxy, model: str) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        empty.openai.chat.completions.create(model=model, messages=ASK)

    assert caught.value.status_code == 503
    assert caught.value.code == "no_model_configured"
    for way_out in ("wrp-proxy[local]", "OPENAI_API_KEY", "--config"):
        assert way_out in caught.value.message
