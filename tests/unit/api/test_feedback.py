"""What is learnt of an opinion: of whom, how much, where, and only once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.unit.clock import Clock
from tests.unit.nouns import outcome
from wrp_proxy.accounting.feedback import FeedbackBook
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.api.asgi import Receive, Scope, Send
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.errors import install_error_shapes
from wrp_proxy.api.feedback import feedback_api
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.types import Outcome

pytestmark = pytest.mark.anyio
MODELS = {"small", "large", "huge"}


@dataclass(slots=True)
class Desk:
    """The endpoint over a journal with some answers, and what it taught."""

    http: httpx.AsyncClient
    learnt: list[Outcome] = field(default_factory=list)
    heeded: list[tuple[str, bool]] = field(default_factory=list)

    def learn(self, taught: Outcome) -> None:
        asyncio.get_running_loop()  # raises in a worker thread
        self.learnt.append(taught)

    async def heed(
        self, entry_id: str, similarity: float | None, key: tuple[str, str], *, right: bool
    ) -> int:
        self.heeded.append((entry_id, right))
        return 1

    async def say(self, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {} if key is None else {"idempotency-key": key}
        return await self.http.post("/v1/feedback", json=body, headers=headers)

    @property
    def lessons(self) -> list[tuple[str, float, float, float | None]]:
        return [
            (one.model, score.value, score.weight, score.replaces)
            for one in self.learnt
            if (score := one.score)
        ]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    app = FastAPI()
    install_error_shapes(app)

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        scope[CALLER] = Caller("req", "alice", is_admin=False, headers=dict(scope["headers"]))
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=front)
    with closing(Journal.open(tmp_path / "journal.sqlite3")) as journal:
        journal.write(
            [
                outcome(request_id="one", session="talk", entry_id="ab"),
                outcome(request_id="two", session="talk", model="large", entry_id="cd"),
                outcome(request_id="bobs", tenant="bob", session="talk"),
            ]
        )
        idempotency = Idempotency(clock=Clock())
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy") as http:
            desk = Desk(http)
            book = FeedbackBook(journal.path, Clock(2000.0))
            api = feedback_api(
                book,
                lambda: None,
                desk.heed,
                learn=desk.learn,
                knows_model=MODELS.__contains__,
                idempotency=idempotency,
            )
            app.include_router(api)
            yield desk
        await idempotency.close()


@pytest.mark.parametrize(
    ("opinion", "value"),
    [
        ({"score": 0.25}, 0.25),
        ({"score": 0}, 0.0),
        ({"verdict": "good_fit"}, 1.0),
        ({"verdict": "overprovisioned"}, 0.9),
        ({"verdict": "underpowered"}, 0.3),
        ({"verdict": "failed"}, 0.0),
    ],
)
async def test_the_model_that_answered_is_learnt_of(
    desk: Desk, opinion: dict[str, Any], value: float
) -> None:
    reply = await desk.say(request_id="two", **opinion)

    assert desk.lessons == [("large", value, 1.0, None)]
    assert reply.json() == {
        "object": "feedback",
        "request_id": "two",
        "session": None,
        "answers": 1,
        "score": value,
        "verdict": opinion.get("verdict"),
        "source": "user",
        "replaced": False,
        "evicted": int(value >= 0.8 or value <= 0.2),
    }


async def test_a_later_opinion_corrects_what_was_learnt(desk: Desk) -> None:
    await desk.say(request_id="one", score=1)
    reply = await desk.say(request_id="one", score=0.5)
    await desk.say(request_id="one", score=0.25, source="qa")

    assert reply.json()["replaced"] is True
    assert desk.lessons == [
        ("small", 1.0, 1.0, None),
        ("small", 0.5, 1.0, 1.0),
        ("small", 0.25, 1.0, None),
    ]


async def test_a_preferred_model_is_learnt_of_once(desk: Desk) -> None:
    await desk.say(request_id="one", score=0.2, preferred="large")
    await desk.say(request_id="one", score=0.1, preferred="large")
    await desk.say(request_id="one", score=0.1, preferred="huge")

    assert desk.lessons == [
        ("small", 0.2, 1.0, None),
        ("large", 1.0, 0.5, None),
        ("small", 0.1, 1.0, 0.2),
        ("small", 0.1, 1.0, 0.1),
        ("huge", 1.0, 0.5, None),
    ]


async def test_who_prefers_the_model_that_answered_says_no_more_than_the_score(desk: Desk) -> None:
    await desk.say(request_id="one", score=1, preferred="small")

    assert desk.lessons == [("small", 1.0, 1.0, None)]


async def test_of_a_session_all_answers_of_the_caller_are_learnt_of(desk: Desk) -> None:
    reply = await desk.say(session="talk", score=0, preferred="huge")

    assert sorted(desk.lessons) == [
        ("huge", 1.0, 0.25, None),
        ("huge", 1.0, 0.25, None),
        ("large", 0.0, 0.5, None),
        ("small", 0.0, 0.5, None),
    ]
    assert (reply.json()["answers"], reply.json()["session"]) == (2, "talk")
    assert {one.tenant for one in desk.learnt} == {"alice"}
    assert desk.heeded == []


async def test_the_same_key_is_the_same_opinion(desk: Desk) -> None:
    first = await desk.say("k", request_id="one", score=1)
    again = await desk.say("k", request_id="one", score=1, source="user")
    other = await desk.say("k", request_id="one", score=0)

    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert (other.status_code, other.json()["error"]["param"]) == (409, "Idempotency-Key")
    assert desk.lessons == [("small", 1.0, 1.0, None)]


async def test_two_at_the_same_time_with_one_key_are_one_opinion(desk: Desk) -> None:
    replies = await asyncio.gather(*(desk.say("k", request_id="one", score=1) for _ in range(5)))

    assert {reply.content for reply in replies} == {replies[0].content}
    assert desk.lessons == [("small", 1.0, 1.0, None)]


async def test_a_failure_is_not_kept_for_its_key(desk: Desk) -> None:
    missing = [await desk.say("k", request_id="none", score=1) for _ in range(2)]

    assert [reply.status_code for reply in missing] == [404, 404]
    assert "idempotent-replayed" not in missing[1].headers


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"score": 1}, 400, "request_id"),
        ({"request_id": "one", "session": "talk", "score": 1}, 400, "request_id"),
        ({"request_id": "one"}, 400, "score"),
        ({"request_id": "one", "score": 1, "source": "auto:retry"}, 400, "source"),
        ({"request_id": "one", "score": 1, "source": "verifier:json_schema"}, 400, "source"),
        ({"request_id": "one", "score": 1, "source": "shadow"}, 400, "source"),
        ({"request_id": "one", "score": 1, "preferred": "gpt-9"}, 404, "preferred"),
        ({"request_id": "bobs", "score": 1}, 404, "request_id"),
        ({"request_id": "none", "score": 1}, 404, "request_id"),
        ({"session": "walk", "score": 1}, 404, "session"),
        ({"session": "", "score": 1}, 400, "session"),
    ],
)
@pytest.mark.parametrize("key", [None, "k"])
async def test_what_cannot_be_taken_is_told_by_the_name_of_its_field(
    desk: Desk, body: dict[str, Any], status: int, param: str, key: str | None
) -> None:
    reply = await desk.say(key, **body)

    assert (reply.status_code, reply.json()["error"]["param"]) == (status, param)
    assert desk.learnt == []


async def test_a_key_that_is_none_is_refused(desk: Desk) -> None:
    reply = await desk.say("k" * 256, request_id="one", score=1)

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "Idempotency-Key")
