"""Fail-over: to the next endpoint of a model, then to the next model of the route."""

import httpx
import openai
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream
from tests.proxy import ASK, Proxy, ask, eventually, pools_config, recorded

_ROLE = answers.event(answers.delta("", role="assistant"))


def test_a_dead_endpoint_is_made_up_for_by_the_next_of_its_model(
    upstream: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    proxy = start_proxy(pools_config({"small": [dead_url, upstream.url]}))

    raw = proxy.openai.chat.completions.with_raw_response.create(model="auto", messages=ASK)

    assert raw.parse().choices[0].message.content == "Hello there"
    assert raw.headers["x-wrp-attempts"] == "2"
    assert raw.headers["x-wrp-model"] == "small"
    assert raw.headers["x-wrp-provider"] == "lab-2"


def test_a_dead_model_is_made_up_for_by_the_next_of_the_route(
    upstream: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    proxy = start_proxy(pools_config({"small": [dead_url], "large": [upstream.url]}))

    chunks = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)

    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "Hello there "
    assert chunks.response.headers["x-wrp-attempts"] == "2"
    assert chunks.response.headers["x-wrp-model"] == "large"
    assert upstream.last.json["model"] == "mock-large"


def test_endpoints_come_before_models(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    upstream.answer = answers.error(500)
    pools = {"small": [dead_url, upstream.url], "large": [second.url]}
    proxy = start_proxy(pools_config(pools))

    reply = ask(proxy)
    rows = recorded(proxy, 3)

    assert reply.headers["x-wrp-attempts"] == "3"
    assert [(row["model"], row["endpoint"], row["attempt"]) for row in rows] == [
        ("small", "lab-1/mock-small", 1),
        ("small", "lab-2/mock-small", 2),
        ("large", "lab-3/mock-large", 3),
    ]


def test_every_attempt_is_on_record_with_its_own_end(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    upstream.answer = answers.error(503, code="overloaded")
    pools = {"small": [dead_url, upstream.url], "large": [second.url]}
    proxy = start_proxy(pools_config(pools))

    reply = ask(proxy, stream=True)
    rows = recorded(proxy, 3)

    assert [(row["finish"], row["error"]) for row in rows] == [
        ("failed", "upstream_disconnected"),
        ("failed", "overloaded"),
        ("complete", None),
    ]
    assert {row["request_id"] for row in rows} == {reply.headers["x-request-id"]}
    assert [row["prompt_tokens"] for row in rows] == [None, None, 11]
    assert [row["cost_usd"] for row in rows] == [None, None, pytest.approx(25e-6)]


def test_a_rate_limited_endpoint_is_skipped_until_it_cools(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.in_turn(answers.error(429), answers.chat("Cooled"))
    pools = {"small": [upstream.url, second.url]}
    proxy = start_proxy(pools_config(pools, resilience={"cooldown_s": 2}))

    first, next_one = ask(proxy), ask(proxy)
    asked_while_hot = len(upstream.received)
    eventually(lambda: "Cooled" in ask(proxy).text)

    assert (first.headers["x-wrp-attempts"], next_one.headers["x-wrp-attempts"]) == ("2", "1")
    assert asked_while_hot == 1


def test_a_longer_retry_after_than_the_cooldown_is_respected(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.error(429, headers={"retry-after": "60"})
    pools = {"small": [upstream.url, second.url]}
    proxy = start_proxy(pools_config(pools, resilience={"cooldown_s": 0.001}))

    replies = [ask(proxy) for _ in range(5)]

    assert [reply.headers["x-wrp-attempts"] for reply in replies] == ["2", "1", "1", "1", "1"]
    assert len(upstream.received) == 1


def test_a_cooling_endpoint_shows_in_the_metrics(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.error(429, headers={"retry-after": "60"})
    proxy = start_proxy(pools_config({"small": [upstream.url, second.url]}))

    ask(proxy)
    metrics = proxy.http.get("/metrics").text

    assert 'wrp_cooling{endpoint="lab-1/mock-small"} 1.0' in metrics
    assert 'wrp_cooling{endpoint="lab-2/mock-small"} 0.0' in metrics


@pytest.mark.parametrize("stream", [False, True])
def test_a_single_attempt_means_no_failover(
    upstream: FakeUpstream, start_proxy: StartProxy, dead_url: str, stream: bool
) -> None:
    pools = {"small": [dead_url, upstream.url], "large": [upstream.url]}
    proxy = start_proxy(pools_config(pools, resilience={"max_attempts": 1}))

    reply = ask(proxy, stream=stream)

    assert reply.status_code == 502
    assert reply.json()["error"]["code"] == "upstream_disconnected"
    assert reply.headers["x-wrp-attempts"] == "1"
    assert upstream.received == []


def test_no_more_than_max_attempts_are_made_over_all_models(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    upstream.answer = answers.error(500)
    pools = {"small": [dead_url], "medium": [upstream.url], "large": [second.url]}
    proxy = start_proxy(pools_config(pools, resilience={"max_attempts": 2}))

    reply = ask(proxy)

    assert reply.status_code == 500
    assert reply.headers["x-wrp-attempts"] == "2"
    assert second.received == []


def test_without_cooldown_a_failed_endpoint_keeps_its_turn(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.error(429, headers={"retry-after": "60"})
    pools = {"small": [upstream.url, second.url]}
    proxy = start_proxy(pools_config(pools, resilience={"cooldown_s": 0}))

    for _ in range(4):
        ask(proxy)

    assert len(upstream.received) == 2
    assert len(second.received) == 4


def test_the_only_endpoint_of_a_model_is_tried_again_although_it_failed(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.in_turn(answers.error(500), answers.reset, answers.chat("Back"))

    statuses = [ask(proxy).status_code for _ in range(3)]

    assert statuses == [500, 502, 200]


def test_where_all_are_out_of_service_it_is_said_until_when(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = second.answer = answers.error(500)
    pools = {"small": [upstream.url, second.url]}
    proxy = start_proxy(pools_config(pools, resilience={"failures": 1, "cooldown_s": 100}))

    failed = ask(proxy)
    refused = ask(proxy)

    assert failed.status_code == 500
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "all_endpoints_down"
    assert 90 < int(refused.headers["retry-after"]) <= 120
    assert refused.headers["x-wrp-attempts"] == "0"
    assert (len(upstream.received), len(second.received)) == (1, 1)


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(answers.stream([_ROLE], end=False), id="a role"),
        pytest.param(
            answers.stream([_ROLE, answers.event(answers.delta("")), b": hm\n\n"], end=False),
            id="role, empty delta, comment",
        ),
        pytest.param(answers.stream([], end=False), id="nothing"),
        pytest.param(answers.reset, id="no head"),
    ],
)
def test_a_stream_that_breaks_before_its_first_content_is_replaced_unnoticed(
    shared_pair: Proxy, shared_upstream: FakeUpstream, begun: Answer
) -> None:
    shared_upstream.answer = begun

    reply = ask(shared_pair, stream=True)

    expected = answers.chunks_of(["From ", "the ", "second "])
    assert reply.status_code == 200
    assert reply.content == b"".join(piece for piece in expected if b'"choices": []' not in piece)


def test_a_plain_answer_that_breaks_half_way_is_replaced_unnoticed(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.stream([b'{"id": "chatcmpl-1", "choices": [{"mess'], end=False)

    reply = shared_pair.openai.chat.completions.create(model="auto", messages=ASK)

    assert reply.choices[0].message.content == "From the second"


def test_nothing_reaches_the_client_before_the_first_content(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.paused_stream([_ROLE], [answers.event(answers.delta("x"))])

    with (
        proxy.http as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.post(
            "/v1/chat/completions",
            json={"model": "auto", "messages": ASK, "stream": True},
            timeout=0.3,
        )


def test_what_has_failed_is_not_asked_again_by_the_same_request(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = second.answer = answers.error(500)
    pools = {"small": [upstream.url, second.url], "large": [upstream.url]}
    proxy = start_proxy(pools_config(pools, resilience={"max_attempts": 10}))

    reply = ask(proxy)

    assert reply.status_code == 500
    assert reply.headers["x-wrp-attempts"] == "3"
    assert [received.json["model"] for received in upstream.received] == [
        "mock-small",
        "mock-large",
    ]
    assert len(second.received) == 1


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_refused_request_is_not_tried_elsewhere(
    shared_pair: Proxy, shared_upstream: FakeUpstream, shared_second: FakeUpstream, status: int
) -> None:
    shared_upstream.answer = answers.error(status)
    shared_second.received.clear()

    replies = [ask(shared_pair), ask(shared_pair, stream=True)]

    assert [reply.status_code for reply in replies] == [status, status]
    assert [reply.headers["x-wrp-attempts"] for reply in replies] == ["1", "1"]
    assert shared_second.received == []


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 502, 503, 504, 529])
def test_a_failing_endpoint_is_made_up_for(
    shared_pair: Proxy, shared_upstream: FakeUpstream, status: int
) -> None:
    shared_upstream.answer = answers.error(status)

    reply = ask(shared_pair)

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == "large"


def test_a_refused_request_does_not_put_its_endpoint_to_rest(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.error(400)
    proxy = start_proxy(pools_config({"small": [upstream.url, second.url]}))

    for _ in range(4):
        ask(proxy)

    assert (len(upstream.received), len(second.received)) == (2, 2)


def test_a_context_too_long_for_one_model_is_tried_with_the_next(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.error(400, code="context_length_exceeded")

    reply = ask(shared_pair)

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == "large"


def test_a_model_that_was_named_is_not_replaced_by_another(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = answers.error(500)
    proxy = start_proxy(pools_config({"small": [upstream.url], "large": [second.url]}))

    with pytest.raises(openai.InternalServerError) as caught:
        proxy.openai.chat.completions.create(model="small", messages=ASK)

    assert caught.value.status_code == 500
    assert caught.value.response.headers["x-wrp-attempts"] == "1"
    assert second.received == []


def test_a_model_that_was_named_still_has_all_its_endpoints(
    upstream: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    proxy = start_proxy(pools_config({"small": [dead_url, upstream.url]}))

    reply = ask(proxy, model="small")

    assert reply.status_code == 200
    assert reply.headers["x-wrp-attempts"] == "2"
    assert reply.headers["x-wrp-route"] == "direct"


def test_healthy_endpoints_take_turns(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(pools_config({"small": [upstream.url, second.url]}))

    for _ in range(4):
        ask(proxy)

    assert (len(upstream.received), len(second.received)) == (2, 2)
