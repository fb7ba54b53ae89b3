"""Paths, methods, request ids, browsers."""

import re
from typing import Any

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, ask, lab_config

_BODY: dict[str, Any] = {"model": "auto", "messages": ASK}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/v1"),
        ("POST", "/v1/nowhere"),
        ("POST", "/v1/chat"),
        ("POST", "/v1/chat/completions/more"),
        ("DELETE", "/v1/%F0%9F%90%8B"),
        ("GET", "/favicon.ico"),
    ],
)
def test_an_unknown_path_is_not_found_in_the_shape_of_openai(
    shared_client: httpx.Client, method: str, path: str
) -> None:
    reply = shared_client.request(method, path)

    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["error"].keys() == {"message", "type", "param", "code"}
    assert reply.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/chat/completions"),
        ("PUT", "/chat/completions"),
        ("POST", "/v1/models"),
        ("DELETE", "/v1/models/small"),
        ("POST", "/v1/usage"),
        ("POST", "/metrics"),
        ("POST", "/health"),
    ],
)
def test_another_method_is_not_allowed_in_the_shape_of_openai(
    shared_client: httpx.Client, method: str, path: str
) -> None:
    reply = shared_client.request(method, path)

    assert reply.status_code == 405
    assert reply.json()["error"].keys() == {"message", "type", "param", "code"}
    assert reply.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(("path", "allowed"), [(CHAT, "POST"), ("/v1/models/small", "GET")])
def test_another_method_is_refused_with_those_that_are_allowed(
    shared_client: httpx.Client, path: str, allowed: str
) -> None:
    reply = shared_client.delete(path)

    assert reply.status_code == 405
    assert allowed in reply.headers["allow"]


def test_the_models_are_listed_routes_first(proxy: Proxy) -> None:
    models = list(proxy.openai.models.list())

    assert [model.id for model in models] == ["auto", "small"]
    assert [model.owned_by for model in models] == ["wrp-proxy", "lab"]
    assert proxy.http.get("/models").json() == proxy.http.get("/v1/models").json()


def test_one_model_is_described(shared_proxy: Proxy) -> None:
    model = shared_proxy.openai.models.retrieve("small")

    assert model.id == "small"
    assert model.object == "model"


def test_an_unknown_model_is_described_as_not_found(shared_client: httpx.Client) -> None:
    reply = shared_client.get("/v1/models/unheard/of")

    assert reply.status_code == 404
    assert reply.json()["error"]["code"] == "model_not_found"


def _every_kind_of_answer(client: httpx.Client, request_id: str | None) -> list[httpx.Response]:
    headers = {} if request_id is None else {"x-request-id": request_id}
    return [
        client.post(CHAT, json=_BODY, headers=headers),
        client.post(CHAT, json={**_BODY, "stream": True}, headers=headers),
        client.post(CHAT, json={**_BODY, "model": "unheard-of"}, headers=headers),
        client.post(CHAT, content=b"no JSON", headers=headers),
        client.post(CHAT, content=b" " * 2000, headers=headers),
        client.get(CHAT, headers=headers),
        client.get("/nowhere", headers=headers),
        client.get("/v1/models", headers=headers),
        client.get("/v1/usage", params={"group_by": "mood"}, headers=headers),
        client.get("/metrics", headers=headers),
        client.get("/health/ready", headers=headers),
        client.head("/", headers=headers),
    ]


