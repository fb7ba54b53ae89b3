"""Keys: who may ask, and under which name it is written down."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import openai
import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, lab_config, recorded

_KEYS = {
    "api_keys": [
        {"key": "alpha-secret-key", "name": "alpha"},
        {"key": "root-secret-key", "name": "root", "admin": True},
        {"key": "schlüssel", "name": "umlaut"},
        "nameless-secret-key",
    ]
}
_BODY: dict[str, Any] = {"model": "auto", "messages": ASK}


@pytest.fixture
def guarded(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    return start_proxy(lab_config(upstream.url, server=_KEYS))


def test_the_stock_client_gets_in_with_its_key(guarded: Proxy) -> None:
    client = replace(guarded, key="alpha-secret-key").openai

    reply = client.chat.completions.create(model="auto", messages=ASK)

    assert reply.choices[0].message.content == "Hello there"


def test_the_stock_client_with_a_wrong_key_is_told_so(
    guarded: Proxy, upstream: FakeUpstream
) -> None:
    client = replace(guarded, key="sk-wrong-key").openai

    with pytest.raises(openai.AuthenticationError) as caught:
        client.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.code == "invalid_api_key"
    assert caught.value.request_id
    assert "sk-wrong-key" not in caught.value.response.text
    assert upstream.received == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"authorization": ""}, id="empty"),
        pytest.param({"authorization": "Bearer"}, id="no key"),
        pytest.param({"authorization": "Bearer "}, id="blank key"),
        pytest.param({"authorization": "alpha-secret-key"}, id="no scheme"),
        pytest.param({"authorization": "Basic alpha-secret-key"}, id="another scheme"),
        pytest.param({"authorization": "Bearer alpha-secret-ke"}, id="too short"),
        pytest.param({"authorization": "Bearer alpha-secret-keyx"}, id="too long"),
        pytest.param({"authorization": "Bearer ALPHA-SECRET-KEY"}, id="another case"),
        pytest.param({"authorization": b"Bearer \xff\xfe\x80"}, id="no text at all"),
        pytest.param({"authorization": "Bearer schlüsse".encode()}, id="not ASCII"),
        pytest.param({"x-api-key": "wrong"}, id="wrong x-api-key"),
        pytest.param({"x-api-key": b"\xe9\xff"}, id="x-api-key not ASCII"),
        pytest.param({"cookie": "key=alpha-secret-key"}, id="a cookie"),
    ],
)
def test_no_key_of_the_proxy_is_no_entry(guarded: Proxy, headers: dict[str, str | bytes]) -> None:
    client = guarded.http
    del client.headers["authorization"]

    reply = client.post(
        CHAT, json=_BODY, headers=[(name, value) for name, value in headers.items()]
    )

    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "invalid_api_key"
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.headers["x-request-id"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"authorization": "Bearer alpha-secret-key"}, id="Bearer"),
        pytest.param({"authorization": "bearer alpha-secret-key"}, id="bearer"),
        pytest.param({"x-api-key": "alpha-secret-key"}, id="x-api-key"),
        pytest.param({"authorization": "Bearer schlüssel".encode()}, id="not ASCII"),
    ],
)
def test_a_key_of_the_proxy_lets_in(guarded: Proxy, headers: dict[str, str | bytes]) -> None:
    client = guarded.http
    del client.headers["authorization"]

    reply = client.post(
        CHAT, json=_BODY, headers=[(name, value) for name, value in headers.items()]
    )

    assert reply.status_code == 200


@pytest.mark.parametrize("path", ["/v1/models", "/v1/usage", "/metrics", "/nowhere"])
def test_all_but_the_health_of_the_proxy_needs_a_key(guarded: Proxy, path: str) -> None:
    client = guarded.http
    del client.headers["authorization"]

    refused = client.get(path)
    healthy = client.get("/health/live")

    assert refused.status_code == 401
    assert healthy.status_code == 200


def test_the_name_of_a_key_is_on_record_and_the_key_is_nowhere(guarded: Proxy) -> None:
    for key in ("alpha-secret-key", "nameless-secret-key"):
        replace(guarded, key=key).openai.chat.completions.create(model="auto", messages=ASK)
    rows = recorded(replace(guarded, key="root-secret-key"), 2)
    on_disk = b"".join(file.read_bytes() for file in guarded.state_dir.rglob("*"))

    assert rows[0]["tenant"] == "alpha"
    assert rows[1]["tenant"] == f"key-{sha256(b'nameless-secret-key').hexdigest()[:8]}"
    assert b"alpha" in on_disk
    assert b"secret-key" not in on_disk


def test_without_keys_everybody_is_anonymous(proxy: Proxy) -> None:
    client = proxy.http
    del client.headers["authorization"]

    reply = client.post(CHAT, json=_BODY)

    assert reply.status_code == 200
    assert recorded(proxy)[0]["tenant"] == "anonymous"
