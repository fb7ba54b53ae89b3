"""What people and programs say of answers, beside the journal's records of them."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_KEPT_S = 7 * 24 * 3600.0
"""How long after an answer something may be said of it."""
_FIND = """
SELECT tenant, route, category, cached, entry_id, similarity FROM outcomes
WHERE request_id = :request_id AND (:tenant IS NULL OR tenant = :tenant)
      AND started_at >= :since AND finish = 'complete'
ORDER BY started_at DESC, attempt DESC LIMIT 1
"""
_SAVE = "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_KNOWN = "SELECT 1 FROM feedback WHERE request_id = ? AND tenant = ? AND source = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One opinion; the same source's later one takes its place."""

    request_id: str
    score: float
    """0 to 1."""
    verdict: str | None
    source: str
    comment: str | None
    preferred: str | None
    """The model that would have answered better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the journal knows of the answer that was spoken of."""

    tenant: str
    route: str
    category: str
    cached: str
    entry_id: str | None
    similarity: float | None


@dataclass(frozen=True, slots=True)
class FeedbackBook:
    """Reads and writes the journal's file; every call blocks on the disk: call it in a thread."""

    path: Path
    clock: Callable[[], float]
    """Unix seconds."""

    def find(self, request_id: str, tenant: str | None) -> Answered | None:
        """Return what is known of a complete answer of the last week, of any tenant if None."""
        parameters = {
            "request_id": request_id,
            "tenant": tenant,
            "since": self.clock() - _KEPT_S,
        }
        with closing(self._connect()) as journal:
            journal.row_factory = sqlite3.Row
            row = journal.execute(_FIND, parameters).fetchone()
        return Answered(**dict(row)) if row else None

    def save(self, tenant: str, given: Feedback) -> bool:
        """Write an opinion down; tell whether it took the place of an earlier one."""
        with closing(self._connect()) as journal, journal:
            key = (given.request_id, tenant, given.source)
            is_known = journal.execute(_KNOWN, key).fetchone() is not None
            opinion = (given.score, given.verdict, given.comment, given.preferred)
            journal.execute(_SAVE, (*key, self.clock(), *opinion))
        return is_known

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30)
