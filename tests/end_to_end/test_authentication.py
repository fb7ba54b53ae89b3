"""Keys: who may ask, and under which name it is written down."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx
import openai
import pytest

from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, ask, lab_config, recorded, running_proxy

_KEYS = {
    "api_keys": [
        {"key": "alpha-secret-key", "name": "alpha"},
        {"key": "root-secret-key", "name": "root", "admin": True},
        {"key": "schlüssel", "name": "umlaut"},
        "nameless-secret-key",
    ]
}
_BODY: dict[str, Any] = {"model": "auto", "messages": ASK}


@pytest.fixture(scope="module")
def guarded(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    config = lab_config(shared_upstream.url, server=_KEYS)
    with running_proxy(config, tmp_path_factory.mktemp("guarded")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def bare_client(guarded: Proxy) -> httpx.Client:
    """A client that sends no key of its own."""
    client = guarded.http
    del client.headers["authorization"]
    return client


def test_the_stock_client_gets_in_with_its_key(guarded: Proxy) -> None:
    client = replace(guarded, key="alpha-secret-key").openai

    reply = client.chat.completions.create(model="auto", messages=ASK)

    assert reply.choices[0].message.content == "Hello there"


def test_the_stock_client_with_a_wrong_key_is_told_so(
    guarded: Proxy, shared_upstream: FakeUpstream
) -> None:
    client = replace(guarded, key="sk-wrong-key").openai
    shared_upstream.received.clear()

    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id
    assert "sk-wrong-key" not in caught.value.response.text
    assert shared_upstream.received == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([(b"authorization", b"")], id="empty"),
        pytest.param([(b"authorization", b"Bearer")], id="no key"),
        pytest.param([(b"authorization", b"alpha-secret-key")], id="no scheme"),
        pytest.param([(b"authorization", b"Basic alpha-secret-key")], id="another scheme"),
        pytest.param([(b"authorization", b"Bearer alpha-secret-ke")], id="too short"),
        pytest.param([(b"authorization", b"Bearer alpha-secret-keyx")], id="too long"),
        pytest.param([(b"authorization", b"Bearer ALPHA-SECRET-KEY")], id="another case"),
        pytest.param([(b"authorization", b"Bearer \xff\xfe\x80")], id="no text at all"),
        pytest.param([(b"authorization", "Bearer schlüsse".encode())], id="not ASCII"),
        pytest.param([(b"x-api-key", b"wrong")], id="wrong x-api-key"),
        pytest.param([(b"x-api-key", b"\xe9\xff")], id="x-api-key not ASCII"),
        pytest.param([(b"cookie", b"key=alpha-secret-key")], id="a cookie"),
    ],
)
def test_no_key_of_the_proxy_is_no_entry(
    bare_client: httpx.Client, headers: list[tuple[bytes, bytes]]
) -> None:
    reply = bare_client.post(CHAT, json=_BODY, headers=headers)

    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "invalid_api_key"
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([(b"authorization", b"Bearer alpha-secret-key")], id="Bearer"),
        pytest.param([(b"authorization", b"bearer alpha-secret-key")], id="bearer"),
        pytest.param([(b"x-api-key", b"alpha-secret-key")], id="x-api-key"),
        pytest.param([(b"authorization", "Bearer schlüssel".encode())], id="not ASCII"),
    ],
)
def test_a_key_of_the_proxy_lets_in(
    bare_client: httpx.Client, headers: list[tuple[bytes, bytes]]
) -> None:
    reply = bare_client.post(CHAT, json=_BODY, headers=headers)

    assert reply.status_code == 200


@pytest.mark.parametrize("path", ["/v1/models", "/v1/usage", "/metrics", "/nowhere"])
def test_all_but_the_health_of_the_proxy_needs_a_key(bare_client: httpx.Client, path: str) -> None:
    refused = bare_client.get(path)
    healthy = bare_client.get("/health/live")

    assert refused.status_code == 401
    assert healthy.status_code == 200


@pytest.mark.parametrize(
    ("key", "tenant"),
    [
        ("alpha-secret-key", "alpha"),
        ("nameless-secret-key", f"key-{sha256(b'nameless-secret-key').hexdigest()[:8]}"),
    ],
)
def test_the_name_of_a_key_is_on_record_and_the_key_is_nowhere(
    guarded: Proxy, key: str, tenant: str
) -> None:
    reply = ask(replace(guarded, key=key))
    root = replace(guarded, key="root-secret-key")
    (row,) = recorded(root, request_id=reply.headers["x-request-id"])
    on_disk = b"".join(file.read_bytes() for file in guarded.state_dir.rglob("*"))

    assert row["tenant"] == tenant
    assert tenant.encode() in on_disk
    assert b"secret-key" not in on_disk


def test_without_keys_everybody_is_anonymous(proxy: Proxy) -> None:
    client = proxy.http
    del client.headers["authorization"]

    reply = client.post(CHAT, json=_BODY)

    assert reply.status_code == 200
    assert recorded(proxy)[0]["tenant"] == "anonymous"
