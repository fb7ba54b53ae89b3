"""A trace from a journal has each request once, with the answer that a model gave."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.unit.nouns import outcome, usage, workload
from wrp_proxy.accounting.columns import COLUMNS, COLUMNS_OF_VERSION
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.errors import WrpError
from wrp_proxy.simulation.trace import Trace
from wrp_proxy.simulation.trace_journal import read_journal, trace_of_outcomes
from wrp_proxy.types import Outcome


def row(name: str, started_at: float, tokens: tuple[int, int] = (10, 2), **more: Any) -> Outcome:
    return outcome(request_id=name, started_at=started_at, usage=usage(*tokens), **more)


def rows_of(trace: Trace) -> list[tuple[float, int, int]]:
    columns = (trace.arrival_s.tolist(), trace.input_tokens.tolist(), trace.output_tokens.tolist())
    return list(zip(*columns, strict=True))


def test_answers_from_the_cache_and_failures_are_no_load() -> None:
    trace = trace_of_outcomes(
        [
            row("a", 5.0, (30, 4)),
            row("b", 6.0, cached="exact"),
            row("c", 6.5, cached="semantic"),
            row("d", 7.0, finish="failed"),
            row("e", 8.0, (50, 6), cached="miss"),
        ]
    )

    assert rows_of(trace) == [(0, 30, 4), (3, 50, 6)]


def test_a_request_that_failed_over_is_one_with_the_answer_that_it_got() -> None:
    trace = trace_of_outcomes(
        [row("a", 1.0), row("b", 2.0, finish="failed"), row("b", 2.0, (70, 8), attempt=2)]
    )

    assert rows_of(trace) == [(0, 10, 2), (1, 70, 8)]


def test_a_request_that_asked_two_models_is_one_with_its_last_answer() -> None:
    trace = trace_of_outcomes([row("a", 1.0, (10, 2)), row("a", 1.0, (10, 9), attempt=2)])

    assert rows_of(trace) == [(0, 10, 9)]


def test_two_requests_of_one_id_are_two() -> None:
    trace = trace_of_outcomes([row("a", 1.0), row("a", 4.0, (20, 3)), row("a", 5.0, tenant="bob")])

    assert rows_of(trace) == [(0, 10, 2), (3, 20, 3), (4, 10, 2)]


LOST = {"finish": "cancelled", "first_content_s": None}


@pytest.mark.parametrize("winner", ["first", "second"])
def test_the_loser_of_a_race_is_no_load_of_its_own(winner: str) -> None:
    loser = "second" if winner == "first" else "first"
    attempts = {"first": 1, "second": 2}
    rows = [
        row("a", 1.0, (10, 0), hedge=loser, attempt=attempts[loser], **LOST),
        row("a", 1.0, (10, 7), hedge=winner, attempt=attempts[winner]),
    ]

    for order in (rows, rows[::-1]):
        assert rows_of(trace_of_outcomes(order)) == [(0, 10, 7)]


def test_a_race_whose_winner_failed_is_no_load() -> None:
    lost = row("a", 1.0, (10, 0), hedge="first", **LOST)

    assert not len(trace_of_outcomes([lost, row("a", 1.0, finish="failed", hedge="second")]))


def test_hedged_requests_of_one_id_are_as_many_as_came() -> None:
    trace = trace_of_outcomes([row("a", 1.0, hedge="first"), row("a", 2.0, hedge="first")])

    assert len(trace) == 2


@pytest.mark.parametrize("hedge", ["", "second"])
def test_an_answer_that_the_client_left_is_as_long_as_it_was_then(hedge: str) -> None:
    trace = trace_of_outcomes([row("a", 1.0, (40, 3), finish="cancelled", hedge=hedge)])

    assert rows_of(trace) == [(0, 40, 3)]


def test_what_was_cancelled_before_it_was_asked_is_no_load() -> None:
    assert not len(trace_of_outcomes([outcome(finish="cancelled", usage=None)]))


def test_the_pool_is_chosen_by_what_was_known_on_arrival() -> None:
    known = workload(input_tokens=90, expected_output_tokens=300)

    trace = trace_of_outcomes([row("a", 1.0, (100, 20), workload=known)])

    assert trace.expected_tokens.tolist() == [390]
    assert trace.total_tokens.tolist() == [120]


def test_without_a_count_the_expected_lengths_stand_for_it() -> None:
    trace = trace_of_outcomes([outcome(usage=None)])

    assert rows_of(trace) == [(0, 100, 50)]


def test_a_journal_is_read_by_route(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal.open(path)
    journal.write([row("a", 1.0, (10, 2)), row("b", 3.0, (40, 4), route="thrifty")])
    journal.close()

    assert rows_of(read_journal(path)) == [(0, 10, 2), (2, 40, 4)]
    assert rows_of(read_journal(path, "thrifty")) == [(0, 40, 4)]
    assert rows_of(read_journal(path, "none")) == []


@pytest.mark.parametrize("known", COLUMNS_OF_VERSION.items())
def test_a_journal_of_an_earlier_version_is_read_as_it_is(
    tmp_path: Path, known: tuple[int, int]
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal.open(path)
    journal.write([row("a", 1.0, (10, 2)), row("b", 3.0, (40, 4))])
    journal.close()
    version, count = known
    with closing(sqlite3.connect(path)) as connection:
        for name, _, _ in COLUMNS[count:]:
            connection.execute(f"ALTER TABLE outcomes DROP COLUMN {name}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()

    assert rows_of(read_journal(path)) == [(0, 10, 2), (2, 40, 4)]


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    path.touch()

    with pytest.raises(WrpError, match="cannot be read: no such table"):
        read_journal(path)
