"""The Messages API: forwarded to Anthropic, told as a chat to all others."""

import json
from typing import Any

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.end_to_end.wire_answers import message, message_events, messages
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, lab_config, recorded


def anthropic(url: str, **more: Any) -> dict[str, Any]:
    """A model of Anthropic's, and one behind a server that only chats."""
    config = lab_config(url, **more)
    config["providers"]["claude"] = {"type": "anthropic", "base_url": url, "api_key": "sk-ant-key"}
    config["models"]["sonnet"] = {
        "endpoints": [{"provider": "claude", "model": "mock-sonnet"}],
        "price": {"input": 3.0, "output": 15.0, "cached_input": 0.3},
    }
    config["routes"] = {"auto": {"strategy": "fixed_order"}}
    return config


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    return start_proxy(anthropic(upstream.url))


def ask(proxy: Proxy, model: str, path: str = "/v1/messages", **fields: Any) -> httpx.Response:
    body = {"model": model, "max_tokens": 100, "messages": ASK, **fields}
    return proxy.http.post(path, json=body)


@pytest.mark.parametrize("path", ["/v1/messages", "/messages"])
def test_a_request_is_forwarded_byte_for_byte_with_its_query_and_betas(
    proxy: Proxy, upstream: FakeUpstream, path: str
) -> None:
    upstream.answer = messages()
    raw = (
        b'{"model":"sonnet","max_tokens":100,"context_management":{"edits":[]},"messages":[{"role":'
        b'"assistant","content":[{"signature":"a\\/b==","type":"thinking","thinking":"caf\\u00e9"}]}]}'
    )
    headers = {"anthropic-beta": "one,two", "anthropic-version": "2099-01-01", "cookie": "a=b"}

    reply = proxy.http.post(f"{path}?beta=true", content=raw, headers=headers)

    (received,) = upstream.received
    assert received.path == "/v1/messages?beta=true"
    assert received.body == raw.replace(b"sonnet", b"mock-sonnet")
    assert received.headers["anthropic-beta"] == "one,two"
    assert received.headers["anthropic-version"] == "2099-01-01"
    assert received.headers["x-api-key"] == "sk-ant-key"
    assert not {"authorization", "cookie"} & received.headers.keys()
    assert reply.json() == message()
    assert reply.headers["request-id"] == reply.headers["x-request-id"]


