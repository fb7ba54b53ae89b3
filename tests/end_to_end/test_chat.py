"""The stock client against the proxy: what it asks comes back as the upstream said it."""

import json

import openai
import pytest
from openai.types.chat import ChatCompletionFunctionToolParam

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy


def test_a_plain_answer_comes_back_as_the_upstream_wrote_it(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.plain(
        answers.completion("The sea is wide.", unknown_field={"kept": True})
    )

    reply = proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert reply.choices[0].message.content == "The sea is wide."
    assert reply.usage is not None
    assert reply.usage.total_tokens == 18
    assert reply.model_extra == {"unknown_field": {"kept": True}}


def test_the_headers_say_which_model_answered_and_why(proxy: Proxy) -> None:
    reply = proxy.http.post("/v1/chat/completions", json={"model": "auto", "messages": ASK})

    assert reply.headers["x-wrp-model"] == "small"
    assert reply.headers["x-wrp-provider"] == "lab"
    assert reply.headers["x-wrp-route"] == "auto"
    assert reply.headers["x-wrp-reason"].startswith("the only able model")
    assert reply.headers["x-wrp-cache"] == "bypass"
    assert reply.headers["x-wrp-attempts"] == "1"
    assert reply.headers["x-request-id"]
    assert "x-wrp-category" not in reply.headers


def test_debug_headers_are_sent_when_asked_for(proxy: Proxy) -> None:
    reply = proxy.http.post(
        "/v1/chat/completions",
        json={"model": "auto", "messages": ASK},
        headers={"x-wrp-debug": "1"},
    )

    assert reply.headers["x-wrp-category"] == "unknown"
    assert reply.headers["x-wrp-kind"] == "chat"
    assert int(reply.headers["x-wrp-input-tokens"]) > 5
    assert reply.headers["x-wrp-endpoint"] == "lab/mock-small"
    assert json.loads(reply.headers["x-wrp-scores"]).keys() == {"small"}
    assert "routed;dur=" in reply.headers["x-wrp-timings"]


def test_a_streamed_answer_comes_back_chunk_by_chunk(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.chat("The sea is wide.")

    chunks = list(proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True))

    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "The sea is wide. "
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_the_usage_chunk_is_asked_for_and_kept_from_a_client_who_did_not_ask(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    chunks = list(proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True))

    assert upstream.last.json["stream_options"] == {"include_usage": True}
    assert all(chunk.choices for chunk in chunks)
    assert proxy.usage()[0]["completion_tokens"] == 7


def test_the_usage_chunk_reaches_a_client_who_asked(proxy: Proxy) -> None:
    chunks = list(
        proxy.openai.chat.completions.create(
            model="auto", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )

    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 18


def test_the_first_content_goes_out_before_the_second_arrives(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    whole = answers.chunks_of(["one ", "two "])
    upstream.answer = answers.paused_stream(whole[:2], whole[2:])

    stream = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    seen = [next(stream).choices[0].delta.content, next(stream).choices[0].delta.content]
    upstream.release()
    rest = [chunk.choices[0].delta.content for chunk in stream]

    assert seen == ["", "one "]
    assert rest == ["two ", None]


def test_tools_reach_the_upstream_and_its_calls_come_back(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "tide", "arguments": "{}"}}
    tool: ChatCompletionFunctionToolParam = {
        "type": "function",
        "function": {"name": "tide", "parameters": {"type": "object"}},
    }
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    upstream.answer = answers.plain(answers.completion(message=message))

    reply = proxy.openai.chat.completions.create(model="auto", messages=ASK, tools=[tool])

    assert upstream.last.json["tools"] == [tool]
    assert reply.choices[0].message.tool_calls is not None
    assert reply.choices[0].message.tool_calls[0].id == "call_1"
    assert proxy.usage("model")[0]["requests"] == 1


def test_only_the_model_of_a_body_is_changed(proxy: Proxy, upstream: FakeUpstream) -> None:
    body = (
        b'{"seed": 123456789012345678901234567890, "temperature": 1.10, "messages":'
        b' [{"role":"user","content":"caf\\u00e9 \xc3\xa9"}], "model": "auto", "odd": [1e3]}'
    )

    proxy.http.post("/v1/chat/completions", content=body)

    for kept in (b"123456789012345678901234567890", b"1.10", b"caf\\u00e9 \xc3\xa9", b"[1e3]"):
        assert kept in upstream.last.body
    assert upstream.last.json["model"] == "mock-small"


def test_no_content_type_and_no_v1_are_fine(proxy: Proxy) -> None:
    body = json.dumps({"model": "auto", "messages": ASK}).encode()

    reply = proxy.http.post("/chat/completions", content=body)

    assert reply.status_code == 200


def test_the_upstream_gets_its_own_key_and_nothing_of_the_clients(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    proxy.http.post(
        "/v1/chat/completions",
        json={"model": "auto", "messages": ASK},
        headers={"cookie": "a=b", "x-api-key": "mine", "x-forwarded-for": "1.2.3.4"},
    )

    sent = upstream.last.headers
    assert sent["authorization"] == "Bearer upstream-secret"
    assert not {"cookie", "x-api-key", "x-forwarded-for"} & sent.keys()


@pytest.mark.anyio
async def test_the_async_client_streams_too(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.chat("Wide is the sea")

    async with openai.AsyncOpenAI(base_url=f"{proxy.url}/v1", api_key="any") as client:
        stream = await client.chat.completions.create(model="small", messages=ASK, stream=True)
        texts = [chunk.choices[0].delta.content or "" async for chunk in stream]

    assert "".join(texts) == "Wide is the sea "
