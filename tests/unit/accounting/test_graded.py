"""The journal is read back with what was said of its answers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.nouns import outcome
from wrp_proxy.accounting.feedback import FeedbackBook
from wrp_proxy.accounting.graded import Opinion, read_graded
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.errors import WrpError
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal.open(tmp_path / "journal.sqlite3")) as opened:
        yield opened


def say(journal: Journal, of: Outcome, value: float, source: str = "user", at: float = 2e3) -> None:
    score = Score(value=value, weight=0.5, source=source)
    FeedbackBook(journal.path, lambda: at).write([replace(of, score=score)])


def test_outcomes_come_with_all_that_was_said_of_them(journal: Journal) -> None:
    one, two = outcome(request_id="one"), outcome(request_id="two")
    journal.write([one, two])
    say(journal, two, 0.5, source="judge", at=3000.0)
    say(journal, two, 1.0, at=2500.0)

    first, second = read_graded(journal.path)

    assert first.opinions == ()
    assert first.value is None
    assert second.opinions == (
        Opinion("user", 1.0, 0.5, 2500.0),
        Opinion("judge", 0.5, 0.5, 3000.0),
    )
    assert second.value == 0.75
    assert second.outcome == replace(two, workload=second.outcome.workload)


def test_the_newest_come_last_whenever_they_were_written(journal: Journal) -> None:
    journal.write([outcome(request_id=str(at), started_at=float(at)) for at in (3, 1, 2)])

    assert [graded.outcome.request_id for graded in read_graded(journal.path)] == ["1", "2", "3"]


def test_one_route_or_a_time_can_be_asked_for(journal: Journal) -> None:
    journal.write(
        [
            outcome(request_id=f"{route}-{at}", route=route, started_at=at)
            for route in ("auto", "fast")
            for at in (10.0, 20.0)
        ]
    )

    def ids(**wanted: str | float) -> list[str]:
        found = read_graded(journal.path, **wanted)  # type: ignore[arg-type]  # one of the two
        return [graded.outcome.request_id for graded in found]

    assert ids(route="fast") == ["fast-10.0", "fast-20.0"]
    assert ids(since=15.0) == ["auto-20.0", "fast-20.0"]


def test_an_opinion_is_of_one_attempt_of_one_tenant(journal: Journal) -> None:
    cheap, strong = outcome(attempt=1), outcome(attempt=2, model="large")
    other = outcome(attempt=2, tenant="bob")
    journal.write([cheap, strong, other, outcome(attempt=2, finish="failed")])
    say(journal, cheap, 0.0, source="verifier:json_schema")
    say(journal, strong, 1.0)

    said = [[one.value for one in graded.opinions] for graded in read_graded(journal.path)]

    assert said == [[0.0], [1.0], [], []]


def test_of_several_requests_with_one_id_the_last_before_the_opinion_is_meant(
    journal: Journal,
) -> None:
    journal.write([outcome(started_at=at) for at in (1000.0, 2000.0, 3000.0)])

    say(journal, outcome(), 1.0, at=2500.0)

    said = [len(graded.opinions) for graded in read_graded(journal.path)]
    assert said == [0, 1, 0]


def test_a_proxy_may_write_while_somebody_reads(journal: Journal) -> None:
    journal.write([outcome(request_id=str(number)) for number in range(3)])
    reading = read_graded(journal.path)

    first = next(reading)
    journal.write([outcome(request_id="late")])
    rest = [graded.outcome.request_id for graded in reading]

    assert (first.outcome.request_id, rest) == ("0", ["1", "2"])


def test_reading_goes_by_indices_and_sorts_nothing(journal: Journal) -> None:
    from wrp_proxy.accounting import graded

    with closing(sqlite3.connect(journal.path)) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN {graded._READ}", {"since": 0, "route": None})
        steps = " | ".join(row[3] for row in plan)

    assert "TEMP B-TREE" not in steps
    assert "SCAN o" not in steps.replace("SCAN o USING INDEX by_time", "")


def test_a_file_that_is_no_journal_of_this_version_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with pytest.raises(WrpError, match="cannot be read"):
        next(read_graded(path))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")

    with pytest.raises(WrpError, match=r"version 2, not 4: a proxy that is started"):
        next(read_graded(path))