def test_every_answer_has_a_request_id_of_its_own(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(lab_config(upstream.url, server={"max_body_bytes": 1000}))

    replies = _every_kind_of_answer(proxy.http, None)

    statuses = [200, 200, 404, 400, 413, 405, 404, 200, 400, 200, 200, 200]
    assert [reply.status_code for reply in replies] == statuses
    ids = [reply.headers["x-request-id"] for reply in replies]
    assert all(re.fullmatch(r"req_[0-9a-f]{24}", given) for given in ids)
    assert len(set(ids)) == len(ids)


def test_a_request_id_of_the_client_is_kept(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(lab_config(upstream.url, server={"max_body_bytes": 1000}))

    replies = _every_kind_of_answer(proxy.http, "trace-4711/a")

    assert {reply.headers["x-request-id"] for reply in replies} == {"trace-4711/a"}


def test_a_request_id_of_the_client_is_kept_when_an_upstream_fails(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.reset

    reply = ask(proxy, headers={"x-request-id": "trace-4711"})

    assert reply.status_code == 502
    assert reply.headers["x-request-id"] == "trace-4711"


@pytest.mark.parametrize(
    "unfit",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"two words", id="a blank"),
        pytest.param(b"x" * 129, id="too long"),
        pytest.param(b"caf\xe9", id="not ASCII"),
    ],
)
def test_an_unfit_request_id_is_replaced(shared_client: httpx.Client, unfit: bytes) -> None:
    reply = shared_client.get("/health", headers=[(b"x-request-id", unfit)])

    assert reply.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("since", ["9" * 400 + "d", "9" * 5000 + "d"])
def test_a_request_id_stands_on_whatever_a_client_gets_wrong(
    shared_client: httpx.Client, since: str
) -> None:
    reply = shared_client.get("/v1/usage", params={"since": since})

    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "since"
    assert reply.headers["x-request-id"]


@pytest.fixture
def for_browsers(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    server = {"cors_origins": ["https://app.example"], "api_keys": ["browser-key"]}
    return start_proxy(lab_config(upstream.url, server=server))


def _preflight(proxy: Proxy, origin: str) -> httpx.Response:
    client = proxy.http
    del client.headers["authorization"]
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-os",
    }
    return client.options(CHAT, headers=headers)


def test_a_preflight_of_an_allowed_origin_is_answered_without_a_key(for_browsers: Proxy) -> None:
    reply = _preflight(for_browsers, "https://app.example")

    assert reply.status_code in {200, 204}
    assert reply.headers["access-control-allow-origin"] == "https://app.example"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "authorization" in reply.headers["access-control-allow-headers"].lower()


def test_a_preflight_of_another_origin_is_refused(for_browsers: Proxy) -> None:
    reply = _preflight(for_browsers, "https://evil.example")

    assert "access-control-allow-origin" not in reply.headers


def test_a_preflight_has_a_request_id(for_browsers: Proxy) -> None:
    reply = _preflight(for_browsers, "https://app.example")

    assert reply.headers["x-request-id"]


def test_answers_and_refusals_may_be_read_by_an_allowed_origin(for_browsers: Proxy) -> None:
    origin = {"origin": "https://app.example"}
    client = for_browsers.http

    refused = client.post(CHAT, json=_BODY, headers=origin)
    served = client.post(
        CHAT, json=_BODY, headers={**origin, "authorization": "Bearer browser-key"}
    )

    assert (refused.status_code, served.status_code) == (401, 200)
    assert refused.headers["access-control-allow-origin"] == "https://app.example"
    assert served.headers["access-control-allow-origin"] == "https://app.example"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1.evil.example", "null"]
)
def test_without_keys_and_origins_no_foreign_page_is_let_in(
    shared_proxy: Proxy, origin: str
) -> None:
    preflight = _preflight(shared_proxy, origin)
    refused = ask(shared_proxy, headers={"origin": origin})

    assert preflight.status_code >= 400
    assert "access-control-allow-origin" not in preflight.headers
    assert refused.status_code == 403
    assert refused.json()["error"].keys() == {"message", "type", "param", "code"}
    assert "server.cors_origins" in refused.json()["error"]["message"]
    assert refused.headers["x-request-id"]


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:80"])
def test_a_page_of_this_machine_may_ask_without_a_key(shared_proxy: Proxy, origin: str) -> None:
    assert ask(shared_proxy, headers={"origin": origin}).status_code == 200


def test_a_page_of_any_origin_may_ask_with_a_key(for_browsers: Proxy) -> None:
    headers = {"origin": "https://evil.example", "authorization": "Bearer browser-key"}

    reply = ask(for_browsers, headers=headers)

    assert reply.status_code == 200
    assert "access-control-allow-origin" not in reply.headers
