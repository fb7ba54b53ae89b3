"""Requests that are refused before any model is asked."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, ask, lab_config

_MESSAGES = b'"messages":[{"role":"user","content":"Hi"}]'
_ASKED: dict[str, Any] = {"model": "auto", "messages": ASK}


def _error_of(reply: httpx.Response) -> dict[str, Any]:
    error = reply.json()["error"]
    assert isinstance(error, dict)
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def test_an_unknown_model_is_not_found(shared_proxy: Proxy) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        shared_proxy.openai.chat.completions.create(model="gpt-unheard-of", messages=ASK)

    assert caught.value.status_code == 404
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"
    assert "gpt-unheard-of" in caught.value.message
    assert "small" not in caught.value.message


def test_an_upstream_model_of_an_unknown_provider_is_not_found(shared_proxy: Proxy) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        shared_proxy.openai.chat.completions.create(model="nowhere/mock", messages=ASK)

    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_model_is_not_found_in_a_stream_either(
    shared_proxy: Proxy, stream: bool
) -> None:
    reply = ask(shared_proxy, model="gpt-unheard-of", stream=stream)

    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/json"
    assert _error_of(reply)["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"   ", id="blank"),
        pytest.param(b"hello", id="no JSON"),
        pytest.param(b'["model", "auto"]', id="a list"),
        pytest.param(b'"auto"', id="a string"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"model":"auto",' + _MESSAGES, id="cut off"),
        pytest.param(b'{"model":"auto",' + _MESSAGES + b"} and more", id="trailing text"),
        pytest.param(b'{"model":"auto","temperature":NaN,' + _MESSAGES + b"}", id="NaN"),
        pytest.param(b'{"model":"auto","temperature":-Infinity,' + _MESSAGES + b"}", id="Infinity"),
        pytest.param(
            b'{"model":"auto","messages":[{"role":"user","content":"a \\ud83d b"}]}',
            id="lone high surrogate",
        ),
        pytest.param(
            b'{"model":"auto","messages":[{"role":"user","content":"a \\ude00"}]}',
            id="lone low surrogate",
        ),
        pytest.param(
            b'{"model":"auto","messages":[{"role":"user","content":"\xed\xa0\xbd"}]}',
            id="surrogate as bytes",
        ),
        pytest.param(
            b'{"model":"auto","messages":[{"role":"user","content":"\xff"}]}', id="no UTF-8"
        ),
        pytest.param(b"[" * 100_000, id="deep and open"),
        pytest.param(
            b'{"model":"auto","tools":' + b"[" * 5000 + b"]" * 5000 + b"," + _MESSAGES + b"}",
            id="deep",
        ),
        pytest.param(
            b'{"model":"auto","tools":'
            + b'{"a":' * 5000
            + b"1"
            + b"}" * 5000
            + b","
            + _MESSAGES
            + b"}",
            id="deep objects",
        ),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(shared_client: httpx.Client, body: bytes) -> None:
    reply = shared_client.post(CHAT, content=body)

    assert reply.status_code == 400
    assert _error_of(reply)["type"] == "invalid_request_error"
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("depth", range(100, 1200, 50))
def test_nesting_is_either_refused_or_forwarded(shared_client: httpx.Client, depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    body = b'{"model":"auto","tools":[' + nested + b"]," + _MESSAGES + b"}"

    reply = shared_client.post(CHAT, content=body)

    assert reply.status_code in {200, 400}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        pytest.param({"messages": None}, "messages", id="messages null"),
        pytest.param({"messages": []}, "messages", id="messages empty"),
        pytest.param({"messages": "Hi"}, "messages", id="messages a string"),
        pytest.param({"messages": {"role": "user"}}, "messages", id="messages an object"),
        pytest.param({"messages": ["Hi"]}, "messages[0]", id="a message that is a string"),
        pytest.param({"messages": [*ASK, None]}, "messages[1]", id="a message that is null"),
        pytest.param({"model": None}, "model", id="model null"),
        pytest.param({"model": ""}, "model", id="model empty"),
        pytest.param({"model": 4}, "model", id="model a number"),
        pytest.param({"max_tokens": 0}, "max_tokens", id="max_tokens 0"),
        pytest.param({"max_tokens": -1}, "max_tokens", id="max_tokens negative"),
        pytest.param({"max_tokens": "10"}, "max_tokens", id="max_tokens a string"),
        pytest.param({"max_tokens": 1.5}, "max_tokens", id="max_tokens a fraction"),
        pytest.param({"max_tokens": True}, "max_tokens", id="max_tokens true"),
        pytest.param({"max_completion_tokens": 0}, "max_completion_tokens", id="newer name"),
        pytest.param({"n": 0}, "n", id="n 0"),
        pytest.param({"stream": "yes"}, "stream", id="stream a string"),
        pytest.param(
            {"stream": True, "stream_options": []}, "stream_options", id="stream_options a list"
        ),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(
    shared_client: httpx.Client, fields: dict[str, Any], param: str
) -> None:
    reply = shared_client.post(CHAT, json={**_ASKED, **fields})

    assert reply.status_code == 400
    assert _error_of(reply)["type"] == "invalid_request_error"
    assert _error_of(reply)["param"] == param


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_a_missing_field_is_refused_by_its_name(shared_client: httpx.Client, missing: str) -> None:
    body = {name: value for name, value in _ASKED.items() if name != missing}

    reply = shared_client.post(CHAT, json=body)

    assert reply.status_code == 400
    assert _error_of(reply)["param"] == missing


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": None, "content": 5}]},
        {"messages": [{"content": {"a": 1}}]},
        {"messages": [{"role": "user", "content": [1, None, [2], {"type": ["text"]}]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
        {"messages": [{"role": "assistant", "tool_calls": 7}]},
        {"tools": 5},
        {"tools": [{"limit": 123456789012345678901234567890}]},
        {"tools": {"a": "b"}, "functions": True},
        {"response_format": ["json_schema"]},
        {"logprobs": "yes", "top_logprobs": -1},
        {"stream_options": {"include_usage": "maybe"}, "stream": True},
        {"max_tokens": 7, "max_completion_tokens": None, "stop": {}},
    ],
)
def test_odd_fields_are_the_upstreams_to_judge(
    shared_client: httpx.Client, fields: dict[str, Any]
) -> None:
    reply = shared_client.post(CHAT, json={**_ASKED, **fields})

    assert reply.status_code == 200


def test_a_refusal_leaves_the_connection_usable(shared_client: httpx.Client) -> None:
    bodies = [b"no JSON", b"{}", b'{"model":"auto",' + _MESSAGES + b"}"]

    statuses = [shared_client.post(CHAT, content=body).status_code for body in bodies]

    assert statuses == [400, 400, 200]


def _limited(upstream: FakeUpstream) -> dict[str, Any]:
    return lab_config(upstream.url, server={"max_body_bytes": 1000})


def test_a_body_over_the_limit_is_refused_to_the_stock_client(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(_limited(upstream))

    with pytest.raises(openai.APIStatusError) as caught:
        proxy.openai.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": "x" * 5_000_000}]
        )

    assert caught.value.status_code == 413
    assert caught.value.type == "invalid_request_error"
    assert upstream.received == []


def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(_limited(upstream))
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: proxy\r\n"
        "expect: 100-continue\r\ncontent-length: 1001\r\n\r\n"
    )

    with socket.create_connection(("127.0.0.1", httpx.URL(proxy.url).port or 0), 20) as client:
        client.sendall(head.encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"type":"invalid_request_error"' in answer
    assert b"server.max_body_bytes" in answer


def test_a_chunked_body_over_the_limit_is_refused(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(_limited(upstream))

    def pieces() -> Iterator[bytes]:
        yield b'{"model":"auto","messages":[{"role":"user","content":"'
        for _ in range(20):
            yield b"x" * 100
        yield b'"}]}'

    reply = proxy.http.post(CHAT, content=pieces())

    assert reply.status_code == 413
    assert _error_of(reply)["code"] == "request_too_large"
    assert upstream.received == []


def test_a_chunked_body_below_the_limit_is_served(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(_limited(upstream))

    reply = proxy.http.post(CHAT, content=iter([b'{"model":"auto",', _MESSAGES, b"}"]))

    assert reply.status_code == 200
    assert upstream.last.json["messages"] == [{"role": "user", "content": "Hi"}]


def test_a_body_of_exactly_the_limit_is_served(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(_limited(upstream))
    body = b'{"model":"auto",' + _MESSAGES + b"}"

    reply = proxy.http.post(CHAT, content=body.ljust(1000))

    assert reply.status_code == 200
