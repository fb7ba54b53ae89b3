"""The judge over real sockets: a fake model judges, and the cache learns from it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import answers
from tests.cache.asking import question, semantic_config, semantic_proxy, tier
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import Proxy, eventually, recorded
from wrp_proxy.cache.bounds.judge_error import ASKINGS

KNOWN = "How do I reset my password?"
OTHER_WORDS = "How can I reset my password?"


class Lab:
    """A model that answers, and a judge whose verdict the test sets."""

    def __init__(self) -> None:
        self.verdict = "same"
        self.judged: list[dict[str, Any]] = []

    async def __call__(self, received: Received, wire: Wire) -> None:
        body = received.json
        if body["model"] != "mock-judge":
            await answers.chat("Click on 'forgot'.")(received, wire)
            return
        self.judged.append(json.loads(body["messages"][-1]["content"]))
        verdict = json.dumps({"verdict": self.verdict})
        await answers.plain(answers.completion(verdict))(received, wire)


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def proxy(lab: Lab, tmp_path: Path) -> Iterator[Proxy]:
    with FakeUpstream(lab) as upstream:
        config = semantic_config(
            upstream.url,
            cache={"preset": "balanced", "threshold": 0.9},
        )
        config["models"]["judge"] = {
            "endpoints": [{"provider": "lab", "model": "mock-judge"}],
            "price": {"input": 1.0, "output": 1.0},
        }
        config["routes"]["auto"]["models"] = ["small"]
        config["cache"]["judge"] = {
            "model": "judge",
            "audit_share": 1,
            "near_share": 1,
            "per_minute": 60_000,
        }
        with semantic_proxy(upstream, tmp_path, config) as proxy:
            yield proxy


def judged(proxy: Proxy, what: str, count: int = 1) -> None:
    def look() -> bool:
        figures = proxy.http.get("/v1/cache/stats").json()["judge"]
        return bool(figures[what] >= count)

    eventually(look)


def test_an_audited_hit_that_is_wrong_is_not_given_again(proxy: Proxy, lab: Lab) -> None:
    lab.verdict = "different"
    question(proxy, KNOWN)
    hit = question(proxy, OTHER_WORDS)
    assert tier(hit) == "semantic"

    judged(proxy, "different")

    again = question(proxy, OTHER_WORDS)
    assert tier(again) == "miss"
    assert "similarity below" in again.headers["x-wrp-cache-refused"]
    suspects = proxy.http.get("/v1/cache/audit").json()["data"]
    assert (suspects[0]["right"], suspects[0]["asked"]) == (False, OTHER_WORDS)
    assert suspects[0]["request_id"] == hit.headers["x-request-id"]


def test_a_wrong_hit_is_asked_about_again(proxy: Proxy, lab: Lab) -> None:
    lab.verdict = "different"
    question(proxy, KNOWN)
    question(proxy, OTHER_WORDS)

    judged(proxy, "different")

    assert [texts["question_b"] for texts in lab.judged] == [OTHER_WORDS] * ASKINGS
    assert lab.judged[0]["answer_a"].strip() == "Click on 'forgot'."


def test_right_audits_make_the_stated_bound_smaller(proxy: Proxy) -> None:
    question(proxy, KNOWN)
    first = question(proxy, OTHER_WORDS)
    judged(proxy, "same")

    second = question(proxy, OTHER_WORDS)

    bounds = [float(reply.headers["x-wrp-cache-false-hit-bound"]) for reply in (first, second)]
    assert bounds[0] == 1.0
    assert bounds[1] < 1.0
    (figures,) = proxy.http.get("/v1/cache/stats").json()["false_hits"]
    assert (figures["route"], figures["category"], figures["wrong"]) == ("auto", "unknown", 0)
    assert (
        'wrp_cache_false_hit_bound{category="unknown",route="auto"}'
        in proxy.http.get("/metrics").text
    )


def test_a_near_miss_is_compared_with_both_answers(proxy: Proxy, lab: Lab) -> None:
    question(proxy, "Is the clinic open on Sundays?")
    question(proxy, "Is the clinic closed on Sundays?")
    question(proxy, KNOWN)
    question(proxy, OTHER_WORDS, headers={"x-wrp-cache-threshold": "0.9999"})

    judged(proxy, "same")

    (texts,) = lab.judged  # what the words tell apart needs no judge
    assert (texts["question_a"], texts["question_b"]) == (KNOWN, OTHER_WORDS)
    assert texts["answer_b"].strip() == texts["answer_a"].strip() == "Click on 'forgot'."


def test_what_the_judge_costs_is_on_record_under_its_own_name(proxy: Proxy) -> None:
    question(proxy, KNOWN)
    question(proxy, OTHER_WORDS)
    judged(proxy, "same")

    rows = [row for row in recorded(proxy, 1) if row["tenant"] == "wrp-cache"]

    assert [row["model"] for row in rows] == ["judge"]
    assert rows[0]["cost_usd"] > 0
    assert rows[0]["cached"] == "bypass"


def test_feedback_on_a_semantic_hit_evicts_it_and_its_neighbours(proxy: Proxy) -> None:
    question(proxy, KNOWN)
    hit = question(proxy, OTHER_WORDS)

    said = proxy.http.post(
        "/v1/feedback",
        json={"request_id": hit.headers["x-request-id"], "verdict": "failed"},
    ).json()

    assert said["evicted"] == 1
    assert tier(question(proxy, KNOWN)) == "miss"
