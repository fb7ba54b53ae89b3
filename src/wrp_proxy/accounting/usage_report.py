"""Sums and percentiles over the journal, for `GET /v1/usage`."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GROUPS = ("model", "route", "tenant", "endpoint", "category", "router", "session", "cached")

_SUMS = """
SELECT {group} AS {group},
       count(DISTINCT request_id || ' ' || started_at) AS requests,
       sum(finish = 'failed') AS errors,
       sum(finish = 'cancelled') AS cancelled,
       coalesce(sum(prompt_tokens), 0) AS prompt_tokens,
       coalesce(sum(completion_tokens), 0) AS completion_tokens,
       coalesce(sum(cached_tokens), 0) AS cached_tokens,
       sum(cost_usd) AS cost_usd,
       sum(cached IN ('exact', 'canonical', 'semantic', 'shared')) AS cache_hits,
       coalesce(sum(saved_usd), 0) AS saved_usd,
       sum(cost_usd IS NULL AND prompt_tokens IS NOT NULL) AS unpriced,
       coalesce(sum(usage_estimated), 0) AS estimated,
       sum(hedge = 'second') AS hedged,
       coalesce(sum(cost_usd) FILTER (
           WHERE hedge <> '' AND finish = 'cancelled' AND first_content_s IS NULL
       ), 0) AS hedge_cost_usd
FROM outcomes WHERE started_at >= :since AND (:tenant IS NULL OR tenant = :tenant)
GROUP BY {group} ORDER BY requests DESC, {group}
"""

_PERCENTILES = """
SELECT name, max(value) FILTER (WHERE place <= (total + 1) / 2),
       max(value) FILTER (WHERE place <= (95 * total + 99) / 100)
FROM (SELECT {group} AS name, {value} AS value,
             row_number() OVER (PARTITION BY {group} ORDER BY {value}) AS place,
             count(*) OVER (PARTITION BY {group}) AS total
      FROM outcomes
      WHERE started_at >= :since AND (:tenant IS NULL OR tenant = :tenant)
            AND finish = 'complete' AND {value} IS NOT NULL)
GROUP BY name
"""


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Reads a journal; every call blocks on the disk, so call it in a thread."""

    path: Path

    def by(self, group: str, *, since: float, tenant: str | None) -> list[dict[str, Any]]:
        """Return one row per value of `group`, one of GROUPS.

        `since` is Unix time in seconds; `tenant` None sums over all. `requests` counts requests
        with at least one attempt in the group, `errors` failed attempts, `unpriced` attempts
        with usage whose price is unknown (their cost is not in `cost_usd`), `estimated` attempts
        whose usage the upstream did not report. `hedged` counts attempts that were second copies
        of a request, and `hedge_cost_usd`, a part of `cost_usd`, is what copies cost, first ones
        or second, that were broken off before they had any content. Percentiles (nearest rank,
        seconds) are over complete attempts; None where there are none. `cache_hits` were answered
        without asking a model, which would have cost `saved_usd` where that is known.
        """
        if group not in GROUPS:
            raise ValueError(f"group_by must be one of {', '.join(GROUPS)}")
        parameters = {"since": since, "tenant": tenant}
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            rows = [dict(row) for row in db.execute(_SUMS.format(group=group), parameters)]
            for name, column in (("ttft_s", "first_content_s"), ("duration_s", "duration_s")):
                query = _PERCENTILES.format(group=group, value=column)
                _add_percentiles(rows, group, name, db.execute(query, parameters))
        return rows


def _add_percentiles(
    rows: list[dict[str, Any]], group: str, name: str, found: Iterable[sqlite3.Row]
) -> None:
    percentiles = {row[0]: {"p50": row[1], "p95": row[2]} for row in found}
    for row in rows:
        row[name] = percentiles.get(row[group], {"p50": None, "p95": None})
