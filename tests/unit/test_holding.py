"""Holding, with a real upstream below and nothing above."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.unit.nouns import chat_request, endpoint, model, workload
from tests.unit.routers.views import Seen
from tests.unit.trying import fail_over_to
from wrp_proxy.catalog import Route
from wrp_proxy.holding import Holding
from wrp_proxy.pool_view import NOTHING_SEEN, Expectation, PoolView
from wrp_proxy.pooling import Balancing
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.signals import Check, Signal
from wrp_proxy.trace import Trace
from wrp_proxy.types import ChatRequest, Decision, Outcome, Workload
from wrp_proxy.verifiers.base import Answer, Question, Verdict
from wrp_proxy.verifiers.panel import Panel
from wrp_proxy.verifiers.registry import VERIFIERS

NON_EMPTY = Check(how="verify", verifiers=("non_empty",))
MODELS = (model("small"), model("large"), model("huge"))


class Records:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.scored: list[Outcome] = []

    def record(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def score(self, outcome: Outcome) -> None:
        self.scored.append(outcome)


class Learning(FixedOrder):
    def __init__(self) -> None:
        self.learnt: list[Outcome] = []

    def learn(self, outcome: Outcome) -> None:
        self.learnt.append(outcome)


class NoClassifier:
    async def classify(
        self, request: ChatRequest, wanted: frozenset[Signal] = frozenset()
    ) -> Workload:
        return workload()

    async def recount(self, request: ChatRequest, workload: Workload) -> Workload:
        return workload

    def learn(self, outcome: Outcome) -> None:
        return


@asynccontextmanager
async def holding_before(
    upstream: FakeUpstream,
    records: Records,
    panel: Panel | None = None,
    max_bytes: int = 10_000,
    pool: PoolView = NOTHING_SEEN,
) -> AsyncIterator[Holding]:
    client = Http1Upstream(connect_timeout_s=5)
    fail_over = fail_over_to(upstream.url, client, records, NoClassifier())
    try:
        yield Holding(
            fail_over=fail_over,
            panel=panel or Panel(VERIFIERS),
            graded=records.score,
            pool=pool,
            max_bytes=max_bytes,
        )
    finally:
        await client.close()


def traced(router: Learning, *, stream: bool = False, **body: Any) -> Trace:
    request = chat_request(stream=stream, **body)
    if stream:
        asked = {**request.body, "stream": True}
        request = replace(request, body=asked, raw=json.dumps(asked).encode())
    trace = Trace(request)
    trace.route = Route(name="auto", router=router, models=None)
    return trace


async def answer_of(
    holding: Holding, trace: Trace, check: Check | None, **more: Any
) -> list[bytes]:
    decision = Decision(ranking=MODELS, router="fixed", reason="as told", check=check, **more)
    trace.decision = decision
    return [piece async for piece in holding.answer(trace, workload(), decision)]


@pytest.mark.anyio
async def test_an_endpoint_that_failed_one_model_is_not_asked_by_the_next(
    upstream: FakeUpstream,
) -> None:
    upstream.answer = answers.in_turn(answers.error(500), answers.error(500), answers.chat("Hello"))
    shared = endpoint("shared")
    turns = Balancing(name="round_robin")
    models = (
        model("small", endpoint("own"), shared, balancing=turns),
        model("large", shared, endpoint("last"), balancing=turns),
    )
    decision = Decision(ranking=models, router="fixed", reason="as told", check=NON_EMPTY)
    trace = traced(Learning())
    trace.decision = decision

    async with holding_before(upstream, Records()) as holding:
        pieces = [piece async for piece in holding.answer(trace, workload(), decision)]

    assert b"Hello" in b"".join(pieces)
    assert [one.json["model"] for one in upstream.received][2:] == ["last"]
    assert {one.json["model"] for one in upstream.received} == {"own", "shared", "last"}


@pytest.mark.anyio
async def test_verdicts_are_scores_of_the_attempts(upstream: FakeUpstream) -> None:
    upstream.answer = answers.in_turn(answers.chat(""), answers.chat("Hello"))
    records, router = Records(), Learning()
    async with holding_before(upstream, records) as holding:
        await answer_of(holding, traced(router), NON_EMPTY)

    scores = [(one.model, one.attempt, one.score) for one in records.scored]
    assert [(name, attempt, score and score.value) for name, attempt, score in scores] == [
        ("small", 1, 0.0),
        ("large", 2, 1.0),
    ]
    assert {score and score.source for _, _, score in scores} == {"verifier:non_empty"}
    assert [one for one in router.learnt if one.score is not None] == records.scored
    assert [one.score for one in records.outcomes] == [None, None]


@pytest.mark.anyio
async def test_no_more_models_are_asked_than_the_check_says(upstream: FakeUpstream) -> None:
    upstream.answer = answers.chat("")
    async with holding_before(upstream, Records()) as holding:
        await answer_of(holding, traced(Learning()), NON_EMPTY)

    assert [one.json["model"] for one in upstream.received] == ["mock-small", "mock-large"]


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_too_long_to_be_held_is_let_through(
    upstream: FakeUpstream, stream: bool
) -> None:
    upstream.answer = answers.chat("word " * 200)
    trace = traced(Learning(), stream=stream)
    async with holding_before(upstream, Records(), max_bytes=500) as holding:
        pieces = await answer_of(holding, trace, NON_EMPTY)

    assert b"".join(pieces).count(b"word") == 200
    assert trace.answered_by == "small"
    assert trace.decision is not None
    assert "small too long to be held, given unverified" in trace.decision.reason
    assert trace.answered is not None
    assert trace.answered.finish == "complete"


async def escalated(
    upstream: FakeUpstream,
    pool: PoolView,
    *,
    gone_s: float = 0.0,
    max_ttft_s: float | None = 2.0,
    timeout_s: float | None = None,
) -> tuple[str, list[str]]:
    """Let `small` be refused; return the reason and the models that were asked."""
    upstream.answer = answers.in_turn(answers.chat(""), answers.chat("Hello"))
    trace = traced(Learning())
    trace.request = replace(trace.request, timeout_s=timeout_s)
    trace.started -= gone_s
    async with holding_before(upstream, Records(), pool=pool) as holding:
        await answer_of(holding, trace, replace(NON_EMPTY, max_ttft_s=max_ttft_s))
    assert trace.decision is not None
    return trace.decision.reason, [one.json["model"] for one in upstream.received]


SLOW = Expectation(ttft_s=0.1, answer_s=20.1)
QUICK = Expectation(ttft_s=0.1, answer_s=0.4)


@pytest.mark.anyio
async def test_a_better_model_is_asked_if_its_answer_fits_the_time_that_is_left(
    upstream: FakeUpstream,
) -> None:
    reason, asked = await escalated(upstream, Seen(large=QUICK))

    assert asked == ["mock-small", "mock-large"]
    assert reason == "small refused: non_empty; large accepted (as told)"


@pytest.mark.anyio
async def test_a_middle_tier_is_asked_where_the_best_would_be_too_late(
    upstream: FakeUpstream,
) -> None:
    reason, asked = await escalated(upstream, Seen(large=SLOW, huge=QUICK), gone_s=1.0)

    assert asked == ["mock-small", "mock-huge"]
    assert "no time is left for large (20.1 s expected, 1.0 s left); huge asked instead" in reason


@pytest.mark.anyio
async def test_the_cheap_answer_is_given_where_all_others_would_be_too_late(
    upstream: FakeUpstream,
) -> None:
    reason, asked = await escalated(upstream, Seen(large=SLOW, huge=SLOW))

    assert asked == ["mock-small"]
    assert reason.count("no time is left for") == 2
    assert "small given, for none was accepted" in reason


@pytest.mark.anyio
async def test_a_model_of_which_nothing_is_known_is_asked(upstream: FakeUpstream) -> None:
    _, asked = await escalated(upstream, Seen())

    assert asked == ["mock-small", "mock-large"]


@pytest.mark.anyio
async def test_the_callers_deadline_is_a_bound_too(upstream: FakeUpstream) -> None:
    pool = Seen(large=SLOW, huge=QUICK)
    _, asked = await escalated(upstream, pool, max_ttft_s=None, timeout_s=10.0)

    assert asked == ["mock-small", "mock-huge"]


@pytest.mark.anyio
async def test_without_any_bound_the_pool_is_not_asked(upstream: FakeUpstream) -> None:
    pool = Seen(large=SLOW)
    _, asked = await escalated(upstream, pool, max_ttft_s=None)

    assert asked == ["mock-small", "mock-large"]
    assert pool.asked == []


@pytest.mark.anyio
async def test_nothing_more_is_asked_when_the_time_is_over(upstream: FakeUpstream) -> None:
    reason, asked = await escalated(upstream, Seen(), gone_s=3.0)

    assert asked == ["mock-small"]
    assert "no time is left for another" in reason


@pytest.mark.anyio
async def test_an_escalation_that_takes_longer_than_expected_is_broken_off(
    upstream: FakeUpstream,
) -> None:
    upstream.answer = answers.in_turn(answers.chat(""), answers.hang)
    trace = traced(Learning())
    trace.started -= 1.9
    async with holding_before(upstream, Records(), pool=Seen(large=QUICK)) as holding:
        pieces = await answer_of(holding, trace, replace(NON_EMPTY, max_ttft_s=2.5))

    assert b"".join(pieces)
    assert trace.answered_by == "small"
    assert trace.decision is not None
    assert "large failed: deadline_exceeded" in trace.decision.reason


class Broken:
    weight = 0.5

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        raise ZeroDivisionError


@pytest.mark.anyio
async def test_a_verifier_that_errs_accepts_and_the_reason_says_so(upstream: FakeUpstream) -> None:
    trace = traced(Learning())
    async with holding_before(upstream, Records(), Panel({"non_empty": Broken()})) as holding:
        await answer_of(holding, trace, NON_EMPTY)

    assert trace.decision is not None
    assert trace.decision.reason == "small accepted (non_empty could not tell) (as told)"
    assert len(upstream.received) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True])
async def test_without_a_check_nothing_is_held(upstream: FakeUpstream, stream: bool) -> None:
    upstream.answer = answers.chat("")
    trace = traced(Learning(), stream=stream)
    async with holding_before(upstream, Records()) as holding:
        await answer_of(holding, trace, None)

    assert len(upstream.received) == 1
    assert trace.held_s is None


@pytest.mark.anyio
async def test_parameters_of_a_decision_are_set(upstream: FakeUpstream) -> None:
    trace = traced(Learning(), temperature=0.2)
    async with holding_before(upstream, Records()) as holding:
        parameters = {"temperature": 0.7, "max_tokens": 9, "model": "other", "stream": True}
        await answer_of(holding, trace, None, parameters=parameters)

    body = upstream.last.json
    assert (body["temperature"], body["max_tokens"]) == (0.7, 9)
    assert (body["model"], body.get("stream")) == ("mock-small", None)


@pytest.mark.anyio
async def test_samples_too_long_to_be_compared_are_no_votes(upstream: FakeUpstream) -> None:
    upstream.answer = answers.in_turn(
        *[answers.chat("word " * 200)] * 3, answers.chat("From another")
    )
    trace = traced(Learning())
    check = Check(how="agree", verifiers=("agreement",), escalations=2, samples=3)
    async with holding_before(upstream, Records(), max_bytes=500) as holding:
        pieces = await answer_of(holding, trace, check)

    assert b"From another" in b"".join(pieces)
    assert trace.answered_by == "large"


@pytest.mark.anyio
async def test_votes_are_scores_where_some_agree(upstream: FakeUpstream) -> None:
    upstream.answer = answers.in_turn(*map(answers.chat, ("1", "2", "2", "2")))
    records = Records()
    check = Check(how="agree", verifiers=("agreement",), escalations=2, samples=3)
    async with holding_before(upstream, records) as holding:
        await answer_of(holding, traced(Learning()), check)

    values: Sequence[float] = [one.score.value for one in records.scored if one.score]
    assert sorted(values) == [0.0, 1.0, 1.0, 1.0]
    assert {one.score.source for one in records.scored if one.score} == {"verifier:agreement"}


@pytest.mark.anyio
@pytest.mark.parametrize("number", [1, 4])
async def test_models_without_a_free_endpoint_are_made_up_for(
    upstream: FakeUpstream, number: int
) -> None:
    trace = traced(Learning())
    full = [model("full", endpoint("mock-full", max_concurrency=0))] * number
    async with holding_before(upstream, Records()) as holding:
        decision = Decision(
            ranking=(*full, *MODELS), router="fixed", reason="as told", check=NON_EMPTY
        )
        trace.decision = decision
        pieces = [piece async for piece in holding.answer(trace, workload(), decision)]

    assert pieces
    assert trace.answered_by == "small"
    assert trace.decision.reason.startswith("full failed: pool_full; " * number + "small accepted")
