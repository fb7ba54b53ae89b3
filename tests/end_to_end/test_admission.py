"""More requests than slots: who waits, in which order, for how long, and what the rest are told."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import openai
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.proxy import CHAT, Proxy, ask, eventually, lab_config, pools_config, recorded

_KEYS = {
    "api_keys": [
        {"key": "greedy-secret-key", "name": "greedy", "admin": True},
        {"key": "modest-secret-key", "name": "modest"},
    ]
}


@dataclass(slots=True)
class Queue:
    """A proxy with few slots before an upstream that answers one at a time, when it is let."""

    proxy: Proxy
    upstream: FakeUpstream
    clients: ThreadPoolExecutor
    says: Answer = field(default_factory=answers.chat)
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.upstream.answer = self._answer
        self.http = self.proxy.http

    async def _answer(self, received: Received, wire: Wire) -> None:
        assert await asyncio.to_thread(self.gate.acquire, timeout=20)
        await self.says(received, wire)

    def send(self, name: str, key: str = "greedy-secret-key", **headers: str) -> Future[Any]:
        """Ask, in a thread of its own."""
        named = {"authorization": f"Bearer {key}", "x-request-id": name, **headers}
        return self.clients.submit(ask, self.proxy, headers=named, messages=_saying(name))

    def let(self, count: int) -> None:
        """Let so many answers go."""
        self.gate.release(count)

    def depth(self) -> float:
        return self.metric('wrp_queue_depth{model="small"}')

    def metric(self, name: str) -> float:
        lines = self.http.get("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))

    def are_in_line(self, count: int) -> bool:
        """Wait until so many are in line."""
        return eventually(lambda: self.depth() == count)

    def is_asked(self, count: int) -> bool:
        """Wait until the upstream has been asked so often."""
        return eventually(lambda: len(self.upstream.received) == count)

    def asked(self) -> list[str]:
        """Name those that the upstream was asked for, in their order."""
        return [one.json["messages"][0]["content"] for one in self.upstream.received]


def _saying(name: str) -> list[Mapping[str, str]]:
    return [{"role": "user", "content": name}]


@contextmanager
def _queue(
    upstream: FakeUpstream, start_proxy: StartProxy, slots: int = 1, **resilience: Any
) -> Iterator[Queue]:
    limits = {"max_wait_s": 60, **resilience}
    config = lab_config(upstream.url, server=_KEYS, resilience=limits)
    config["models"]["small"]["endpoints"][0]["max_concurrency"] = slots
    with ThreadPoolExecutor(50) as clients:
        proxy = start_proxy(config)
        proxy.key = "greedy-secret-key"
        queue = Queue(proxy, upstream, clients)
        try:
            yield queue
        finally:
            queue.let(1000)


@pytest.fixture
def narrow(upstream: FakeUpstream, start_proxy: StartProxy) -> Iterator[Queue]:
    """One slot, and a line of two."""
    with _queue(upstream, start_proxy, max_queue=2) as queue:
        yield queue


def test_a_greedy_tenant_does_not_keep_a_modest_one_waiting(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    with _queue(upstream, start_proxy, slots=2) as queue:
        replies = [queue.send(f"greedy {number}") for number in range(40)]
        assert queue.are_in_line(38)
        replies += [queue.send(f"modest {number}", "modest-secret-key") for number in range(4)]
        assert queue.are_in_line(42)
        queue.let(44)
        statuses = [reply.result(30).status_code for reply in replies]
        places = [n for n, name in enumerate(queue.asked()) if name.startswith("modest")]

    assert statuses == [200] * 44
    # Two were under way; from then on every second turn is the modest one's, and two turns may
    # be taken in any order, as there are two slots.
    assert len(places) == 4
    assert max(places) <= 2 + 2 * 4


def test_interactive_requests_go_before_batch(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    with _queue(upstream, start_proxy) as queue:
        queue.send("first")
        assert queue.is_asked(1)
        for number in range(3):
            queue.send(f"batch {number}", **{"x-wrp-priority": "batch"})
            assert queue.are_in_line(number + 1)
        for number in range(3):
            queue.send(f"person {number}")
            assert queue.are_in_line(number + 4)
        queue.let(7)
        assert queue.is_asked(7)

        assert queue.asked() == [
            "first",
            *(f"person {number}" for number in range(3)),
            *(f"batch {number}" for number in range(3)),
        ]


def test_a_full_line_is_told_in_the_words_of_the_stock_client(narrow: Queue) -> None:
    narrow.send("first")
    assert narrow.is_asked(1)
    narrow.send("second")
    narrow.send("third")
    assert narrow.are_in_line(2)

    with pytest.raises(openai.RateLimitError) as caught:
        narrow.proxy.openai.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": "one too many"}]
        )

    assert caught.value.code == "pool_full"
    assert caught.value.type == "rate_limit_error"
    assert caught.value.response.headers["retry-after"] == "3"
    assert "one too many" not in narrow.asked()


def test_a_full_line_has_room_for_a_modest_tenant(narrow: Queue) -> None:
    narrow.send("first")
    assert narrow.is_asked(1)
    narrow.send("second")
    assert narrow.are_in_line(1)
    pushed_out = narrow.send("third")
    assert narrow.are_in_line(2)

    narrow.send("modest", "modest-secret-key")
    refused = pushed_out.result(20)
    narrow.let(3)
    assert narrow.is_asked(3)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "pool_full")
    assert int(refused.headers["retry-after"]) >= 1
    assert sorted(narrow.asked()) == ["first", "modest", "second"]


def test_the_caller_s_own_deadline_ends_the_wait(narrow: Queue) -> None:
    narrow.send("first")
    assert narrow.is_asked(1)

    late = narrow.send("late", **{"x-wrp-timeout-ms": "150"}).result(20)
    (row,) = recorded(narrow.proxy, request_id="late")

    assert (late.status_code, late.json()["error"]["code"]) == (504, "deadline_exceeded")
    assert (row["finish"], row["error"], row["endpoint"]) == ("failed", "deadline_exceeded", None)
    assert narrow.depth() == 0
    assert narrow.asked() == ["first"]


def test_who_has_waited_too_long_is_told_when_to_come_back(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    with _queue(upstream, start_proxy, max_wait_s=0.1) as queue:
        queue.send("first")
        assert queue.is_asked(1)

        late = queue.send("late").result(20)
        (row,) = recorded(queue.proxy, request_id="late")

        assert (late.status_code, late.json()["error"]["code"]) == (429, "queue_timeout")
        assert late.headers["retry-after"] == "1"
        assert (row["finish"], row["error"]) == ("failed", "queue_timeout")
        assert queue.metric('wrp_queue_seconds_count{model="small"}') == 1
        assert queue.metric('wrp_errors_total{code="queue_timeout",model="small"}') == 1


def test_a_client_that_leaves_frees_its_place_in_line(narrow: Queue) -> None:
    narrow.send("first")
    assert narrow.is_asked(1)
    with _sent(narrow.proxy, "left"):
        assert narrow.are_in_line(1)
        narrow.send("second")
        assert narrow.are_in_line(2)

    assert narrow.are_in_line(1)
    (row,) = recorded(narrow.proxy, request_id="left")
    narrow.let(2)
    assert narrow.is_asked(2)

    assert narrow.asked() == ["first", "second"]
    assert (row["finish"], row["error"], row["endpoint"]) == ("cancelled", None, None)


def test_how_long_it_was_in_line_is_told_where_that_is_asked_for(narrow: Queue) -> None:
    first = narrow.send("first", **{"x-wrp-debug": "1"})
    assert narrow.is_asked(1)
    second = narrow.send("second", **{"x-wrp-debug": "1"})
    assert narrow.are_in_line(1)
    narrow.let(2)

    assert "x-wrp-queued-ms" not in first.result(20).headers
    assert int(second.result(20).headers["x-wrp-queued-ms"]) > 0
    assert narrow.metric('wrp_queue_seconds_count{model="small"}') == 1


def test_those_in_line_are_told_when_the_last_endpoint_goes_out_of_service(narrow: Queue) -> None:
    first = narrow.send("first")
    assert narrow.is_asked(1)
    second, third = narrow.send("second"), narrow.send("third")
    assert narrow.are_in_line(2)
    narrow.upstream.answer = answers.error(429, headers={"retry_after": "30"})

    narrow.let(1)
    served = first.result(20).status_code
    told = [reply.result(20) for reply in (second, third)]

    assert served == 200
    # One is refused by the upstream, the other one by the proxy, which has heard of it.
    assert [reply.status_code for reply in told] == [429, 429]
    assert {reply.headers["retry-after"] for reply in told} == {"30"}
    assert narrow.depth() == 0
    assert len(narrow.asked()) == 2


def test_who_waits_for_a_model_that_goes_out_of_service_waits_for_the_next(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = pools_config({"small": [upstream.url], "large": [second.url]}, server=_KEYS)
    for model in config["models"].values():
        model["endpoints"][0]["max_concurrency"] = 1
    proxy = start_proxy(config)
    proxy.key = "greedy-secret-key"
    with ThreadPoolExecutor(8) as clients:
        small, large = Queue(proxy, upstream, clients), Queue(proxy, second, clients)
        small.says = answers.error(429, headers={"retry_after": "30"})
        small.send("at small")
        assert small.is_asked(1)
        large.send("at large")
        assert large.is_asked(1)
        waiting = small.send("waiting")
        assert small.are_in_line(1)

        small.let(1)
        assert eventually(lambda: small.metric('wrp_queue_depth{model="large"}') == 2)
        large.let(3)
        reply = waiting.result(20)
        rows = recorded(proxy, request_id="waiting")

    assert reply.headers["x-wrp-model"] == "large"
    assert reply.headers["x-wrp-attempts"] == "1"
    assert [(row["model"], row["finish"]) for row in rows] == [("large", "complete")]


def _sent(proxy: Proxy, name: str) -> socket.socket:
    """Send a request over a socket of its own; closing that is leaving."""
    body = json.dumps({"model": "auto", "messages": _saying(name)}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nhost: proxy\r\nx-request-id: {name}\r\n"
    head += f"authorization: Bearer {proxy.key}\r\n"
    url = httpx.URL(proxy.url)
    client = socket.create_connection((url.host, url.port or 0), 20)
    client.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    return client
