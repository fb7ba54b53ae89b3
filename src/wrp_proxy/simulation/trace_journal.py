"""Reads a trace from a proxy's own journal."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from wrp_proxy.accounting.graded import read_graded
from wrp_proxy.simulation.trace import Trace, trace_of
from wrp_proxy.types import Outcome

_FROM_A_MODEL = frozenset({"miss", "bypass"})


class _Request(NamedTuple):
    arrival_s: float
    input_tokens: int
    output_tokens: int
    expected_tokens: int


def read_journal(path: Path, route: str | None = None) -> Trace:
    """Read the requests of a route, or of all; raise WrpError where there is no such journal."""
    return trace_of_outcomes(one.outcome for one in read_graded(path, route=route))


def trace_of_outcomes(outcomes: Iterable[Outcome]) -> Trace:
    """Keep each request once, with the answer it got; the outcomes come in the order of time.

    Answers from the cache are no load, and neither are requests that every model failed.
    """
    begun: dict[tuple[str, str], tuple[float, int]] = {}
    served: dict[tuple[str, str, float], _Request] = {}
    for outcome in outcomes:
        if outcome.cached not in _FROM_A_MODEL:
            continue
        name = (outcome.tenant, outcome.request_id)
        arrival_s, attempt = begun.get(name, (outcome.started_at, 0))
        if outcome.attempt <= attempt and outcome.hedge == "":
            arrival_s = outcome.started_at  # another request of the same id
        begun[name] = arrival_s, outcome.attempt
        if outcome.finish == "complete":
            served[*name, arrival_s] = _request(outcome, arrival_s)
    rows = list(served.values())
    return trace_of(
        [row.arrival_s for row in rows],
        [row.input_tokens for row in rows],
        [row.output_tokens for row in rows],
        [row.expected_tokens for row in rows],
    )


def _request(outcome: Outcome, arrival_s: float) -> _Request:
    """Take the lengths that the upstream counted, else those that were expected."""
    workload, usage = outcome.workload, outcome.usage
    return _Request(
        arrival_s=arrival_s,
        input_tokens=workload.input_tokens if usage is None else usage.prompt_tokens,
        output_tokens=workload.expected_output_tokens if usage is None else usage.completion_tokens,
        expected_tokens=workload.input_tokens + workload.expected_output_tokens,
    )
