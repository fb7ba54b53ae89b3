"""Clients that leave: the upstream is let go at once, and what was used is on record."""

import asyncio
import json
import secrets
import socket
from typing import Any

import httpx
import openai
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, ask, eventually, lab_config, pools_config, recorded

_ROLE = answers.event(answers.delta("", role="assistant"))
_WORDS = [answers.event(answers.delta(f"word{number} ")) for number in range(5)]


def _send(proxy: Proxy, request_id: str, *, stream: bool) -> socket.socket:
    """Send a request over a socket of its own, and do not wait for the answer."""
    body = json.dumps({"model": "auto", "messages": ASK, "stream": stream}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: proxy\r\nx-request-id: {request_id}\r\n"
    url = httpx.URL(proxy.url)
    client = socket.create_connection((url.host, url.port or 0), 20)
    client.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    return client


def _send_and_leave(proxy: Proxy, upstream: FakeUpstream, *, stream: bool) -> dict[str, Any]:
    """Leave as soon as the upstream has been asked; return what is on record."""
    request_id = secrets.token_hex()
    before = len(upstream.received)
    with _send(proxy, request_id, stream=stream):
        eventually(lambda: len(upstream.received) > before)
    *_, row = recorded(proxy, request_id=request_id)
    return row


def _stream(proxy: Proxy, answer: Answer, upstream: FakeUpstream) -> openai.Stream[Any]:
    upstream.answer = answer
    return proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)


def _row_of(proxy: Proxy, stream: openai.Stream[Any]) -> dict[str, Any]:
    (row,) = recorded(proxy, request_id=stream.response.headers["x-request-id"])
    return row


@pytest.mark.parametrize("stream", [False, True])
def test_leaving_before_the_first_token_cancels_the_upstream(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, stream: bool
) -> None:
    shared_upstream.answer = answers.hang

    row = _send_and_leave(shared_proxy, shared_upstream, stream=stream)

    assert shared_upstream.last.client_left.wait(10)
    assert (row["finish"], row["error"]) == ("cancelled", None)
    assert row["prompt_tokens"] > 5
    assert row["completion_tokens"] == 0
    assert row["usage_estimated"] == 1
    assert row["cost_usd"] > 0


@pytest.mark.parametrize(
    ("answer", "stream"),
    [
        pytest.param(answers.head_only, True, id="head of a stream"),
        pytest.param(answers.head_only, False, id="head"),
        pytest.param(answers.paused_stream([_ROLE], []), True, id="role"),
        pytest.param(answers.comments_after([_ROLE]), True, id="comments"),
        pytest.param(answers.paused_stream([b'{"choices": ['], []), False, id="half an answer"),
    ],
)
def test_leaving_while_nothing_can_be_relayed_yet_cancels_the_upstream(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, answer: Answer, stream: bool
) -> None:
    shared_upstream.answer = answer

    row = _send_and_leave(shared_proxy, shared_upstream, stream=stream)

    assert shared_upstream.last.client_left.wait(10)
    assert row["finish"] == "cancelled"


