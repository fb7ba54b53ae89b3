"""What is on record: usage, cost, latency, metrics, and no prompts."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from time import time
from typing import Any

import openai
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, lab_config, pools_config, recorded


def _usage(proxy: Proxy, **query: str) -> list[dict[str, Any]]:
    reply = proxy.http.get("/v1/usage", params=query)
    assert reply.status_code == 200
    rows = reply.json()["data"]
    assert isinstance(rows, list)
    return rows


def test_usage_sums_requests_tokens_cost_and_latency(proxy: Proxy) -> None:
    ask(proxy)
    ask(proxy, stream=True)
    (usage,) = _usage(proxy)

    assert usage["model"] == "small"
    assert (usage["requests"], usage["errors"], usage["cancelled"]) == (2, 0, 0)
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (22, 14)
    assert usage["cost_usd"] == pytest.approx(2 * (11 * 1.0 + 7 * 2.0) / 1e6)
    assert (usage["unpriced"], usage["estimated"]) == (0, 0)
    for latency in (usage["ttft_s"], usage["duration_s"]):
        assert 0 < latency["p50"] <= latency["p95"]


def test_usage_is_empty_before_the_first_request(proxy: Proxy) -> None:
    reply = proxy.http.get("/v1/usage")

    assert reply.json() == {"object": "list", "data": []}


def test_cached_input_is_billed_at_its_own_price(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = lab_config(upstream.url)
    config["models"]["small"]["price"] = {"input": 10.0, "output": 20.0, "cached_input": 1.0}
    usage = {**answers.USAGE, "prompt_tokens_details": {"cached_tokens": 8}}
    upstream.answer = answers.plain(answers.completion(usage=usage))
    proxy = start_proxy(config)

    ask(proxy)
    (row,) = recorded(proxy)

    assert row["cached_tokens"] == 8
    assert row["cost_usd"] == pytest.approx((3 * 10 + 8 * 1 + 7 * 20) / 1e6)


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("model", {"small", "large"}),
        ("route", {"auto"}),
        ("tenant", {"anonymous"}),
        ("endpoint", {"lab-1/mock-small", "lab-2/mock-large"}),
        ("category", {"unknown"}),
        ("router", {"fixed_order"}),
    ],
)
def test_usage_can_be_grouped(
    shared_pair: Proxy, shared_upstream: FakeUpstream, group: str, values: set[str]
) -> None:
    shared_upstream.answer = answers.error(500)
    ask(shared_pair, headers={"x-session-id": "talk-1"})

    rows = _usage(shared_pair, group_by=group)

    assert {row[group] for row in rows} == values
    assert sum(row["errors"] for row in rows) > 0


def test_a_failed_attempt_is_an_error_of_its_endpoint(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.error(500)
    since = str(time())

    ask(shared_pair)
    usage = _usage(shared_pair, group_by="endpoint", since=since)
    rows = {row["endpoint"]: row for row in usage}

    failing, healthy = rows["lab-1/mock-small"], rows["lab-2/mock-large"]
    assert (failing["requests"], failing["errors"], failing["cost_usd"]) == (1, 1, None)
    assert (healthy["requests"], healthy["errors"]) == (1, 0)
    assert healthy["cost_usd"] > 0


@pytest.mark.parametrize("group", ["mood", "", "model; DROP TABLE outcomes", "request_id"])
def test_an_unknown_group_is_refused(shared_pair: Proxy, group: str) -> None:
    reply = shared_pair.http.get("/v1/usage", params={"group_by": group})

    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "group_by"
    assert "model" in reply.json()["error"]["message"]


@pytest.mark.parametrize("since", ["yesterday", "12 h", "1.5d", "2026-13-01", "-"])
def test_an_unreadable_since_is_refused(shared_pair: Proxy, since: str) -> None:
    reply = shared_pair.http.get("/v1/usage", params={"since": since})

    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "since"


def test_since_leaves_out_what_was_before(proxy: Proxy) -> None:
    ask(proxy)
    between = time()
    ask(proxy)
    moment = datetime.fromtimestamp(between, UTC)
    ahead = moment + timedelta(days=1)

    counts = [
        sum(row["requests"] for row in _usage(proxy, since=since))
        for since in (
            "0",
            "5m",
            "1d",
            str(between),
            moment.isoformat(),
            moment.replace(tzinfo=None).isoformat(),
            moment.astimezone(timezone(timedelta(hours=-7))).isoformat(),
            str(ahead.timestamp()),
            ahead.isoformat(),
        )
    ]

    assert counts == [2, 2, 2, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("stream", [False, True])
def test_usage_that_is_not_reported_is_estimated_and_said_so(
    shared_pair: Proxy, shared_upstream: FakeUpstream, stream: bool
) -> None:
    words = [f"word{number} " for number in range(8)]
    body = answers.completion("".join(words))
    del body["usage"]
    whole = [piece for piece in answers.chunks_of(words) if b'"usage"' not in piece]
    shared_upstream.answer = answers.stream(whole) if stream else answers.plain(body)
    since = str(time())

    reply = ask(shared_pair, stream=stream)
    (row,) = recorded(shared_pair, request_id=reply.headers["x-request-id"])
    (usage,) = _usage(shared_pair, since=since)

    assert row["usage_estimated"] == 1
    assert 5 < row["prompt_tokens"] < 30
    assert 8 <= row["completion_tokens"] <= 200
    assert row["cost_usd"] > 0
    assert usage["estimated"] == 1


def test_what_has_no_known_price_has_no_cost_rather_than_none_to_pay(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config: dict[str, Any] = pools_config({"small": [upstream.url], "large": [upstream.url]})
    del config["models"]["small"]["price"]
    proxy = start_proxy(config)

    for model in ("small", "large", "lab-1/mock-other"):
        ask(proxy, model=model)
    by_model = {row["model"]: row for row in _usage(proxy)}
    (in_all,) = _usage(proxy, group_by="tenant")
    metrics = proxy.http.get("/metrics").text

    assert [by_model[name]["cost_usd"] for name in ("small", "lab-1/mock-other")] == [None, None]
    assert [by_model[name]["unpriced"] for name in ("small", "large")] == [1, 0]
    assert in_all["cost_usd"] == by_model["large"]["cost_usd"]
    assert in_all["cost_usd"] > 0
    assert in_all["unpriced"] == 2
    assert 'wrp_unpriced_total{model="small"} 1.0' in metrics
    assert 'wrp_cost_usd_total{model="small"}' not in metrics


def test_a_known_upstream_model_is_billed_by_the_shipped_price_list(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = lab_config(upstream.url)
    config["providers"] = {"openai": config["providers"]["lab"]}
    config["models"] = {"mini": {"endpoints": [{"provider": "openai", "model": "gpt-4o-mini"}]}}
    proxy = start_proxy(config)

    ask(proxy)

    assert recorded(proxy)[0]["cost_usd"] == pytest.approx((11 * 0.15 + 7 * 0.6) / 1e6)


def test_tenants_see_their_own_usage_and_admins_see_all(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    keys: list[dict[str, Any]] = [
        {"key": "alpha-key", "name": "alpha"},
        {"key": "beta-key", "name": "beta"},
        {"key": "root-key", "name": "root", "admin": True},
    ]
    open_to_all = start_proxy(lab_config(upstream.url, server={"api_keys": keys}))
    alpha, beta, root = (replace(open_to_all, key=entry["key"]) for entry in keys)

    for proxy in (alpha, alpha, beta):
        ask(proxy)
    seen = {
        proxy.key: {row["tenant"]: row["requests"] for row in _usage(proxy, group_by="tenant")}
        for proxy in (alpha, beta, root)
    }
    models = [_usage(proxy)[0]["requests"] for proxy in (alpha, beta, root)]

    assert seen == {
        "alpha-key": {"alpha": 2},
        "beta-key": {"beta": 1},
        "root-key": {"alpha": 2, "beta": 1},
    }
    assert models == [2, 1, 3]


def test_a_row_tells_how_the_request_was_routed(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.chat()
    started = time()

    reply = ask(shared_pair, stream=True, headers={"x-conversation-id": "talk-2"})
    (row,) = recorded(shared_pair, request_id=reply.headers["x-request-id"])

    assert started - 1 <= row["started_at"] <= time()
    assert (row["tenant"], row["session"], row["route"]) == ("anonymous", "talk-2", "auto")
    assert (row["model"], row["endpoint"]) == ("small", "lab-1/mock-small")
    assert (row["router"], row["reason"]) == ("fixed_order", "first able model of the route")
    assert (row["category"], row["kind"], row["needs"]) == ("unknown", "chat", "")
    assert (row["propensity"], row["attempt"], row["cached"]) == (1.0, 1, "bypass")
    assert (row["finish"], row["error"], row["stream"]) == ("complete", None, 1)
    assert 0 < row["first_content_s"] <= row["duration_s"]


def test_a_request_with_tools_is_recorded_as_an_agents(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.chat()

    reply = ask(shared_pair, tools=[{"type": "function", "function": {"name": "tide"}}])
    (row,) = recorded(shared_pair, request_id=reply.headers["x-request-id"])

    assert (row["kind"], row["needs"]) == ("agent", "tools")


def test_metrics_count_what_the_journal_does(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.reset
    ask(shared_pair)
    shared_upstream.answer = answers.chat()
    ask(shared_pair)

    reply = shared_pair.http.get("/metrics")

    assert reply.headers["content-type"].startswith("text/plain")
    for sample in (
        'wrp_attempts_total{cached="bypass",finish="failed",model="small",route="auto"}',
        'wrp_attempts_total{cached="bypass",finish="complete",model="large",route="auto"}',
        'wrp_errors_total{code="upstream_disconnected",model="small"}',
        'wrp_tokens_total{kind="prompt",model="small"}',
        'wrp_tokens_total{kind="completion",model="small"}',
        'wrp_cost_usd_total{model="small"}',
        'wrp_first_content_seconds_bucket{le="0.05",model="small"}',
        'wrp_duration_seconds_count{model="large"}',
        'wrp_in_flight{endpoint="lab-1/mock-small"} 0.0',
        "wrp_records_dropped_total 0.0",
    ):
        assert sample in reply.text


def _series(proxy: Proxy) -> set[str]:
    lines = proxy.http.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0] for line in lines if not line.startswith("#")}


def test_callers_cannot_make_new_series(proxy: Proxy, upstream: FakeUpstream) -> None:
    def ask_as(number: int) -> None:
        odd = f"odd{number}"
        ids = {"x-request-id": odd, "x-session-id": odd}
        ask(proxy, model=f"lab/{odd}", headers=ids)
        ask(proxy, model=odd, headers=ids)
        ask(proxy, user=odd, metadata={"a": odd}, headers=ids)

    ask_as(0)
    before = _series(proxy)
    for number in range(1, 6):
        ask_as(number)
    after = _series(proxy)

    assert after == before
    assert not any("odd" in series for series in after)


def test_upstreams_cannot_make_new_series(proxy: Proxy, upstream: FakeUpstream) -> None:
    for number in range(6):
        upstream.answer = answers.error(400, code=f"odd{number}", type=f"odd-type{number}")
        ask(proxy)

    codes = {code for series in _series(proxy) for code in re.findall(r'code="([^"]*)"', series)}
    assert len(codes) == 1


def test_labels_are_few(shared_pair: Proxy) -> None:
    ask(shared_pair)

    labels = {name for series in _series(shared_pair) for name in re.findall(r'(\w+)="', series)}

    of_attempts = {"cached", "code", "endpoint", "finish", "kind", "le", "model", "route"}
    assert labels <= of_attempts | {"category", "outcome", "provider", "status", "what"}


def test_no_prompt_and_no_answer_is_kept_anywhere(proxy: Proxy, upstream: FakeUpstream) -> None:
    secret = "narwhal-marzipan"
    messages = [{"role": "user", "content": f"Tell me of the {secret}."}]
    echo = {"message": f"I refuse to speak of the {secret}.", "code": None}
    one = answers.chunks_of([secret])

    for answer in (
        answers.chat(f"Of the {secret}"),
        answers.error(400, message=echo["message"]),
        answers.error(500, message=echo["message"]),
        answers.plain({"error": echo}),
        answers.stream(one[:2]),
        answers.reset,
    ):
        upstream.answer = answer
        ask(proxy, messages=messages, user=secret, metadata={"about": secret})
        ask(proxy, messages=messages, stream=True)
    recorded(proxy, 12)
    files = [file for file in proxy.state_dir.rglob("*") if file.is_file()]

    assert any(b"mock-small" in file.read_bytes() for file in files)
    assert not [file.name for file in files if secret.encode() in file.read_bytes()]


def test_a_request_that_no_endpoint_was_asked_for_is_on_record_too(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = lab_config(upstream.url, resilience={"max_wait_s": 0})
    config["models"]["small"]["endpoints"][0]["max_concurrency"] = 1
    pieces = answers.chunks_of(["one "])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    proxy = start_proxy(config)
    stream = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    next(stream)

    with pytest.raises(openai.RateLimitError):
        proxy.openai.chat.completions.create(model="auto", messages=ASK)
    upstream.release()
    list(stream)
    refused, served = recorded(proxy, 2)

    assert (refused["finish"], refused["error"], refused["endpoint"]) == (
        "failed",
        "pool_full",
        None,
    )
    assert served["finish"] == "complete"


def test_a_body_may_name_no_tenant_of_its_own(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.chat()

    reply = ask(shared_pair, user="boss", tenant="boss", headers={"x-tenant": "boss"})
    (row,) = recorded(shared_pair, request_id=reply.headers["x-request-id"])

    assert row["tenant"] == "anonymous"
