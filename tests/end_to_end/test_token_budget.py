"""One model on short and long endpoints: each request goes where its tokens belong."""

from typing import Any

import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, pools_config, recorded

_WORD = "word "
_TOO_LONG = answers.error(400, code="context_length_exceeded", message="Too long.")


def cut_config(short: FakeUpstream, long: FakeUpstream, **budget: Any) -> dict[str, Any]:
    config = pools_config({"house": [short.url, long.url]})
    for endpoint, (label, window) in zip(
        config["models"]["house"]["endpoints"], (("short", 2000), ("long", 100_000)), strict=True
    ):
        endpoint.update(label=label, context_window=window)
    config["models"]["house"]["token_budget"] = {"boundary_tokens": 1000, **budget}
    return config


@pytest.fixture
def cut_proxy(upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    return start_proxy(cut_config(upstream, second))


def of_tokens(count: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": _WORD * count}]


def test_requests_go_where_their_tokens_belong(
    cut_proxy: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    replies = [
        ask(cut_proxy, messages=of_tokens(tokens), max_tokens=50)
        for tokens in (10, 100, 500, 1500, 9000)
    ]

    assert [reply.headers["x-wrp-provider"] for reply in replies] == [
        *["lab-1"] * 3,
        *["lab-2"] * 2,
    ]
    assert (len(upstream.received), len(second.received)) == (3, 2)


def test_the_answer_asked_for_counts_as_well(cut_proxy: Proxy) -> None:
    replies = [ask(cut_proxy, max_tokens=tokens) for tokens in (900, 1100)]

    assert [reply.headers["x-wrp-provider"] for reply in replies] == ["lab-1", "lab-2"]


def test_a_busy_part_spills_over_but_never_to_a_window_that_does_not_fit(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = cut_config(upstream, second)
    config["resilience"] = {"max_wait_s": 0}
    for endpoint in config["models"]["house"]["endpoints"]:
        endpoint["max_concurrency"] = 1
    pieces = answers.chunks_of(["one ", "two "])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    proxy = start_proxy(config)
    held = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)

    beside = ask(proxy)
    second.answer = answers.paused_stream(pieces[:2], pieces[2:])
    also_held = proxy.openai.chat.completions.create(
        model="auto",
        messages=[{"role": "user", "content": _WORD * 9000}],
        stream=True,
    )
    upstream.release()
    list(held)
    refused = ask(proxy, messages=of_tokens(9000))
    second.release()
    list(also_held)

    assert beside.headers["x-wrp-provider"] == "lab-2"
    assert refused.status_code == 429
    assert len(upstream.received) == 1


def test_what_a_short_endpoint_finds_too_long_goes_to_a_longer_one(
    cut_proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = _TOO_LONG

    reply = ask(cut_proxy)

    assert reply.headers["x-wrp-provider"] == "lab-2"
    assert reply.headers["x-wrp-attempts"] == "2"
    rows = recorded(cut_proxy, 2)
    assert [row["error"] for row in rows] == ["context_length_exceeded", None]


def test_what_a_long_endpoint_finds_too_long_does_not_go_to_a_shorter_one(
    cut_proxy: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    second.answer = _TOO_LONG

    reply = ask(cut_proxy, messages=of_tokens(1500), max_tokens=50)

    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "context_length_exceeded"
    assert upstream.received == []


def test_an_operator_may_cut_the_pool_elsewhere(cut_proxy: Proxy) -> None:
    before = ask(cut_proxy, messages=of_tokens(10), max_tokens=700)
    said = cut_proxy.http.post(
        "/v1/pools/boundary", json={"model": "house", "boundary_tokens": 500}
    )
    after = ask(cut_proxy, messages=of_tokens(10), max_tokens=700)

    assert (said.status_code, said.json()["boundary_tokens"]) == (200, 500)
    assert [one.headers["x-wrp-provider"] for one in (before, after)] == ["lab-1", "lab-2"]
    shown = cut_proxy.http.get("/v1/pools").json()["data"][0]
    assert shown["boundary"] == {"tokens": 500, "proposed": None}
    assert [endpoint["context_window"] for endpoint in shown["endpoints"]] == [2000, 100_000]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"model": "house", "boundary_tokens": 2001}, 400, "boundary_tokens"),
        ({"model": "house", "boundary_tokens": 0}, 400, "boundary_tokens"),
        ({"model": "house"}, 400, "boundary_tokens"),
        ({"model": "home", "boundary_tokens": 500}, 404, "model"),
    ],
)
def test_a_boundary_that_makes_no_sense_is_refused(
    cut_proxy: Proxy, body: dict[str, Any], status: int, param: str
) -> None:
    reply = cut_proxy.http.post("/v1/pools/boundary", json=body)

    assert (reply.status_code, reply.json()["error"]["param"]) == (status, param)


def test_a_pool_that_is_not_cut_has_no_boundary(proxy: Proxy) -> None:
    body = {"model": "small", "boundary_tokens": 500}

    reply = proxy.http.post("/v1/pools/boundary", json=body)

    assert reply.status_code == 404
    assert "is not cut" in reply.json()["error"]["message"]
