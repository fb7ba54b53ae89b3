"""What the proxy understands of a request's headers, and what it passes on."""

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import (
    ASK,
    CHAT,
    Proxy,
    ask,
    eventually,
    lab_config,
    pools_config,
    recorded,
)

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_the_trace_goes_on_to_the_upstream_and_nothing_else_does(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    headers = {
        "traceparent": TRACE,
        "tracestate": "a=b",
        "cookie": "a=b",
        "proxy-authorization": "Basic x",
        "x-forwarded-for": "10.0.0.1",
        "x-api-key": "mine",
        "anthropic-beta": "not-for-openai",
        "idempotency-key": "k",
        "x-session-id": "s",
    }

    ask(proxy, headers=headers)

    seen = upstream.received[0].headers
    assert (seen["traceparent"], seen["tracestate"]) == (TRACE, "a=b")
    assert seen["authorization"] == "Bearer upstream-secret"
    assert not headers.keys() - {"traceparent", "tracestate"} & seen.keys()


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_may_set_its_own_deadline(
    proxy: Proxy, upstream: FakeUpstream, *, stream: bool
) -> None:
    upstream.answer = answers.hang

    reply = ask(proxy, headers={"x-wrp-timeout-ms": "200"}, stream=stream)

    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "deadline_exceeded")
    assert upstream.received[0].client_left.wait(20)
    assert [(row["finish"], row["error"]) for row in recorded(proxy)] == [
        ("failed", "deadline_exceeded")
    ]


def test_a_deadline_ends_a_stream_that_has_begun(proxy: Proxy, upstream: FakeUpstream) -> None:
    async def endless(received: object, wire: object) -> None:
        pieces = [answers.event(answers.delta("more "))]
        await answers.comments_after(pieces)(received, wire)  # type: ignore[arg-type]  # as it is given

    upstream.answer = endless

    reply = ask(proxy, headers={"x-wrp-timeout-ms": "300"}, stream=True)

    assert reply.text.endswith('"code":"deadline_exceeded"}}\n\n')
    assert "[DONE]" not in reply.text


def test_after_the_deadline_nobody_else_is_tried(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.hang
    proxy = start_proxy(pools_config({"small": [upstream.url], "large": [upstream.url]}))

    ask(proxy, headers={"x-wrp-timeout-ms": "200"})

    assert len(recorded(proxy)) == 1
    assert eventually(lambda: len(upstream.received)) == 1


@pytest.mark.parametrize("said", ["0", "-5", "soon", "nan", "inf", ""])
def test_a_deadline_that_is_none_is_refused(proxy: Proxy, said: str) -> None:
    reply = ask(proxy, headers={"x-wrp-timeout-ms": said})

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "x-wrp-timeout-ms")


def test_a_deadline_that_is_kept_changes_nothing(proxy: Proxy) -> None:
    assert ask(proxy, headers={"x-wrp-timeout-ms": "60000"}).status_code == 200


def test_a_request_that_the_proxy_sent_itself_is_refused(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    ask(proxy)
    own_name = upstream.received[0].headers["user-agent"]

    back = ask(proxy, headers={"user-agent": own_name})

    assert own_name.startswith("wrp-proxy/")
    assert (back.status_code, back.json()["error"]["code"]) == (508, "loop_detected")
    assert len(upstream.received) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer the-key"},
        {"x-api-key": "the-key"},
        {"api-key": "the-key"},
        {"authorization": "Bearer another", "x-api-key": "the-key"},
        {"authorization": "Bearer the-key", "x-api-key": "another"},
        {"authorization": "Basic abc", "x-api-key": "the-key"},
    ],
)
def test_a_key_may_stand_beside_another_vendors(
    upstream: FakeUpstream, start_proxy: StartProxy, headers: dict[str, str]
) -> None:
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": ["the-key"]}))
    body = {"model": "auto", "messages": ASK}

    reply = httpx.post(f"{proxy.url}{CHAT}", json=body, headers=headers)

    assert reply.status_code == 200
