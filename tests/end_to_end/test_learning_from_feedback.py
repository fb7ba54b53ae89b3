"""`auto` finds out, by what is said of its answers, which model is right for which kind of task."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.proxy import ASK, Proxy, eventually, pools_config, running_proxy
from tests.redis_server import RedisServer, needs_redis

_RIGHT, _WRONG = "That is right.", "That is wrong."
_PROMPTS = {
    "mathematics": "Solve the equation {0}x + {1} = {2} for x.",
    "coding": "Write a Python function that reverses a linked list of {0} nodes, {1} by {2}.",
}
_BEST = {"mathematics": "counter", "coding": "coder"}
_PRIORS = {
    "counter": {"mathematics": 0.6, "default": 0.7},
    "coder": {"coding": 0.6, "default": 0.7},
}
"""The opposite of what is so."""
_PACED = {"name": "session(budgeted(linucb))", "budgeted": {"usd_per_request": 1}}
_LEARNING, _SHOWN = 160, 40
_MAY_EXPLORE = 6
"""Of those shown."""


def knows(category: str) -> Answer:
    """Answer rightly what is of this category, and wrongly all else."""
    begins = _PROMPTS[category].split("{")[0]

    async def answer(received: Received, wire: Wire) -> None:
        asked = received.json["messages"][-1]["content"]
        await answers.chat(_RIGHT if asked.startswith(begins) else _WRONG)(received, wire)

    return answer


@pytest.fixture
def urls() -> Iterator[dict[str, str]]:
    with FakeUpstream(knows("coding")) as coder, FakeUpstream(knows("mathematics")) as counter:
        yield {"coder": coder.url, "counter": counter.url}
    assert coder.failures == counter.failures == []


def config(urls: Mapping[str, str], strategy: object = None, **more: Any) -> dict[str, Any]:
    """Configure no strategy where none is given: `auto` has its own."""
    said = pools_config({name: [url] for name, url in urls.items()}, **more)
    for name, quality in _PRIORS.items():
        said["models"][name]["quality"] = quality
    said["routes"]["auto"] = {} if strategy is None else {"strategy": strategy}
    return {**said, "workload": {"embed": False}}


def choices(proxy: Proxy, numbers: Iterable[int], *, tell: bool = True) -> list[bool]:
    """Ask something new by each number, say how good it was; tell where the right model was asked.

    Opinions are on what the answers say: nobody tells the proxy who should have answered.
    """
    client, chosen = proxy.http, []
    for number in numbers:
        category = list(_PROMPTS)[number % len(_PROMPTS)]
        text = _PROMPTS[category].format(number + 2, 3 * number + 1, 7 * number + 5)
        body = {"model": "auto", "messages": [{"role": "user", "content": text}]}
        reply = client.post("/v1/chat/completions", json=body)
        assert reply.status_code == 200, reply.text
        said = reply.json()["choices"][0]["message"]["content"]
        opinion = {"request_id": reply.headers["x-request-id"], "score": float(said == _RIGHT)}
        if tell:
            assert client.post("/v1/feedback", json=opinion).status_code == 200
        chosen.append(reply.headers["x-wrp-model"] == _BEST[category])
    return chosen


@pytest.mark.parametrize(
    "strategy", [None, _PACED, "thompson"], ids=["default", "paced", "thompson"]
)
def test_what_is_said_of_answers_leads_to_the_right_model_for_each_kind_of_task(
    urls: dict[str, str], start_proxy: StartProxy, strategy: object
) -> None:
    proxy = start_proxy(config(urls, strategy))

    choices(proxy, range(_LEARNING))
    after = choices(proxy, range(_LEARNING, _LEARNING + _SHOWN), tell=False)

    # None of them without a word; what is explored on the way decides how near to all it comes.
    assert sum(after[0::2]) >= 0.6 * _SHOWN / 2
    assert sum(after[1::2]) >= 0.6 * _SHOWN / 2


def test_without_a_word_nothing_changes(urls: dict[str, str], start_proxy: StartProxy) -> None:
    proxy = start_proxy(config(urls))

    assert not any(choices(proxy, range(20), tell=False))


def test_a_canary_that_is_said_to_be_better_is_promoted_and_stays_so(
    urls: dict[str, str], tmp_path: Path
) -> None:
    by_kind = [
        {"name": name, "when": {"category": name}, "models": [best]} for name, best in _BEST.items()
    ]
    strategy = {
        "name": "canary",
        "inner": {"name": "weighted", "weights": {"coder": 1}, "seed": 1},
        "candidate": {"name": "rules", "rules": by_kind},
        "share": 0.3,
        "min_scores": 15,
        "seed": 1,
    }
    with running_proxy(config(urls, strategy), tmp_path) as proxy:
        before = choices(proxy, range(20))
        choices(proxy, range(20, _LEARNING))
        after = choices(proxy, range(_LEARNING, _LEARNING + 10), tell=False)
        reply = proxy.http.post("/v1/route", json={"model": "auto", "messages": ASK}).json()

    with running_proxy(config(urls, strategy), tmp_path) as proxy:
        restarted = choices(proxy, range(10), tell=False)

    assert not all(before)
    assert all(after + restarted)
    assert any("rules is promoted after" in words for words in reply["fired"])


def test_similar_questions_are_learnt_of_too(urls: dict[str, str], start_proxy: StartProxy) -> None:
    """The journal keeps no features: they are remembered for those who speak of the answer."""
    proxy = start_proxy(config(urls, {"name": "nearest", "cost_weight": 0}))
    body = {"model": "auto", "messages": [{"role": "user", "content": "Which way is the sea?"}]}

    def expected() -> dict[str, float]:
        told = proxy.http.post("/v1/route", json=body).json()
        return {one["model"]: one["quality"] for one in told["candidates"]}

    before = expected()
    reply = proxy.http.post("/v1/chat/completions", json=body)
    opinion = {"request_id": reply.headers["x-request-id"], "score": 0}
    proxy.http.post("/v1/feedback", json=opinion)
    after = expected()

    asked, other = before
    assert reply.headers["x-wrp-model"] == asked
    assert after[asked] < before[asked]
    assert after[other] == before[other]


def test_a_restart_goes_on_with_what_was_said(urls: dict[str, str], tmp_path: Path) -> None:
    with running_proxy(config(urls), tmp_path) as proxy:
        choices(proxy, range(_LEARNING))

    with running_proxy(config(urls), tmp_path) as proxy:
        after = choices(proxy, range(_LEARNING, _LEARNING + _SHOWN), tell=False)

    assert sum(after) >= _SHOWN - _MAY_EXPLORE


@needs_redis
def test_what_is_said_to_one_replica_leads_another_that_runs_already(
    urls: dict[str, str], tmp_path: Path
) -> None:
    with RedisServer(tmp_path / "redis") as redis:
        said = config(urls, "linucb", cache={"redis": redis.url})
        with running_proxy(said, tmp_path / "two") as two:
            before = choices(two, range(2), tell=False)
            with running_proxy(said, tmp_path / "one") as one:
                choices(one, range(40))
            # The one tells all it knows when it stops, the other asks every five seconds.
            eventually(lambda: all(choices(two, range(2), tell=False)))
            after = choices(two, range(40, 60), tell=False)

    assert before == [False, False]
    assert all(after)
