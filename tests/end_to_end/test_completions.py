"""The older completions: forwarded where an upstream has them, told as a chat where it has not."""

import json
from typing import Any

import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import Proxy, lab_config, recorded

TEXT = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1,
    "model": "mock-1",
    "choices": [{"index": 0, "text": " world", "logprobs": None, "finish_reason": "stop"}],
    "usage": answers.USAGE,
}


async def text_completions(received: Received, wire: Wire) -> None:
    """Complete texts, as servers do that have the older API."""
    if not received.json.get("stream"):
        await wire.whole(200, json.dumps(TEXT).encode())
        return
    choice = {"index": 0, "text": " wor", "logprobs": None, "finish_reason": None}
    last = {**choice, "text": "ld", "finish_reason": "stop"}
    await wire.begin_stream()
    for choices in ([choice], [last]):
        await wire.piece(answers.event({**TEXT, "choices": choices, "usage": None}))
    await wire.piece(answers.event({**TEXT, "choices": []}))
    await wire.piece(answers.DONE)
    await wire.end_stream()


def chat_only(url: str) -> dict[str, Any]:
    config = lab_config(url)
    config["providers"]["lab"]["apis"] = ["chat"]
    return config


def test_a_completion_is_forwarded_as_it_is(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = text_completions
    body = b'{"model": "small", "prompt": "def f(", "suffix": ")", "odd": 1.10}'

    reply = proxy.http.post("/v1/completions", content=body)

    assert reply.json() == TEXT
    (received,) = upstream.received
    assert received.path == "/v1/completions"
    assert received.body == body.replace(b'"small"', b'"mock-small"').replace(b": ", b":").replace(
        b", ", b","
    )
    assert recorded(proxy)[0]["completion_tokens"] == 7


def test_a_streamed_completion_is_relayed_and_counted(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = text_completions

    chunks = list(proxy.openai.completions.create(model="auto", prompt="Hello", stream=True))

    assert "".join(chunk.choices[0].text for chunk in chunks) == " world"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert upstream.received[0].json["stream_options"] == {"include_usage": True}
    assert recorded(proxy)[0]["completion_tokens"] == 7


def test_several_prompts_must_all_be_finished(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.stream(
        [answers.event({**TEXT, "usage": None})], content_type="text/event-stream"
    )
    body = {"model": "small", "prompt": ["one", "two"], "stream": True}

    reply = proxy.http.post("/v1/completions", json=body)

    assert reply.text.endswith('"code":"upstream_disconnected"}}\n\n')


@pytest.mark.parametrize("path", ["/v1/completions", "/completions"])
def test_a_chat_model_completes_a_prompt(
    upstream: FakeUpstream, start_proxy: StartProxy, path: str
) -> None:
    proxy = start_proxy(chat_only(upstream.url))

    reply = proxy.http.post(path, json={"model": "auto", "prompt": "Hi", "max_tokens": 5})

    assert upstream.received[0].path == "/v1/chat/completions"
    assert upstream.received[0].json == {
        "model": "mock-small",
        "max_tokens": 5,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    assert reply.json()["object"] == "text_completion"
    assert reply.json()["choices"][0]["text"] == "Hello there"


@pytest.mark.parametrize("wants_usage", [True, False])
def test_a_chat_model_streams_a_completion(
    upstream: FakeUpstream, start_proxy: StartProxy, *, wants_usage: bool
) -> None:
    proxy = start_proxy(chat_only(upstream.url))
    options: Any = {"include_usage": wants_usage}

    chunks = list(
        proxy.openai.completions.create(
            model="small", prompt="Hi", stream=True, stream_options=options
        )
    )

    told = [chunk for chunk in chunks if chunk.choices]
    assert "".join(chunk.choices[0].text for chunk in told) == "Hello there "
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert told[-1].choices[0].finish_reason == "stop"
    assert [chunk.usage is not None for chunk in chunks if not chunk.choices] == [
        True
    ] * wants_usage


@pytest.mark.parametrize(
    "more",
    [{"suffix": ")"}, {"echo": True}, {"logprobs": 2}, {"prompt": [1, 2]}, {"prompt": ["a", "b"]}],
)
def test_what_a_chat_cannot_do_needs_a_model_that_completes(
    upstream: FakeUpstream, start_proxy: StartProxy, more: dict[str, Any]
) -> None:
    config = chat_only(upstream.url)
    config["providers"]["coder"] = {"type": "openai", "base_url": upstream.url}
    config["models"]["coder"] = {"endpoints": [{"provider": "coder", "model": "fim"}]}
    proxy = start_proxy(config)
    upstream.answer = text_completions
    body = {"prompt": "def f(", **more}

    refused = proxy.http.post("/v1/completions", json={"model": "small", **body})
    answered = proxy.http.post("/v1/completions", json={"model": "auto", **body})

    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "unsupported_capability")
    assert "completions" in error["message"]
    assert "coder" in error["message"]
    assert answered.headers["x-wrp-model"] == "coder"


@pytest.mark.parametrize("prompt", [{"a": 1}, [{}], 7, [["a"]]])
def test_a_prompt_that_is_none_is_refused(proxy: Proxy, prompt: Any) -> None:
    reply = proxy.http.post("/v1/completions", json={"model": "small", "prompt": prompt})

    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "prompt"
