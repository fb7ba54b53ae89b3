"""Reads the journal back: outcomes, with what was said of their answers."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from wrp_proxy.accounting.columns import outcome_of
from wrp_proxy.accounting.tables import VERSION
from wrp_proxy.errors import WrpError
from wrp_proxy.types import Outcome

_READ = """
SELECT o.*, o.rowid AS place, f.source, f.score, f.weight, f.given_at, f.preferred
FROM outcomes AS o
LEFT JOIN feedback AS f
     ON f.request_id = o.request_id AND f.tenant = o.tenant AND f.attempt = o.attempt
     AND o.finish = 'complete'
     AND o.rowid = (SELECT named.rowid FROM outcomes AS named
                    WHERE named.request_id = o.request_id AND named.tenant = o.tenant
                          AND named.attempt = o.attempt AND named.started_at <= f.given_at
                          AND named.finish = 'complete'
                    ORDER BY named.started_at DESC LIMIT 1)
WHERE o.started_at >= :since AND (:route IS NULL OR o.route = :route)
ORDER BY o.started_at, o.rowid
"""
"""A caller may give several requests one id: what is said is of the last one before."""


class Opinion(NamedTuple):
    """What one source says of an answer."""

    source: str
    value: float
    """0 to 1."""
    weight: float
    given_at: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One row of the journal, whatever it came to; only complete answers have opinions."""

    outcome: Outcome
    """As it was written down: without the features, and without a score."""
    opinions: tuple[Opinion, ...] = ()
    """The oldest first."""
    preferred: tuple[str, ...] = ()
    """Models that somebody says would have answered better."""

    @property
    def value(self) -> float | None:
        """The mean of all opinions by their weights; None: nobody has said anything."""
        total = sum(opinion.weight for opinion in self.opinions)
        if total <= 0:
            return None
        return sum(opinion.value * opinion.weight for opinion in self.opinions) / total


def read_graded(
    path: Path, *, route: str | None = None, since: float | None = None
) -> Iterator[Graded]:
    """Yield the outcomes of a route, or of all, from `since` (Unix seconds) on; the newest last.

    Reads as it goes, beside a proxy that writes, and blocks on the disk. Raises WrpError where
    there is no journal that can be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as journal:
            journal.row_factory = sqlite3.Row
            _refuse_other_versions(journal, path)
            rows = journal.execute(_READ, {"since": since or 0.0, "route": route})
            for _, same in groupby(rows, key=lambda row: row["place"]):
                yield _graded(list(same))
    except sqlite3.DatabaseError as error:
        raise WrpError(f"the journal '{path}' cannot be read: {error}") from error


def _refuse_other_versions(journal: sqlite3.Connection, path: Path) -> None:
    version = journal.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise WrpError(
            f"the journal '{path}' is of version {version}, not {VERSION}: a proxy that is started "
            "with it brings it up to date"
        )


def _graded(rows: list[sqlite3.Row]) -> Graded:
    said = sorted((row for row in rows if row["source"] is not None), key=lambda r: r["given_at"])
    return Graded(
        outcome=outcome_of(_by_name(rows[0])),
        opinions=tuple(
            Opinion(row["source"], row["score"], row["weight"], row["given_at"]) for row in said
        ),
        preferred=tuple(row["preferred"] for row in said if row["preferred"] is not None),
    )


def _by_name(row: sqlite3.Row) -> dict[str, object]:
    return dict(zip(row.keys(), row, strict=True))
