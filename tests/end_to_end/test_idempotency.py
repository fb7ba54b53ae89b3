"""A POST that is sent again with its key gets the first answer, not a second bill."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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
    read_journal,
    recorded,
    running_proxy,
)

KEY = {"idempotency-key": "again-1"}


def numbered(upstream: FakeUpstream) -> None:
    """Have every answer of the upstream be another."""
    count = iter(range(1, 100))

    async def answer(received: Any, wire: Any) -> None:
        await answers.chat(f"Answer {next(count)}")(received, wire)

    upstream.answer = answer


@pytest.mark.parametrize("stream", [False, True])
def test_the_second_request_gets_the_first_answer_byte_for_byte(
    proxy: Proxy, upstream: FakeUpstream, *, stream: bool
) -> None:
    numbered(upstream)

    first, second = (ask(proxy, headers=KEY, stream=stream) for _ in range(2))

    assert second.content == first.content
    assert len(upstream.received) == 1
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["x-wrp-model"] == "small"
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(recorded(proxy)) == 1


def test_without_a_key_every_request_is_one_of_its_own(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    numbered(upstream)

    first, second = ask(proxy), ask(proxy)

    assert first.content != second.content


def test_another_body_with_the_same_key_is_a_conflict(proxy: Proxy, upstream: FakeUpstream) -> None:
    ask(proxy, headers=KEY)

    conflict = ask(proxy, headers=KEY, temperature=1)

    assert conflict.status_code == 409
    error = conflict.json()["error"]
    assert (error["code"], error["param"]) == ("idempotency_key_reused", "Idempotency-Key")
    assert len(upstream.received) == 1


def test_a_key_is_its_owners_only(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    numbered(upstream)
    keys = [{"key": "a-key", "name": "a"}, {"key": "b-key", "name": "b"}]
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": keys}))

    answers_of = {}
    for key in ("a-key", "b-key"):
        proxy.key = key
        answers_of[key] = ask(proxy, headers=KEY).json()["choices"][0]["message"]["content"]

    assert answers_of == {"a-key": "Answer 1", "b-key": "Answer 2"}


def test_a_failed_answer_is_not_kept(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.in_turn(answers.error(400), answers.chat())

    first, second = ask(proxy, headers=KEY), ask(proxy, headers=KEY)

    assert (first.status_code, second.status_code) == (400, 200)
    assert "idempotent-replayed" not in second.headers


def test_a_stream_that_broke_off_is_not_kept(proxy: Proxy, upstream: FakeUpstream) -> None:
    broken = answers.stream([answers.event(answers.delta("Hel"))], end=False)
    upstream.answer = answers.in_turn(broken, answers.chat())

    first, second = (ask(proxy, headers=KEY, stream=True) for _ in range(2))

    assert "upstream_disconnected" in first.text
    assert second.text.endswith("data: [DONE]\n\n")


def test_requests_at_the_same_time_make_one_call(proxy: Proxy, upstream: FakeUpstream) -> None:
    events = answers.chunks_of(["Hello ", "there"])
    upstream.answer = answers.paused_stream(events[:2], events[2:])
    first_has_begun = threading.Event()

    def read() -> str:
        body = {"model": "auto", "messages": ASK, "stream": True}
        with httpx.stream("POST", f"{proxy.url}{CHAT}", json=body, headers=KEY) as reply:
            pieces = []
            for piece in reply.iter_text():
                pieces.append(piece)
                first_has_begun.set()
            return "".join(pieces)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(read)
        assert first_has_begun.wait(20)
        others = [pool.submit(read) for _ in range(2)]
        upstream.release()
        texts = {first.result(20), *(other.result(20) for other in others)}

    assert len(texts) == 1
    assert len(upstream.received) == 1


def test_an_answer_goes_on_when_its_client_leaves_and_is_there_when_it_comes_back(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    events = answers.chunks_of(["Hello ", "there"])
    upstream.answer = answers.paused_stream(events[:2], events[2:])
    body = {"model": "auto", "messages": ASK, "stream": True}
    with httpx.stream("POST", f"{proxy.url}{CHAT}", json=body, headers=KEY) as reply:
        next(reply.iter_bytes())

    upstream.release()
    again = ask(proxy, headers=KEY, stream=True)

    assert again.text.endswith("data: [DONE]\n\n")
    assert len(upstream.received) == 1
    assert [row["finish"] for row in recorded(proxy)] == ["complete"]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_none_is_refused(proxy: Proxy, key: str) -> None:
    reply = ask(proxy, headers={"idempotency-key": key})

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "Idempotency-Key")


def test_an_unfinished_answer_ends_with_the_proxy_and_is_on_record(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.answer = answers.hang
    with running_proxy(lab_config(upstream.url), tmp_path) as proxy:
        body = {"model": "auto", "messages": ASK}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{proxy.url}{CHAT}", json=body, headers=KEY, timeout=0.5)

        (call,) = eventually(lambda: upstream.received)
        assert not call.client_left.is_set()

    assert call.client_left.wait(20)
    assert [row["finish"] for row in read_journal(proxy.state_dir)] == ["cancelled"]


def test_an_answer_without_end_is_for_its_reader_only(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    piece = answers.event(answers.delta("x" * 65536))

    async def endless(received: Any, wire: Any) -> None:
        await wire.begin_stream()
        while True:
            await wire.piece(piece)

    upstream.answer = endless
    proxy = start_proxy(lab_config(upstream.url))
    body = {"model": "auto", "messages": ASK, "stream": True}
    with httpx.stream("POST", f"{proxy.url}{CHAT}", json=body, headers=KEY) as reply:
        read = 0
        for some in reply.iter_bytes():
            read += len(some)
            if read > 10 * 1024 * 1024:
                break

    assert [row["finish"] for row in recorded(proxy)] == ["cancelled"]


def test_who_joins_an_answer_has_a_deadline_of_its_own(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    events = answers.chunks_of(["Hello ", "there"])
    upstream.answer = answers.paused_stream(events[:2], events[2:])
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, proxy, headers=KEY, stream=True)
        eventually(lambda: upstream.received)

        second = ask(proxy, headers={**KEY, "x-wrp-timeout-ms": "200"}, stream=True)
        upstream.release()
        assert first.result(20).text.endswith("data: [DONE]\n\n")

    assert "deadline_exceeded" in second.text
