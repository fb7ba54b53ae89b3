"""What a caller wishes of the choice: suffixes, weights, a limit of cost, and patience."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, recorded, running_proxy

_PRICES = {"dear": (10.0, 20.0), "cheap": (0.1, 0.2), "unpriced": None}
_QUALITY = {"dear": 0.9, "cheap": 0.6, "unpriced": 0.5}


def wishing_config(url: str) -> dict[str, Any]:
    """Three models, the better the dearer, behind a strategy that weighs quality and cost."""
    provider = {"type": "openai", "base_url": url, "api_key": "upstream-secret"}
    models: dict[str, Any] = {}
    for name, price in _PRICES.items():
        models[name] = {
            "endpoints": [{"provider": "lab", "model": f"mock-{name}"}],
            "quality": _QUALITY[name],
        }
        if price:
            models[name]["price"] = {"input": price[0], "output": price[1]}
    strategy = {"name": "balanced", "latency_weight": 0.0, "cost_weight": 0.5}
    return {
        "providers": {"lab": provider},
        "models": models,
        "routes": {
            "auto": {"models": list(models), "strategy": strategy},
            "mine": {"models": ["dear", "cheap"], "strategy": strategy},
        },
    }


@pytest.fixture(scope="module")
def wishing(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("wishes")
    with running_proxy(wishing_config(shared_upstream.url), folder) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("auto", "cheap"),
        ("auto:cheap", "cheap"),
        ("auto:best", "dear"),
        ("mine:best", "dear"),
        ("mine:cheap", "cheap"),
        ("MoM", "cheap"),
        ("MoM:best", "dear"),
    ],
)
def test_a_suffix_of_any_route_weighs_for_this_request(
    wishing: Proxy, name: str, model: str
) -> None:
    reply = ask(wishing, model=name)

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == model
    assert reply.headers["x-wrp-route"] == name.partition(":")[0].replace("MoM", "auto")


def test_the_header_goes_before_the_suffix_and_the_suffix_before_the_route(wishing: Proxy) -> None:
    free = {"x-wrp-cost-weight": "0"}
    careful = {"x-wrp-cost-weight": "2"}

    replies = [
        ask(wishing, headers=free),
        ask(wishing, model="auto:cheap", headers=free),
        ask(wishing, model="auto:best", headers=careful),
    ]

    assert [reply.headers["x-wrp-model"] for reply in replies] == ["dear", "dear", "cheap"]


def test_a_suffixed_name_may_be_looked_up_but_the_list_stays_short(wishing: Proxy) -> None:
    listed = {model.id for model in wishing.openai.models.list()}

    assert listed == {"auto", "mine", *_PRICES}
    assert wishing.openai.models.retrieve("auto:cheap").id == "auto:cheap"
    with pytest.raises(openai.NotFoundError):
        wishing.openai.models.retrieve("cheap:cheap")


def test_a_limit_of_cost_leaves_out_what_is_dearer_or_of_unknown_price(wishing: Proxy) -> None:
    headers = {"x-wrp-max-cost-usd": "0.0001"}

    asked = {"model": "auto:best", "messages": ASK}
    reply = ask(wishing, headers=headers, **asked)
    told = wishing.http.post("/v1/route", json=asked, headers=headers).json()

    assert reply.headers["x-wrp-model"] == "cheap"
    assert told["ranking"] == ["cheap"]
    assert told["preferences"] == {"cost": 0.0, "latency": None, "max_cost_usd": 0.0001}
    assert "more than the 0.0001 of x-wrp-max-cost-usd" in told["excluded"]["dear"]
    assert "no known price" in told["excluded"]["unpriced"]


def test_a_limit_that_nobody_keeps_names_the_cheapest_and_its_cost(
    wishing: Proxy, shared_upstream: FakeUpstream
) -> None:
    before = len(shared_upstream.received)

    reply = ask(wishing, headers={"x-wrp-max-cost-usd": "0.0000001"})

    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (400, "cost_limit_exceeded")
    assert error["param"] == "x-wrp-max-cost-usd"
    assert "the cheapest able one is cheap, for about" in error["message"]
    assert len(shared_upstream.received) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x-wrp-cost-weight", "11"),
        ("x-wrp-latency-weight", "soon"),
        ("x-wrp-max-cost-usd", "0"),
        ("x-wrp-priority", "urgent"),
    ],
)
def test_a_bad_wish_is_refused_before_anything_is_asked(
    wishing: Proxy, shared_upstream: FakeUpstream, name: str, text: str
) -> None:
    before = len(shared_upstream.received)

    reply = ask(wishing, headers={name: text})

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, name)
    assert len(shared_upstream.received) == before


@pytest.mark.parametrize(
    ("headers", "fields"),
    [({"x-wrp-priority": "batch"}, {}), ({}, {"service_tier": "flex"})],
)
def test_a_patient_caller_asks_a_batch(
    wishing: Proxy, headers: dict[str, str], fields: dict[str, str]
) -> None:
    body = {"model": "auto", "messages": ASK, **fields}

    told = wishing.http.post("/v1/route", json=body, headers=headers).json()

    assert told["workload"]["kind"] == "batch"


def test_the_reason_in_the_header_and_in_the_journal_says_what_was_scored(wishing: Proxy) -> None:
    reply = ask(wishing, model="auto:best", headers={"x-request-id": "told-why"})

    [row] = recorded(wishing, request_id="told-why")
    reason = reply.headers["x-wrp-reason"]
    assert reason.startswith("quality 0.90")
    assert "signals: category " in reason
    assert "dear: score 0.9, quality 0.90, cost " in reason
    assert "cheap: score 0.6, quality 0.60, cost " in reason
    assert row["reason"] == reason
