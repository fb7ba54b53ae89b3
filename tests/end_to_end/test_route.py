"""`POST /v1/route` says what would happen, and calls nobody."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import (
    ASK,
    CHAT,
    Proxy,
    ask,
    eventually,
    pools_config,
    recorded,
    running_proxy,
)
from wrp_proxy.explain import Inquiry, explain_as_json
from wrp_proxy.settings.load import Options, load_settings


@pytest.mark.parametrize("path", ["/v1/route", "/route"])
def test_a_route_is_explained_without_a_call(
    proxy: Proxy, upstream: FakeUpstream, path: str
) -> None:
    said = proxy.http.post(path, json={"model": "auto", "messages": ASK}).json()

    assert (said["model"], said["route"], said["strategy"]) == ("small", "auto", "task_table")
    assert said["ranking"] == ["small"]
    assert said["reason"] == "the only able model"
    assert said["workload"]["input_tokens"] > 0
    assert upstream.received == []


def test_what_would_be_refused_is_refused(proxy: Proxy) -> None:
    unknown = proxy.http.post("/v1/route", json={"model": "nobody", "messages": ASK})
    nonsense = proxy.http.post("/v1/route", content=b"[")

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    assert nonsense.status_code == 400


def test_every_candidate_and_every_signal_is_explained(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = pools_config({"gpt-4o-mini": [upstream.url], "given": [upstream.url]})
    config["models"]["gpt-4o-mini"]["endpoints"][0]["model"] = "gpt-4o-mini-2024-07-18"
    config["models"]["given"]["quality"] = 0.9
    config["models"]["plain"] = {
        "endpoints": [{"provider": "lab-1", "model": "plain"}],
        "price": {"input": 1.0, "output": 2.0},
    }
    config["models"]["blind"] = {**config["models"]["plain"], "capabilities": []}
    config["routes"]["auto"] = {"models": list(config["models"]), "strategy": "balanced"}
    proxy = start_proxy(config)
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}

    said = proxy.http.post(
        "/v1/route", json={"model": "auto:best", "messages": ASK, "tools": [tool]}
    ).json()

    told = {candidate["model"]: candidate for candidate in said["candidates"]}
    assert [candidate["model"] for candidate in said["candidates"]] == said["ranking"]
    assert said["ranking"][0] == "given"
    assert told["given"]["quality_source"] == "the configuration"
    assert told["gpt-4o-mini"]["quality_source"].startswith("public table of 20")
    assert told["plain"]["quality_source"] == "its price"
    for candidate in told.values():
        assert 0 < candidate["quality"] < 1
        assert candidate["cost_usd"] > 0
        assert candidate["latency_s"] is not None
        assert f"quality {candidate['quality']:.2f} by " in candidate["in_words"]
    assert said["excluded"] == {"blind": "lacks tools"}
    assert said["signals"].keys() == {"category"}
    assert said["explanation"].startswith(said["reason"])
    assert said["preferences"]["cost"] == 0.0
    assert said["workload"]["kind"] == "agent"
    assert upstream.received == []


def test_a_wrapper_that_had_a_say_is_named(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    config = pools_config({"small": [upstream.url], "large": [upstream.url]})
    rule = {"name": "big-only", "when": {"needs": "tools"}, "models": ["large"]}
    config["routes"]["auto"]["strategy"] = {
        "name": "rules",
        "rules": [rule],
        "otherwise": "cheapest",
    }
    proxy = start_proxy(config)
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}

    said = proxy.http.post(
        "/v1/route", json={"model": "auto", "messages": ASK, "tools": [tool]}
    ).json()

    assert said["model"] == "large"
    assert any("big-only" in fired for fired in said["fired"])


def test_explaining_leaves_no_trace(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    config = pools_config({"small": [upstream.url], "large": [upstream.url]})
    config["routes"]["auto"]["strategy"] = "session(cheapest)"
    proxy = start_proxy(config)
    body = {"model": "auto", "messages": [{"role": "user", "content": "The sea is wide. " * 500}]}

    def warmth() -> float:
        told = proxy.http.post("/v1/route", json=body).json()
        return float(told["workload"]["warmth"])

    before = [warmth(), warmth()]
    proxy.http.post(CHAT, json=body)

    assert before == [0.0, 0.0]
    assert warmth() > 0.9


def test_what_is_explained_beforehand_is_what_header_and_journal_say(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = pools_config({"small": [upstream.url], "large": [upstream.url]})
    config["models"]["large"] |= {"quality": 0.9, "price": {"input": 10, "output": 20}}
    config["models"]["small"]["quality"] = {"writing": 0.6, "default": 0.4}
    del config["routes"]["auto"]["strategy"]
    proxy = start_proxy({**config, "workload": {"embed": False}})
    headers = {"x-wrp-debug": "1", "x-wrp-cost-weight": "0.2"}

    told = proxy.http.post(
        "/v1/route", json={"model": "auto", "messages": ASK}, headers=headers
    ).json()
    reply = ask(proxy, headers=headers)
    (row,) = recorded(proxy, request_id=reply.headers["x-request-id"])

    assert reply.headers["x-wrp-reason"] == row["reason"] == told["explanation"]
    assert reply.headers["x-wrp-model"] == row["model"] == told["model"] == "large"
    assert json.loads(reply.headers["x-wrp-scores"]) == json.loads(row["scores"]) == told["scores"]
    assert reply.headers["x-wrp-router"] == row["router"] == told["strategy"] == "task_table"
    assert row["propensity"] == told["propensity"]
    said = "; ".join(f"{one['model']}: {one['in_words']}" for one in told["candidates"])
    assert reply.headers["x-wrp-candidates"] == said


def test_the_command_line_tells_categories_as_the_proxy_does(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    config = pools_config({"small": [upstream.url], "large": [upstream.url]})
    del config["routes"]["auto"]["strategy"]
    prompt = "Prove the sixth theorem of algebra about group homomorphisms."
    body = {"model": "auto", "messages": [{"role": "user", "content": prompt}]}

    with running_proxy(config, tmp_path) as proxy:
        settings = load_settings(Options(config=tmp_path / "config.yaml", find_ollama=False), {})
        told = json.loads(asyncio.run(explain_as_json(settings, Inquiry(prompt=prompt))))
        expected = pytest.approx(told["workload"]["probabilities"], abs=1e-4)

        def is_told_alike() -> bool:
            served = proxy.http.post("/v1/route", json=body).json()
            return bool(served["workload"]["probabilities"] == expected)

        # The proxy loads its embedder with the first text.
        eventually(is_told_alike)
