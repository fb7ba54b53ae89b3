"""Reads a trace from a proxy's own journal."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from wrp_proxy.accounting.columns import COLUMNS, outcome_of
from wrp_proxy.errors import WrpError
from wrp_proxy.simulation.trace import Trace, trace_of
from wrp_proxy.types import Outcome

_FROM_A_MODEL = frozenset({"miss", "bypass"})
_READ = """
SELECT * FROM outcomes WHERE :route IS NULL OR route = :route ORDER BY started_at, rowid
"""
_ABSENT: dict[str, Any] = {name: None for name, _, _ in COLUMNS} | {"queued_s": 0.0, "hedge": ""}
"""What the columns that an earlier version did not have yet would say."""


class _Request(NamedTuple):
    arrival_s: float
    input_tokens: int
    output_tokens: int
    expected_tokens: int


def read_journal(path: Path, route: str | None = None) -> Trace:
    """Read the requests of a route, or of all, from a journal of any version.

    Raise WrpError where there is none that can be read.
    """
    return trace_of_outcomes(_outcomes(path, route))


def trace_of_outcomes(outcomes: Iterable[Outcome]) -> Trace:
    """Keep each request once, with the last answer it got, at the time it came.

    Answers from the cache are no load, and neither are requests that every model failed. Of an
    answer that the client did not wait for, there is as much as there was until then. The loser of
    a race is none either: it did use an endpoint, but only for the first one was late in the fleet
    that was, and the fleet that is simulated has delays of its own.
    """
    served: dict[tuple[str, str, float], _Request] = {}
    for outcome in outcomes:
        if outcome.cached not in _FROM_A_MODEL:
            continue
        name = (outcome.tenant, outcome.request_id, outcome.started_at)
        if outcome.finish == "complete":
            served[name] = _request(outcome)
        elif _is_abandoned(outcome):
            served.setdefault(name, _request(outcome))
    rows = list(served.values())
    return trace_of(
        [row.arrival_s for row in rows],
        [row.input_tokens for row in rows],
        [row.output_tokens for row in rows],
        [row.expected_tokens for row in rows],
    )


def _is_abandoned(outcome: Outcome) -> bool:
    """Tell whether a client left an endpoint at work, and not a race that it had lost."""
    has_lost = outcome.hedge != "" and outcome.first_content_s is None
    return outcome.finish == "cancelled" and outcome.usage is not None and not has_lost


def _request(outcome: Outcome) -> _Request:
    """Take the lengths that the upstream counted, else those that were expected."""
    workload, usage = outcome.workload, outcome.usage
    return _Request(
        arrival_s=outcome.started_at,
        input_tokens=workload.input_tokens if usage is None else usage.prompt_tokens,
        output_tokens=workload.expected_output_tokens if usage is None else usage.completion_tokens,
        expected_tokens=workload.input_tokens + workload.expected_output_tokens,
    )


def _outcomes(path: Path, route: str | None) -> Iterator[Outcome]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as journal:
            journal.row_factory = sqlite3.Row
            for row in journal.execute(_READ, {"route": route}):
                yield outcome_of(_ABSENT | dict(row))
    except sqlite3.DatabaseError as error:
        raise WrpError(f"the journal '{path}' cannot be read: {error}") from error
