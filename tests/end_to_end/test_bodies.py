"""Bodies that no client of good will sends: refused in the API's words, whatever they are."""

from typing import Any

import pytest

from tests.proxy import ASK, Proxy

DEEP: Any = "x"
for _ in range(900):
    DEEP = [DEEP]

PATHS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": ASK},
    "/v1/completions": {"prompt": "Hello"},
    "/v1/embeddings": {"input": "Hello"},
    "/v1/responses": {"input": "Hello"},
    "/v1/messages": {"messages": ASK, "max_tokens": 5},
    "/v1/messages/count_tokens": {"messages": ASK},
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["input", "prompt", "messages", "tools", "metadata"])
def test_deep_nesting_never_comes_through_the_floor(
    shared_proxy: Proxy, path: str, name: str
) -> None:
    body = {"model": "small", **PATHS[path], name: DEEP}

    reply = shared_proxy.http.post(path, json=body)

    assert reply.headers["content-type"] == "application/json"
    assert "x-request-id" in reply.headers
    if reply.status_code != 200:
        assert reply.json()["error"]["message"]
        assert reply.json()["error"].get("code") != "internal_error"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"null", b'"x"', b"{", b'{"model": NaN}', b'{"model": "\\ud800"}', b"\xff"]
)
def test_what_is_no_json_object_is_refused_on_every_path(
    shared_proxy: Proxy, path: str, raw: bytes
) -> None:
    reply = shared_proxy.http.post(path, content=raw)

    assert reply.status_code == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert ("type" in reply.json()) == path.startswith("/v1/messages")


@pytest.mark.parametrize("path", PATHS)
def test_a_large_body_is_read_as_a_small_one_is(shared_proxy: Proxy, path: str) -> None:
    bodies = [{"model": "small", **PATHS[path], "user": "x" * size} for size in (1, 300_000)]

    small, large = (shared_proxy.http.post(path, json=body) for body in bodies)

    assert small.status_code == large.status_code


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_tokens", -5), ("max_tokens", 0), ("max_tokens", "5"), ("n", -1), ("n", [1]), ("n", 1.5)],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
def test_numbers_that_make_no_sense_are_refused(
    shared_proxy: Proxy, path: str, name: str, value: Any
) -> None:
    reply = shared_proxy.http.post(path, json={"model": "small", **PATHS[path], name: value})

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, name)
