"""The proxy before vendors that it speaks to through the real LiteLLM."""

import json
from typing import Any

import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, lab_config, recorded
from wrp_proxy.providers.litellm_library import is_litellm_installed

pytestmark = [
    pytest.mark.skipif(
        not is_litellm_installed(), reason="the extra `litellm` is not installed: no litellm"
    ),
    # LiteLLM leaves sessions, tasks and loops to the garbage collector.
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    return start_proxy(litellm_config(upstream.url))


def litellm_config(url: str) -> dict[str, Any]:
    config = lab_config(url)
    config["providers"]["lab"]["type"] = "litellm"
    config["models"]["small"]["endpoints"][0]["model"] = "hosted_vllm/mock"
    return config


def test_a_plain_answer_is_relayed_and_billed(proxy: Proxy, upstream: FakeUpstream) -> None:
    answer = proxy.openai.chat.completions.create(model="small", messages=ASK)

    assert answer.choices[0].message.content == "Hello there"
    assert upstream.last.headers["authorization"] == "Bearer upstream-secret"
    assert upstream.last.json["model"] == "mock"
    (row,) = recorded(proxy)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (11, 7)


def test_a_streamed_answer_is_relayed_and_billed(proxy: Proxy) -> None:
    stream = proxy.openai.chat.completions.create(model="small", messages=ASK, stream=True)

    chunks = list(stream)

    texts = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(texts) == "Hello there "
    assert [chunk.choices[0].finish_reason for chunk in chunks][-1] == "stop"
    (row,) = recorded(proxy)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (11, 7)


def test_usage_is_sent_to_those_who_ask(proxy: Proxy) -> None:
    options = {"include_usage": True}

    body = ask(proxy, model="small", stream=True, stream_options=options).content

    usage = [event for event in body.split(b"\n\n") if b'"choices":[]' in event]
    assert len(usage) == 1
    assert b'"prompt_tokens":11' in usage[0]


def test_a_rate_limit_reaches_the_client_as_such(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.error(429, message="Slow down", headers={"retry_after": "7"})

    reply = ask(proxy, model="small")

    assert reply.status_code == 429
    assert reply.headers["retry-after"] == "7"
    assert reply.json()["error"]["message"] == "Slow down"


def test_a_stream_without_a_finish_ends_with_an_error(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.stream(answers.chunks_of(["Hello"])[:2])

    body = ask(proxy, model="small", stream=True).content

    last = json.loads(body.split(b"\n\n")[-2].removeprefix(b"data: "))
    assert last["error"]["code"] == "upstream_disconnected"
    assert b'"finish_reason":"stop"' not in body


def test_a_client_that_leaves_ends_the_call(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.paused_stream(answers.chunks_of(["Hello"])[:2], [])
    asked = {"model": "small", "messages": ASK, "stream": True}

    with proxy.http.stream("POST", "/v1/chat/completions", json=asked) as reply:
        next(reply.iter_raw())

    assert upstream.last.client_left.wait(20)
    (row,) = recorded(proxy)
    assert row["finish"] == "cancelled"


def test_a_caller_cannot_send_the_key_elsewhere(
    proxy: Proxy, upstream: FakeUpstream, dead_url: str
) -> None:
    reply = ask(proxy, model="small", api_base=dead_url, base_url=dead_url)

    assert reply.status_code == 200
    assert len(upstream.received) == 1
