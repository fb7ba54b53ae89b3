"""Opinions find their answers, take each other's place, and know what they replace."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import outcome, workload
from wrp_proxy.accounting.feedback import Feedback, FeedbackBook, Taken
from wrp_proxy.accounting.graded import read_graded
from wrp_proxy.accounting.journal import Journal

WEEK_S = 7 * 24 * 3600.0


@pytest.fixture
def clock() -> Clock:
    return Clock(1500.0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal.open(tmp_path / "journal.sqlite3")) as opened:
        yield opened


@pytest.fixture
def book(journal: Journal, clock: Clock) -> FeedbackBook:
    return FeedbackBook(journal.path, clock)


def said(score: float = 1.0, **more: Any) -> Feedback:
    usual: dict[str, Any] = {
        "request_id": None,
        "session": None,
        "score": score,
        "verdict": None,
        "source": "user",
        "comment": None,
        "preferred": None,
    }
    return Feedback(**{**usual, **more})


def scores(taken: list[Taken]) -> list[tuple[str, float, float, float | None]]:
    return [
        (one.outcome.request_id, score.value, score.weight, score.replaces)
        for one in taken
        if (score := one.outcome.score)
    ]


def test_the_answer_comes_back_with_its_workload_and_the_score(
    journal: Journal, book: FeedbackBook
) -> None:
    journal.write([outcome(workload=workload(probabilities={"law": 1.0}, turn=2))])

    (taken,) = book.take(said(0.25, request_id="req_1"), "alice")

    assert taken.outcome.score is not None
    assert (taken.outcome.score.value, taken.outcome.score.weight) == (0.25, 1.0)
    assert (taken.outcome.workload.probabilities, taken.outcome.workload.turn) == ({"law": 1.0}, 2)


def test_a_later_opinion_of_the_same_source_replaces(
    journal: Journal, book: FeedbackBook, clock: Clock
) -> None:
    journal.write([outcome()])
    book.take(said(1.0, request_id="req_1", preferred="large"), "alice")

    (again,) = book.take(said(0.0, request_id="req_1"), "alice")
    clock.now += 1
    (other,) = book.take(said(0.5, request_id="req_1", source="judge"), "alice")

    assert scores([again]) == [("req_1", 0.0, 1.0, 1.0)]
    assert again.was_preferred == "large"
    assert scores([other]) == [("req_1", 0.5, 1.0, None)]
    (graded,) = read_graded(journal.path)
    assert [(one.source, one.value) for one in graded.opinions] == [("user", 0.0), ("judge", 0.5)]


def test_the_last_attempt_that_answered_is_meant(journal: Journal, book: FeedbackBook) -> None:
    journal.write([outcome(attempt=n, model=f"model-{n}") for n in (1, 2)])
    journal.write([outcome(attempt=3, finish="failed")])

    (taken,) = book.take(said(request_id="req_1"), None)

    assert taken.outcome.model == "model-2"


@pytest.mark.parametrize(
    ("tenant", "age_s", "finish", "is_found"),
    [
        ("alice", 10.0, "complete", True),
        (None, 10.0, "complete", True),
        ("bob", 10.0, "complete", False),
        ("alice", WEEK_S - 1, "complete", True),
        ("alice", WEEK_S + 1, "complete", False),
        ("alice", 10.0, "failed", False),
        ("alice", 10.0, "cancelled", False),
    ],
)
def test_only_complete_answers_of_ones_own_of_a_week_can_be_spoken_of(
    journal: Journal,
    book: FeedbackBook,
    clock: Clock,
    tenant: str | None,
    age_s: float,
    finish: str,
    is_found: bool,
) -> None:
    clock.now = 1_000_000.0
    journal.write([outcome(started_at=clock.now - age_s, finish=finish, session="talk")])

    of_request = book.take(said(request_id="req_1"), tenant)
    of_session = book.take(said(session="talk"), tenant)

    assert (bool(of_request), bool(of_session)) == (is_found, is_found)


def test_the_answers_of_a_session_share_the_weight(journal: Journal, book: FeedbackBook) -> None:
    journal.write(
        [outcome(request_id=str(n), session="talk", started_at=1000.0 + n) for n in range(4)]
    )
    journal.write([outcome(request_id="else", session="walk"), outcome(request_id="none")])

    taken = book.take(said(0.5, session="talk"), "alice")

    assert scores(taken) == [(str(n), 0.5, 0.25, None) for n in (3, 2, 1, 0)]


def test_what_was_learnt_of_a_session_can_be_corrected_exactly(
    journal: Journal, book: FeedbackBook
) -> None:
    journal.write([outcome(request_id="0", session="talk", started_at=1000.0)])
    book.take(said(1.0, session="talk"), "alice")
    journal.write([outcome(request_id="1", session="talk", started_at=1001.0)])

    taken = book.take(said(0.0, session="talk"), "alice")

    assert scores(taken) == [("1", 0.0, 0.5, None), ("0", 0.0, 1.0, 1.0)]


def test_an_answer_keeps_its_own_opinion_beside_that_of_its_session(
    journal: Journal, book: FeedbackBook
) -> None:
    journal.write([outcome(request_id=name, session="talk") for name in ("a", "b")])

    book.take(said(0.0, request_id="a"), "alice")
    taken = book.take(said(1.0, session="talk"), "alice")

    assert {replaces for _, _, _, replaces in scores(taken)} == {None}
    by_id = {graded.outcome.request_id: graded for graded in read_graded(journal.path)}
    assert [(one.value, one.weight) for one in by_id["a"].opinions] == [(0.0, 1.0), (1.0, 0.5)]
    assert [(one.value, one.weight) for one in by_id["b"].opinions] == [(1.0, 0.5)]


def test_a_long_session_is_its_last_hundred_answers(journal: Journal, book: FeedbackBook) -> None:
    journal.write(
        [
            outcome(request_id=str(n), session="talk", started_at=1000.0 + n, attempt=attempt)
            for n in range(120)
            for attempt in (1, 2)
        ]
    )

    taken = book.take(said(session="talk"), "alice")

    assert {one.outcome.request_id for one in taken} == {str(n) for n in range(20, 120)}
    assert len(taken) == 100
    assert {one.outcome.attempt for one in taken} == {2}


def test_for_an_admin_a_session_is_that_of_one_tenant(journal: Journal, book: FeedbackBook) -> None:
    journal.write(
        [
            outcome(request_id=f"{tenant}-{at}", tenant=tenant, session="talk", started_at=at)
            for tenant, at in (("bob", 1000.0), ("alice", 1001.0), ("bob", 1002.0))
        ]
    )

    taken = book.take(said(session="talk"), None)

    assert [one.outcome.request_id for one in taken] == ["bob-1002.0", "bob-1000.0"]


def test_of_opinions_at_the_same_time_each_replaces_the_one_before(
    journal: Journal, book: FeedbackBook
) -> None:
    journal.write([outcome()])
    values = [number / 8 for number in range(8)]

    with ThreadPoolExecutor(8) as threads:
        taken = threads.map(lambda v: book.take(said(v, request_id="req_1"), "alice")[0], values)
        found = scores(list(taken))

    replaced = [replaces for _, _, _, replaces in found if replaces is not None]
    assert len(replaced) == len(set(replaced)) == 7
    (graded,) = read_graded(journal.path)
    assert {graded.opinions[0].value} == set(values) - set(replaced)


def test_what_is_said_beside_a_judge_is_found_answer_by_answer(
    journal: Journal, book: FeedbackBook, clock: Clock
) -> None:
    journal.write([outcome(request_id=name, started_at=1000.0) for name in "abcd"])
    for name in "abc":
        book.take(said(1.0, request_id=name), None)
    book.take(said(0.0, request_id="a", source="judge"), None)
    book.take(said(0.5, request_id="b", source="judge:strict"), None)
    book.take(said(0.5, request_id="c", source="judgement"), None)
    book.take(said(0.5, request_id="d", source="judge"), None)

    found = [sorted(one) for one in book.beside("judge", since=0.0)]

    assert found == [
        [("judge", 0.0), ("user", 1.0)],
        [("judge:strict", 0.5), ("user", 1.0)],
        [("judge", 0.5)],
    ]
    assert book.beside("judge", since=clock.now + 1) == []