def test_closing_a_stream_cancels_the_upstream(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    answer = answers.paused_stream([_ROLE, *_WORDS], [])
    stream = _stream(shared_proxy, answer, shared_upstream)
    seen = [next(stream) for _ in range(6)]

    stream.close()
    row = _row_of(shared_proxy, stream)

    assert shared_upstream.last.client_left.wait(10)
    assert seen[-1].choices[0].delta.content == "word4 "
    assert row["finish"] == "cancelled"
    assert row["completion_tokens"] >= 5
    assert row["usage_estimated"] == 1
    assert row["first_content_s"] is not None


def test_usage_that_was_reported_before_the_client_left_is_kept(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    running = {**answers.delta("one "), "usage": answers.USAGE}
    answer = answers.paused_stream([_ROLE, answers.event(running)], [])
    stream = _stream(shared_proxy, answer, shared_upstream)
    next(stream)

    stream.close()
    row = _row_of(shared_proxy, stream)

    assert row["finish"] == "cancelled"
    assert (row["prompt_tokens"], row["completion_tokens"]) == (11, 7)
    assert row["usage_estimated"] == 0


def test_leaving_a_busy_stream_cancels_the_upstream(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    stream = _stream(shared_proxy, answers.comments_after([_ROLE, *_WORDS]), shared_upstream)
    next(stream)

    stream.close()

    assert _row_of(shared_proxy, stream)["finish"] == "cancelled"


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True])
async def test_cancelling_the_task_of_an_async_client_cancels_the_upstream(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, stream: bool
) -> None:
    shared_upstream.answer = answers.hang
    shared_upstream.received.clear()
    headers = {"x-request-id": secrets.token_hex()}
    url = f"{shared_proxy.url}/v1"

    async with openai.AsyncOpenAI(base_url=url, api_key="any", default_headers=headers) as client:
        asking = asyncio.ensure_future(
            client.chat.completions.create(model="auto", messages=ASK, stream=stream)
        )
        await asyncio.to_thread(eventually, lambda: shared_upstream.received)
        asking.cancel()
        await asyncio.wait([asking])
        left = await asyncio.to_thread(shared_upstream.last.client_left.wait, 10)
    (row,) = await asyncio.to_thread(recorded, shared_proxy, request_id=headers["x-request-id"])

    assert asking.cancelled()
    assert left
    assert row["finish"] == "cancelled"


def test_a_client_that_runs_out_of_patience_cancels_the_upstream(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.hang
    headers = {"x-request-id": secrets.token_hex()}

    with pytest.raises(openai.APITimeoutError):
        shared_proxy.openai.chat.completions.create(
            model="auto", messages=ASK, timeout=0.5, extra_headers=headers
        )

    assert shared_upstream.last.client_left.wait(10)
    (row,) = recorded(shared_proxy, request_id=headers["x-request-id"])
    assert row["finish"] == "cancelled"


def test_a_client_that_leaves_frees_its_slot(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = lab_config(upstream.url)
    config["models"]["small"]["endpoints"][0]["max_concurrency"] = 1
    proxy = start_proxy(config)
    upstream.answer = answers.in_turn(answers.hang, answers.chat())

    with _send(proxy, "the-first", stream=True):
        eventually(lambda: upstream.received)
        refused = ask(proxy)
    upstream.last.client_left.wait(10)
    recorded(proxy, 2)
    served = ask(proxy)

    assert (refused.status_code, served.status_code) == (429, 200)
    assert 'wrp_in_flight{endpoint="lab/mock-small"} 0.0' in proxy.http.get("/metrics").text


def test_a_client_that_leaves_says_nothing_against_the_endpoint(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.in_turn(answers.hang, answers.chat())
    proxy = start_proxy(pools_config({"small": [upstream.url, second.url]}))

    _send_and_leave(proxy, upstream, stream=False)
    for _ in range(4):
        ask(proxy)

    assert "} 1.0" not in _cooling(proxy)
    assert (len(upstream.received), len(second.received)) == (3, 2)


def _cooling(proxy: Proxy) -> str:
    lines = proxy.http.get("/metrics").text.splitlines()
    return "\n".join(line for line in lines if line.startswith("wrp_cooling{"))


def test_leaving_while_one_endpoint_has_failed_tries_no_other(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    upstream.answer = answers.hang
    pools = {"small": [dead_url, upstream.url], "large": [second.url]}
    proxy = start_proxy(pools_config(pools))

    _send_and_leave(proxy, upstream, stream=True)
    rows = recorded(proxy, 2)

    assert [row["finish"] for row in rows] == ["failed", "cancelled"]
    assert second.received == []


def test_a_cancelled_request_is_no_error_in_the_usage(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.hang

    _send_and_leave(proxy, upstream, stream=True)
    (usage,) = proxy.usage()

    assert (usage["requests"], usage["errors"], usage["cancelled"]) == (1, 0, 1)
    assert usage["ttft_s"] == {"p50": None, "p95": None}
