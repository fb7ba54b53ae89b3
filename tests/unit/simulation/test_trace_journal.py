"""A trace from a journal has each request once, with the answer that a model gave."""

from pathlib import Path
from typing import Any

from tests.unit.nouns import outcome, usage, workload
from wrp_proxy.accounting.journal import Journal
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


def test_a_request_that_failed_over_came_when_its_first_attempt_began() -> None:
    trace = trace_of_outcomes(
        [
            row("a", 1.0),
            row("b", 2.0, finish="failed"),
            row("b", 9.0, (70, 8), attempt=2),
        ]
    )

    assert rows_of(trace) == [(0, 10, 2), (1, 70, 8)]


def test_a_request_that_asked_two_models_is_one_with_its_last_answer() -> None:
    trace = trace_of_outcomes([row("a", 1.0, (10, 2)), row("a", 2.0, (10, 9), attempt=2)])

    assert rows_of(trace) == [(0, 10, 9)]


def test_two_requests_of_one_id_are_two() -> None:
    trace = trace_of_outcomes([row("a", 1.0), row("a", 4.0, (20, 3)), row("a", 5.0, tenant="bob")])

    assert rows_of(trace) == [(0, 10, 2), (3, 20, 3), (4, 10, 2)]


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
