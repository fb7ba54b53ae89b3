"""`POST /v1/route` says what would happen, and calls nobody."""

import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, pools_config


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
