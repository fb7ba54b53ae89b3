"""Embeddings: forwarded as they are, and always in the encoding that was asked for."""

import json
from base64 import b64encode
from struct import pack
from typing import Any

import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream
from tests.proxy import Proxy, lab_config, recorded

NUMBERS = [0.5, -0.25, 1.0]
PACKED = b64encode(pack("<3f", *NUMBERS)).decode()


def embeddings(embedding: Any) -> Answer:
    row = {"object": "embedding", "index": 0, "embedding": embedding}
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    return answers.plain({"object": "list", "data": [row], "model": "m", "usage": usage})


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    """A chat model and an embedding model before one upstream."""
    config = lab_config(upstream.url)
    config["models"]["vectors"] = {
        "endpoints": [{"provider": "lab", "model": "mock-vectors"}],
        "capabilities": ["embeddings"],
        "price": {"input": 2.0, "output": 0.0},
    }
    return start_proxy(config)


@pytest.mark.parametrize("said", [NUMBERS, PACKED], ids=["floats", "base64"])
@pytest.mark.parametrize("encoding", [None, "float", "base64"])
def test_the_stock_client_gets_the_right_numbers_whatever_the_upstream_says(
    proxy: Proxy, upstream: FakeUpstream, said: Any, encoding: Any
) -> None:
    upstream.answer = embeddings(said)
    asked = {} if encoding is None else {"encoding_format": encoding}

    answer = proxy.openai.embeddings.create(model="auto", input="Hello", **asked)

    expected = PACKED if encoding == "base64" else NUMBERS
    assert answer.data[0].embedding == expected
    assert upstream.received[0].json["model"] == "mock-vectors"


@pytest.mark.parametrize("encoding", [None, "float", "base64"])
def test_what_comes_as_asked_is_relayed_byte_for_byte(
    proxy: Proxy, upstream: FakeUpstream, encoding: str | None
) -> None:
    said = json.dumps(PACKED if encoding == "base64" else NUMBERS).encode()
    upstream.answer = answers.plain(b'{"data": [ {"embedding": %b, "odd": 1.10} ] }' % said)
    body = {"model": "vectors", "input": "Hello", "encoding_format": encoding}

    reply = proxy.http.post("/v1/embeddings", json=body)

    assert reply.content == b'{"data": [ {"embedding": %b, "odd": 1.10} ] }' % said


def test_tokens_and_dimensions_are_passed_on_and_counted(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = embeddings(NUMBERS)
    body = {"model": "auto", "input": [[1, 2, 3], [4]], "dimensions": 3, "odd": 1}

    reply = proxy.http.post("/embeddings", json=body, headers={"x-wrp-debug": "1"})

    assert upstream.received[0].path == "/v1/embeddings"
    assert upstream.received[0].json == {**body, "model": "mock-vectors"}
    assert reply.headers["x-wrp-input-tokens"] == "4"
    (row,) = recorded(proxy)
    assert (row["prompt_tokens"], row["completion_tokens"], row["cost_usd"]) == (3, 0, 6e-6)


def test_a_chat_model_makes_no_embeddings(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    config = lab_config(upstream.url)
    config["models"]["small"]["capabilities"] = ["tools"]
    proxy = start_proxy(config)

    reply = proxy.http.post("/v1/embeddings", json={"model": "auto", "input": "Hello"})

    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "unsupported_capability"
    assert "embeddings" in reply.json()["error"]["message"]


def test_an_embedding_model_does_not_chat(proxy: Proxy, upstream: FakeUpstream) -> None:
    body = {"model": "vectors", "messages": [{"role": "user", "content": "Hello"}]}

    reply = proxy.http.post("/v1/chat/completions", json=body)

    assert reply.json()["error"]["code"] == "unsupported_capability"
    assert upstream.received == []


@pytest.mark.parametrize(
    "given", [None, 7, [], [{}], [[]], ["a", 1], [1, "a"], [[1], ["a"]], [None], [[1], 2]]
)
def test_an_input_that_is_none_is_refused(proxy: Proxy, given: Any) -> None:
    reply = proxy.http.post("/v1/embeddings", json={"model": "vectors", "input": given})

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "input")


@pytest.mark.parametrize(
    "said",
    [b"", b"[]", b"{}", b'{"data": []}', b'{"data": null}', b"<html>"],
)
def test_an_answer_without_embeddings_is_a_failure(
    proxy: Proxy, upstream: FakeUpstream, said: bytes
) -> None:
    upstream.answer = answers.plain(said)

    reply = proxy.http.post("/v1/embeddings", json={"model": "vectors", "input": "Hello"})

    assert reply.status_code == 502


@pytest.mark.parametrize(("said", "asked"), [("no base64!", "float"), (["x"], "base64")])
def test_an_embedding_that_cannot_be_turned_into_what_was_asked_is_a_failure(
    proxy: Proxy, upstream: FakeUpstream, said: Any, asked: str
) -> None:
    upstream.answer = embeddings(said)
    body = {"model": "vectors", "input": "Hello", "encoding_format": asked}

    reply = proxy.http.post("/v1/embeddings", json=body)

    assert reply.status_code == 502