def test_a_stream_is_relayed_byte_for_byte_and_billed_with_its_cached_tokens(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = messages()

    reply = ask(proxy, "sonnet", stream=True)

    assert reply.content == b"".join(message_events())
    (row,) = recorded(proxy)
    assert (row["prompt_tokens"], row["cached_tokens"], row["completion_tokens"]) == (11, 4, 7)
    assert row["cost_usd"] == pytest.approx((7 * 3.0 + 4 * 0.3 + 7 * 15.0) / 1e6)


@pytest.mark.parametrize("model", ["auto", "small"])
def test_a_model_that_only_chats_answers_in_anthropics_words(
    proxy: Proxy, upstream: FakeUpstream, model: str
) -> None:
    reply = ask(proxy, model, system="Be brief.", stop_sequences=["END"])

    (received,) = upstream.received
    assert received.path == "/v1/chat/completions"
    assert received.json["messages"][0] == {"role": "system", "content": "Be brief."}
    assert received.json["stop"] == ["END"]
    said = reply.json()
    assert (said["type"], said["stop_reason"]) == ("message", "end_turn")
    assert said["content"] == [{"type": "text", "text": "Hello there"}]
    assert said["usage"]["input_tokens"] == 11


def test_a_chat_is_answered_by_anthropic_in_openais_words(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = messages()

    plain = proxy.openai.chat.completions.create(model="sonnet", messages=ASK)
    chunks = list(
        proxy.openai.chat.completions.create(
            model="sonnet", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
    )

    assert plain.choices[0].message.content == "Hello there"
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello there"
    assert chunks[-1].usage is not None
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (11, 7)
    assert {received.path for received in upstream.received} == {"/v1/messages"}
    assert "anthropic-version" in upstream.received[0].headers


def test_errors_have_anthropics_shape_on_its_paths(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.error(529, type="overloaded_error", message="Overloaded")

    replies = {
        "unknown model": ask(proxy, "nobody"),
        "no body": proxy.http.post("/v1/messages", content=b"{"),
        "no such path": proxy.http.post("/v1/messages/nothing", json={}),
        "overloaded": ask(proxy, "sonnet"),
    }

    errors = {name: reply.json()["error"] for name, reply in replies.items()}
    assert {name: error["type"] for name, error in errors.items()} == {
        "unknown model": "not_found_error",
        "no body": "invalid_request_error",
        "no such path": "not_found_error",
        "overloaded": "overloaded_error",
    }
    assert all(reply.json()["type"] == "error" for reply in replies.values())
    assert replies["overloaded"].status_code == 529


def test_a_missing_key_is_told_in_anthropics_words(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(anthropic(upstream.url, server={"api_keys": ["the-key"]}))

    refused = ask(proxy, "sonnet")
    upstream.answer = messages()
    body = {"model": "sonnet", "max_tokens": 1, "messages": ASK}
    taken = httpx.post(f"{proxy.url}/v1/messages", json=body, headers={"x-api-key": "the-key"})

    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "authentication_error")
    assert taken.status_code == 200


def test_a_stream_that_breaks_off_ends_with_an_error_event(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.stream(message_events()[:4], end=False)
    native = ask(proxy, "sonnet", stream=True).text
    upstream.answer = answers.stream([answers.event(answers.delta("Hel"))], end=False)
    translated = ask(proxy, "small", stream=True).text

    for text in (native, translated):
        last = text.rstrip().rpartition("\n\n")[2].splitlines()
        assert last[0] == "event: error"
        assert json.loads(last[1].removeprefix("data: "))["error"]["type"] == "api_error"
        assert "message_stop" not in text


def test_the_vendor_counts_where_it_can(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = messages()
    body = {"model": "sonnet", "messages": ASK}

    reply = proxy.http.post("/v1/messages/count_tokens?beta=true", json=body)

    assert reply.json() == {"input_tokens": 1234}
    assert upstream.received[0].path == "/v1/messages/count_tokens?beta=true"
    assert upstream.received[0].json == {**body, "model": "mock-sonnet"}


@pytest.mark.parametrize("model", ["small", "auto"])
def test_others_are_counted_here_and_not_too_low(
    proxy: Proxy, upstream: FakeUpstream, model: str
) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 20
    body = {"model": model, "messages": [{"role": "user", "content": text}]}

    counted = proxy.http.post("/v1/messages/count_tokens", json=body).json()["input_tokens"]

    assert 200 <= counted <= 300
    assert upstream.received == []


def test_a_request_that_no_window_fits_is_counted_all_the_same(proxy: Proxy) -> None:
    text = "word " * 50_000
    body = {"model": "small", "messages": [{"role": "user", "content": text}]}

    reply = proxy.http.post("/v1/messages/count_tokens", json=body)

    assert reply.json()["input_tokens"] > 50_000


def test_a_vendor_that_does_not_count_leaves_it_to_us(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.error(500)
    body = {"model": "sonnet", "messages": ASK}

    reply = proxy.http.post("/v1/messages/count_tokens", json=body)

    assert 8 <= reply.json()["input_tokens"] <= 20


def test_what_cannot_be_counted_is_refused_in_anthropics_words(proxy: Proxy) -> None:
    reply = proxy.http.post("/v1/messages/count_tokens", json={"model": "small"})

    assert (reply.status_code, reply.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_server_tool_needs_anthropic(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = messages()
    tools = [{"type": "web_search_20250305", "name": "web_search"}]

    refused = ask(proxy, "small", tools=tools)
    answered = ask(proxy, "auto", tools=tools)

    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "sonnet" in refused.json()["error"]["message"]
    assert answered.headers["x-wrp-model"] == "sonnet"


def test_a_vendor_that_does_not_answer_is_not_waited_for(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.hang
    body = {"model": "sonnet", "messages": ASK}
    headers = {"x-wrp-timeout-ms": "200"}

    reply = proxy.http.post("/v1/messages/count_tokens", json=body, headers=headers)

    assert 8 <= reply.json()["input_tokens"] <= 20


@pytest.mark.parametrize(
    ("content", "at_least"),
    [
        ("\u4f60\u597d\u4e16\u754c" * 1000, 4000),
        ("aGVsbG8gd29ybGQ" * 2000, 15_000),
        (
            [
                {
                    "type": "document",
                    "source": {
                        "type": "base64",
                        "media_type": "application/pdf",
                        "data": "JVBERi0x" * 50_000,
                    },
                }
            ],
            2000,
        ),
    ],
    ids=["chinese", "base64", "pdf"],
)
def test_long_and_odd_contents_are_not_counted_too_low(
    proxy: Proxy, content: Any, at_least: int
) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": content}]}

    reply = proxy.http.post("/v1/messages/count_tokens", json=body)

    assert reply.json()["input_tokens"] >= at_least


def test_thinking_that_a_chat_model_wrote_is_not_shown_to_anthropic(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = messages()
    signed = {"type": "thinking", "thinking": "b", "signature": "s"}
    said = [{"type": "thinking", "thinking": "a", "signature": ""}, signed]
    history = [*ASK, {"role": "assistant", "content": said}, *ASK]

    ask(proxy, "sonnet", messages=history)

    assert upstream.received[0].json["messages"][1]["content"] == [signed]
