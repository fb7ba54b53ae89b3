"""What strategies make of the state of the pools: who is full, who is free."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests import answers
from tests.end_to_end.held import held_config
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, ask, eventually, running_proxy

_ROUTES = {
    "weighed": {
        "models": ["small", "large"],
        "strategy": {"name": "balanced", "latency_weight": 0.5, "cost_weight": 0},
    },
    "quickest": {"models": ["large", "small"], "strategy": {"name": "fastest", "explore": 0}},
    "hasty": {
        "models": ["small", "large"],
        "strategy": {"name": "cascade", "verifiers": ["non_empty"], "max_ttft_s": 0.8},
    },
    "patient": {
        "models": ["small", "large"],
        "strategy": {"name": "cascade", "verifiers": ["non_empty"], "max_ttft_s": 30},
    },
}


@pytest.fixture
def pair(upstream: FakeUpstream, second: FakeUpstream, tmp_path: Path) -> Iterator[Proxy]:
    """A cheap model before the first upstream; a better one with a single slot before the other."""
    config = held_config("fixed_order", upstream.url, second.url)
    config["routes"].update(_ROUTES)
    config["models"]["small"]["quality"] = {"default": 0.7}
    config["models"]["large"]["quality"] = {"default": 0.9}
    config["models"]["large"]["endpoints"][0]["max_concurrency"] = 1
    second.answer = answers.chat("From the second")
    with running_proxy(config, tmp_path) as proxy:
        yield proxy


@contextmanager
def occupied(proxy: Proxy, second: FakeUpstream) -> Iterator[None]:
    """Have somebody hold the only slot of `large`, and get no answer."""
    usual, second.answer = second.answer, answers.hang
    body = json.dumps({"model": "large", "messages": ASK, "stream": True}).encode()
    url = httpx.URL(proxy.url)
    head = f"POST {CHAT} HTTP/1.1\r\nhost: proxy\r\ncontent-length: {len(body)}\r\n\r\n"
    with closing(socket.create_connection((url.host, url.port or 80))) as connection:
        connection.sendall(head.encode() + body)
        eventually(lambda: second.received)
        second.answer = usual
        yield


def test_the_better_model_is_chosen_while_it_is_free(pair: Proxy) -> None:
    reply = ask(pair, model="weighed")

    assert reply.headers["x-wrp-model"] == "large"


@pytest.mark.parametrize("route", ["weighed", "quickest"])
def test_a_full_pool_is_weighed_against_a_free_one_and_the_reason_says_so(
    pair: Proxy, second: FakeUpstream, route: str
) -> None:
    with occupied(pair, second):
        reply = ask(pair, model=route)
        body = {"model": route, "messages": ASK}
        explained = pair.http.post("/v1/route", json=body).json()

    assert reply.headers["x-wrp-model"] == "small"
    assert "large is full, 1.0 s of waiting expected" in reply.headers["x-wrp-reason"]
    assert explained["model"] == "small"
    assert explained["fired"][0].startswith("large is full")


@pytest.mark.parametrize("stream", [False, True])
def test_a_cascade_gives_the_cheap_answer_where_the_better_ones_queue_is_too_long(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream, stream: bool
) -> None:
    upstream.answer = answers.chat("")
    with occupied(pair, second):
        reply = ask(pair, model="hasty", stream=stream)

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == "small"
    reason = reply.headers["x-wrp-reason"]
    assert "small refused: non_empty; no time is left for large (1.0 s expected, 0." in reason
    assert "small given, for none was accepted" in reason
    assert len(second.received) == 1


def test_a_cascade_escalates_where_the_better_model_is_free(
    pair: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.chat("")

    reply = ask(pair, model="hasty")

    assert reply.headers["x-wrp-model"] == "large"
    assert reply.json()["choices"][0]["message"]["content"] == "From the second"


def test_a_cascade_with_time_waits_in_line_for_the_better_model(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.chat("")
    with ThreadPoolExecutor() as threads:
        with occupied(pair, second):
            asking = threads.submit(ask, pair, model="patient")
            eventually(lambda: upstream.received)
        reply = asking.result()

    assert reply.headers["x-wrp-model"] == "large"
