"""A second upstream is asked where the first is late: seen by clients, upstreams and operators."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.proxy import ASK, Proxy, ask, eventually, pools_config, recorded, running_proxy

_TOOL_LOOP: list[Any] = [
    *ASK,
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "depth", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "1", "content": "deep"},
]
_WON = 'wrp_hedges_total{model="small",result="won"}'
_COST = 'wrp_hedge_cost_usd_total{model="small"}'
_KNOWN = 2 * 20
"""Streams after which both endpoints know how long they usually take."""


@pytest.fixture(scope="module")
def proxy_before_both(
    shared_upstream: FakeUpstream,
    shared_second: FakeUpstream,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    """A route that hedges over two upstreams, which have answered often enough."""
    config = pools_config({"small": [shared_upstream.url, shared_second.url]})
    # Much longer than a quick answer takes on a busy machine.
    config["routes"]["auto"]["hedge"] = {"least_delay_ms": 400}
    with running_proxy(config, tmp_path_factory.mktemp("hedged")) as proxy:
        for _ in range(_KNOWN):
            assert ask(proxy, stream=True).status_code == 200
        yield proxy


@pytest.fixture
def hedged(
    shared_upstream: FakeUpstream, shared_second: FakeUpstream, proxy_before_both: Proxy
) -> Proxy:
    shared_upstream.answer = shared_second.answer = answers.chat("From either")
    return proxy_before_both


def metric(proxy: Proxy, name: str) -> float:
    lines = proxy.http.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def later(seconds: float) -> Answer:
    async def answer(received: Received, wire: Wire) -> None:
        await asyncio.sleep(seconds)
        await answers.chat()(received, wire)

    return answer


def of_request(proxy: Proxy, request_id: str) -> list[dict[str, Any]]:
    """Return both attempts in their order; which is recorded first is a matter of chance."""
    rows = recorded(proxy, 2, request_id=request_id)
    return sorted(rows, key=lambda row: int(row["attempt"]))


def hang_next(*upstreams: FakeUpstream) -> None:
    """Let the next stream hang before its first content, whoever gets it, and no other."""
    is_taken = False

    async def answer(received: Received, wire: Wire) -> None:
        nonlocal is_taken
        if not is_taken:
            is_taken = True
            await wire.begin_stream()
            await asyncio.Event().wait()
        await answers.chat("From either")(received, wire)

    for one in upstreams:
        one.answer = answer


def test_the_other_upstream_answers_and_the_late_one_is_left_at_once(
    shared_upstream: FakeUpstream, shared_second: FakeUpstream, hedged: Proxy
) -> None:
    both = (shared_upstream, shared_second)
    asked_before = sum(len(one.received) for one in both)
    hang_next(*both)

    with hedged.openai.chat.completions.with_streaming_response.create(
        model="auto", messages=ASK, stream=True, extra_headers={"x-wrp-debug": "1"}
    ) as reply:
        text = "".join(
            chunk.choices[0].delta.content or "" for chunk in reply.parse() if chunk.choices
        )
    headers = reply.headers
    lost, won = of_request(hedged, headers["x-request-id"])

    assert text == "From either "
    assert (headers["x-wrp-hedged"], headers["x-wrp-hedge-winner"]) == ("1", "second")
    assert headers["x-wrp-attempts"] == "2"
    assert sum(len(one.received) for one in both) == asked_before + 2
    assert eventually(lambda: [one.last.client_left.is_set() for one in both].count(True) == 1)

    assert (lost["hedge"], lost["finish"], lost["attempt"]) == ("first", "cancelled", 1)
    assert (won["hedge"], won["finish"], won["attempt"]) == ("second", "complete", 2)
    assert headers["x-wrp-endpoint"] == won["endpoint"] != lost["endpoint"]
    assert lost["usage_estimated"]
    assert lost["cost_usd"] > 0


def test_what_a_hedge_cost_is_shown(
    shared_upstream: FakeUpstream, shared_second: FakeUpstream, hedged: Proxy
) -> None:
    (before,) = hedged.usage()
    won_before = metric(hedged, _WON)
    cost_before = metric(hedged, _COST)
    hang_next(shared_upstream, shared_second)

    request_id = ask(hedged, stream=True).headers["x-request-id"]
    lost, _ = of_request(hedged, request_id)

    (row,) = hedged.usage()
    assert row["hedged"] == before["hedged"] + 1
    assert row["requests"] == before["requests"] + 1
    assert row["hedge_cost_usd"] - before["hedge_cost_usd"] == pytest.approx(lost["cost_usd"])
    assert metric(hedged, _WON) == won_before + 1
    assert metric(hedged, _COST) - cost_before == pytest.approx(lost["cost_usd"])
    assert sum(one["hedged"] for one in hedged.usage("endpoint")) == row["hedged"]


def test_a_loop_of_tools_is_never_asked_twice(
    shared_upstream: FakeUpstream, shared_second: FakeUpstream, hedged: Proxy
) -> None:
    shared_upstream.answer = shared_second.answer = answers.comments_after([])

    reply = ask(hedged, stream=True, messages=_TOOL_LOOP, headers={"x-wrp-timeout-ms": "800"})

    assert reply.status_code == 504
    (row,) = recorded(hedged, request_id=reply.headers["x-request-id"])
    assert (row["kind"], row["hedge"]) == ("tool_loop", "")
    assert "x-wrp-hedged" not in reply.headers


def test_no_more_than_a_share_and_a_reserve_is_asked_twice(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = pools_config({"small": [upstream.url, second.url]})
    config["routes"]["auto"]["hedge"] = {"least_delay_ms": 0, "quantile": 0.5}
    proxy = start_proxy(config)

    quick = [ask(proxy, stream=True) for _ in range(_KNOWN)]
    upstream.answer = second.answer = later(0.03)
    late = [ask(proxy, stream=True) for _ in range(60)]

    assert {reply.status_code for reply in (*quick, *late)} == {200}
    asked = len(quick) + len(late)
    row = eventually(lambda: next((one for one in proxy.usage() if one["requests"] == asked), None))
    assert row is not None
    assert 1 <= row["hedged"] <= asked * 0.05 + 5
    assert row["errors"] == 0
