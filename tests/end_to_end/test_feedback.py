"""Opinions on answers, over the wire and in the journal."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, lab_config, pools_config, recorded
from wrp_proxy.accounting.graded import Graded, Opinion, read_graded

KEYS: list[dict[str, Any]] = [
    {"key": "key-of-ada", "name": "ada"},
    {"key": "key-of-bob", "name": "bob"},
    {"key": "key-of-root", "name": "root", "admin": True},
]
TALK = {"x-session-id": "talk"}


def say(proxy: Proxy, key: str | None = None, **opinion: Any) -> httpx.Response:
    headers = {} if key is None else {"idempotency-key": key}
    return proxy.http.post("/v1/feedback", json=opinion, headers=headers)


def asked(proxy: Proxy, headers: dict[str, str] | None = None, **body: Any) -> str:
    """Ask; return the request's id."""
    reply = ask(proxy, headers=headers, **body)
    assert reply.status_code == 200, reply.text
    return str(reply.headers["x-request-id"])


def graded(proxy: Proxy) -> dict[str, Graded]:
    found = read_graded(proxy.state_dir / "journal.sqlite3")
    return {one.outcome.request_id: one for one in found}


def said_of(answer: Graded) -> list[Opinion]:
    """Return what callers said, without what the proxy saw for itself."""
    return [one for one in answer.opinions if not one.source.startswith("auto:")]


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["param"]


@pytest.fixture
def callers(upstream: FakeUpstream, start_proxy: StartProxy) -> dict[str, Proxy]:
    """One proxy, as each of its callers sees it."""
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": KEYS}))
    return {one["name"]: replace(proxy, key=one["key"]) for one in KEYS}


def test_an_opinion_stands_in_the_journal_with_its_answer(proxy: Proxy) -> None:
    request_id = asked(proxy)

    reply = say(proxy, request_id=request_id, verdict="underpowered", comment="too short")

    said = reply.json()
    assert (said["score"], said["answers"], said["replaced"]) == (0.3, 1, False)
    one = graded(proxy)[request_id]
    assert [tuple(opinion)[:3] for opinion in said_of(one)] == [("user", 0.3, 1.0)]
    assert one.outcome.model == "small"


def test_the_journal_keeps_what_can_be_learnt_from(proxy: Proxy) -> None:
    (row,) = recorded(proxy, request_id=asked(proxy))
    outcome = graded(proxy)[row["request_id"]].outcome

    assert '"text_bytes":' in row["context"]
    assert outcome.workload.text_bytes > 0
    assert outcome.workload.expected_output_tokens > 0
    assert outcome.workload.input_tokens == row["input_tokens"]
    assert (outcome.usage is not None, outcome.finish) == (True, "complete")


def test_an_opinion_of_a_session_is_shared_by_its_answers(callers: dict[str, Proxy]) -> None:
    ada, bob = callers["ada"], callers["bob"]
    talk = [asked(ada, TALK) for _ in range(4)]
    apart = [asked(ada), asked(ada, {"x-session-id": "walk"}), asked(bob, TALK)]

    said = say(ada, session="talk", score=0.5).json()

    assert (said["answers"], said["session"], said["request_id"]) == (4, "talk", None)
    found = graded(ada)
    assert [[one.weight for one in said_of(found[name])] for name in talk] == [[0.25]] * 4
    assert [said_of(found[name]) for name in apart] == [[], [], []]


def test_the_last_opinion_of_a_source_holds(proxy: Proxy) -> None:
    request_id = asked(proxy, TALK)

    replies = [
        say(proxy, request_id=request_id, score=1),
        say(proxy, request_id=request_id, score=0.5, source="qa"),
        say(proxy, request_id=request_id, score=0),
        say(proxy, session="talk", score=0.75),
        say(proxy, session="talk", score=0.25),
    ]

    replaced = [reply.json()["replaced"] for reply in replies]
    assert replaced == [False, False, True, False, True]
    values = {(one.source, one.value) for one in said_of(graded(proxy)[request_id])}
    assert values == {("qa", 0.5), ("user", 0.0), ("user", 0.25)}


