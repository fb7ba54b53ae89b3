"""The columns of the journal: what of an outcome is written down, and how it is read back."""

from collections.abc import Callable, Mapping
from typing import Any

from wrp_proxy.accounting.context import context_of, read_scores, scores_of, workload_of
from wrp_proxy.types import Outcome, Usage

COLUMNS: tuple[tuple[str, str, Callable[[Outcome], object]], ...] = (
    ("request_id", "TEXT NOT NULL", lambda o: o.request_id),
    ("started_at", "REAL NOT NULL", lambda o: o.started_at),
    ("tenant", "TEXT NOT NULL", lambda o: o.tenant),
    ("session", "TEXT", lambda o: o.session),
    ("route", "TEXT NOT NULL", lambda o: o.route),
    ("model", "TEXT NOT NULL", lambda o: o.model),
    ("endpoint", "TEXT", lambda o: o.endpoint),
    ("router", "TEXT NOT NULL", lambda o: o.router),
    ("reason", "TEXT NOT NULL", lambda o: o.reason),
    ("propensity", "REAL NOT NULL", lambda o: o.propensity),
    ("category", "TEXT NOT NULL", lambda o: o.workload.category),
    ("kind", "TEXT NOT NULL", lambda o: o.workload.kind),
    ("needs", "TEXT NOT NULL", lambda o: ",".join(sorted(o.workload.needs))),
    ("input_tokens", "INTEGER NOT NULL", lambda o: o.workload.input_tokens),
    ("tokens_exact", "INTEGER NOT NULL", lambda o: o.workload.tokens_exact),
    ("prompt_tokens", "INTEGER", lambda o: o.usage and o.usage.prompt_tokens),
    ("completion_tokens", "INTEGER", lambda o: o.usage and o.usage.completion_tokens),
    ("cached_tokens", "INTEGER", lambda o: o.usage and o.usage.cached_tokens),
    ("usage_estimated", "INTEGER", lambda o: o.usage and o.usage.estimated),
    ("cost_usd", "REAL", lambda o: o.cost_usd),
    ("first_content_s", "REAL", lambda o: o.first_content_s),
    ("duration_s", "REAL NOT NULL", lambda o: o.duration_s),
    ("finish", "TEXT NOT NULL", lambda o: o.finish),
    ("error", "TEXT", lambda o: o.error),
    ("attempt", "INTEGER NOT NULL", lambda o: o.attempt),
    ("cached", "TEXT NOT NULL", lambda o: o.cached),
    ("stream", "INTEGER NOT NULL", lambda o: o.stream),
    ("saved_usd", "REAL", lambda o: o.saved_usd),
    ("similarity", "REAL", lambda o: o.similarity),
    ("entry_id", "TEXT", lambda o: o.entry_id),
    ("false_hit_bound", "REAL", lambda o: o.false_hit_bound),
    ("context", "TEXT", lambda o: context_of(o.workload)),
    ("scores", "TEXT", lambda o: scores_of(o.scores)),
    ("queued_s", "REAL NOT NULL DEFAULT 0", lambda o: o.queued_s),
    ("hedge", "TEXT NOT NULL DEFAULT ''", lambda o: o.hedge),
)
"""Name, SQL type, and where in an outcome it comes from; later versions only add at the end."""
COLUMNS_OF_VERSION = {1: 27, 2: 31, 3: 33}

_AS_THEY_ARE = (
    *("request_id", "started_at", "tenant", "session", "route", "model", "endpoint", "router"),
    *("reason", "propensity", "cost_usd", "first_content_s", "duration_s", "finish", "error"),
    *("attempt", "cached", "saved_usd", "similarity", "entry_id", "false_hit_bound"),
    *("queued_s", "hedge"),
)


def outcome_of(row: Mapping[str, Any]) -> Outcome:
    """Build the outcome that a row was made of, as far as it was written down."""
    return Outcome(
        **{name: row[name] for name in _AS_THEY_ARE},
        workload=workload_of(row),
        usage=_usage_of(row),
        stream=bool(row["stream"]),
        scores=read_scores(row["scores"]),
    )


def _usage_of(row: Mapping[str, Any]) -> Usage | None:
    if row["prompt_tokens"] is None:
        return None
    return Usage(
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        cached_tokens=row["cached_tokens"],
        estimated=bool(row["usage_estimated"]),
    )