def test_an_opinion_that_is_sent_again_with_its_key_is_one(proxy: Proxy) -> None:
    request_id = asked(proxy)

    first, again = (say(proxy, "k", request_id=request_id, score=1) for _ in range(2))
    other = say(proxy, "k", request_id=request_id, score=0)

    assert (first.json()["replaced"], again.content) == (False, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert refusal(other) == (409, "Idempotency-Key")
    assert graded(proxy)[request_id].value == 1.0


def test_a_key_counts_for_its_caller_only(callers: dict[str, Proxy]) -> None:
    ids = {name: asked(callers[name]) for name in ("ada", "bob")}

    replies = [say(callers[name], "k", request_id=ids[name], score=1) for name in ids]

    assert [reply.json()["request_id"] for reply in replies] == list(ids.values())


def test_only_admins_speak_of_answers_of_others(callers: dict[str, Proxy]) -> None:
    ada, bob, root = callers.values()
    request_id = asked(ada, TALK)

    assert refusal(say(bob, request_id=request_id, score=0)) == (404, "request_id")
    assert refusal(say(bob, session="talk", score=0)) == (404, "session")
    assert say(root, request_id=request_id, score=0.5, source="root").status_code == 200
    assert say(root, session="talk", score=0.5, source="root").status_code == 200
    one = graded(ada)[request_id]
    assert [opinion.source for opinion in said_of(one)] == ["root", "root"]


@pytest.mark.parametrize(
    ("opinion", "status", "param"),
    [
        ({"request_id": "req_unheard_of", "score": 1}, 404, "request_id"),
        ({"request_id": "' OR 1=1 --", "score": 1}, 404, "request_id"),
        ({"session": "unheard-of", "score": 1}, 404, "session"),
        ({"request_id": "r", "session": "s", "score": 1}, 400, "request_id"),
        ({"session": "s"}, 400, "score"),
        ({"request_id": "r", "score": 1, "source": "auto:retry"}, 400, "source"),
        ({"request_id": "r", "score": 1, "preferred": "unheard-of"}, 404, "preferred"),
        ({"request_id": "r", "score": 1, "preferred": "auto"}, 404, "preferred"),
    ],
)
def test_what_nobody_knows_is_refused_by_its_name(
    shared_proxy: Proxy, opinion: dict[str, Any], status: int, param: str
) -> None:
    assert refusal(say(shared_proxy, **opinion)) == (status, param)


def test_a_preferred_model_is_kept(proxy: Proxy) -> None:
    by_name, by_provider = asked(proxy), asked(proxy)

    replies = [
        say(proxy, request_id=by_name, score=0, preferred="small"),
        say(proxy, request_id=by_provider, score=0, preferred="lab/another-model"),
    ]

    assert [reply.status_code for reply in replies] == [200, 200]
    found = graded(proxy)
    assert found[by_name].preferred == ("small",)
    assert found[by_provider].preferred == ("lab/another-model",)


def test_nothing_can_be_said_of_an_answer_that_failed(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.error(500)

    failed = ask(proxy, headers=TALK)

    assert failed.status_code >= 500
    request_id = failed.headers["x-request-id"]
    assert refusal(say(proxy, request_id=request_id, score=0)) == (404, "request_id")
    assert refusal(say(proxy, session="talk", score=0)) == (404, "session")


@pytest.mark.parametrize("strategy", ["thompson", "epsilon_greedy", "linucb"])
def test_what_is_said_of_answers_decides_who_gives_the_next(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, strategy: str
) -> None:
    config = pools_config({"small": [upstream.url], "large": [second.url]})
    config["routes"]["auto"]["strategy"] = strategy
    proxy = start_proxy(config)

    chosen = []
    for _ in range(40):
        reply = ask(proxy)
        chosen.append(reply.headers["x-wrp-model"])
        score = 1 if chosen[-1] == "large" else 0
        say(proxy, request_id=reply.headers["x-request-id"], score=score)

    assert chosen[-20:].count("large") >= 16


def test_who_asks_again_gives_the_answer_before_a_bad_mark(proxy: Proxy) -> None:
    other = [{"role": "user", "content": "Which trains go to Rome on a Sunday?"}]
    ids = [asked(proxy, TALK), asked(proxy, TALK), asked(proxy, TALK, messages=other)]

    recorded(proxy, 3)

    found = graded(proxy)
    marks = [[tuple(one)[:3] for one in found[name].opinions] for name in ids]
    assert marks == [[("auto:retry", 0.0, 0.3)], [("auto:moved_on", 1.0, 0.05)], []]


@pytest.mark.parametrize("headers", [{}, TALK], ids=["unnamed", "named"])
def test_a_session_leaves_a_model_that_was_said_to_be_bad_twice(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, headers: dict[str, str]
) -> None:
    config = pools_config({"small": [upstream.url], "large": [second.url]})
    config["routes"]["auto"]["strategy"] = "session(fixed_order)"
    proxy = start_proxy(config)

    chosen = []
    for _ in range(3):
        reply = ask(proxy, headers=headers)
        chosen.append(reply.headers["x-wrp-model"])
        say(proxy, request_id=reply.headers["x-request-id"], score=0)

    assert chosen == ["small", "small", "large"]
