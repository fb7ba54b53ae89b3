"""What people and programs say of answers, beside the journal's records of them."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from wrp_proxy.accounting.columns import outcome_of
from wrp_proxy.accounting.tables import insert
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

_KEPT_S = 7 * 24 * 3600.0
"""How long after an answer something may be said of it."""
_MOST_OF_A_SESSION = 100
_FIND = """
SELECT * FROM outcomes
WHERE {column} = :name AND (:tenant IS NULL OR tenant = :tenant)
      AND started_at >= :since AND finish = 'complete'
ORDER BY started_at DESC, attempt DESC
"""
_KNOWN = """
SELECT score, weight, preferred FROM feedback
WHERE request_id = ? AND tenant = ? AND attempt = ? AND source = ? AND session = ?
"""
_BESIDE = """
SELECT request_id, tenant, attempt, source, score FROM feedback
WHERE session = '' AND (request_id, tenant, attempt) IN (
    SELECT request_id, tenant, attempt FROM feedback
    WHERE session = '' AND given_at >= :since AND (source = :kind OR source GLOB :kind || ':*')
)
ORDER BY request_id, tenant, attempt
"""
_SAVE = """
INSERT OR REPLACE INTO feedback
(request_id, tenant, attempt, source, session, given_at, score, weight, verdict, comment, preferred)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One opinion, of an answer or of a session; the same source's later one takes its place."""

    request_id: str | None
    session: str | None
    """Where no `request_id` is given."""
    score: float
    """0 to 1."""
    verdict: str | None
    source: str
    comment: str | None
    preferred: str | None
    """The model that would have answered better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an opinion comes to for one answer."""

    outcome: Outcome
    """As it was recorded, with the score, which knows what it replaces."""
    was_preferred: str | None
    """The model that the same source has preferred before."""


@dataclass(frozen=True, slots=True)
class FeedbackBook:
    """Reads and writes the journal's file, which must be there already.

    Every call blocks on the disk: call it in a thread. It is also a sink of scores that others
    than callers give.
    """

    path: Path
    clock: Callable[[], float]
    """Unix seconds."""

    def take(self, given: Feedback, tenant: str | None) -> list[Taken]:
        """Write an opinion down for each answer that it is about; empty: there is none.

        `tenant` None: the answer may be anybody's. A session is that of the tenant who used its
        name last; its answers share the weight of one opinion, and keep their shares when the
        opinion changes, so that what was learnt of them can be corrected exactly.
        """
        with self._writing() as journal:
            answers = self._find(journal, given, tenant)
            return [self._save(journal, given, one, 1 / len(answers)) for one in answers]

    def write(self, outcomes: Sequence[Outcome]) -> None:
        """Write down the scores of outcomes."""
        now = self.clock()
        rows = [
            (*_key(o, o.score.source), now, o.score.value, o.score.weight, None, None, None)
            for o in outcomes
            if o.score is not None
        ]
        with closing(self._connect()) as journal:
            insert(journal, _SAVE, rows)

    def close(self) -> None:
        return

    def beside(self, kind: str, since: float) -> list[list[tuple[str, float]]]:
        """Return source and score of all that is said, from `since` (Unix seconds) on, of each
        answer of which a source says something that is `kind` or `kind:NAME`.
        """
        with closing(self._connect()) as journal:
            rows = journal.execute(_BESIDE, {"kind": kind, "since": since})
            return [
                [(source, score) for *_, source, score in said]
                for _, said in groupby(rows, key=lambda row: row[:3])
            ]

    def _find(
        self, journal: sqlite3.Connection, given: Feedback, tenant: str | None
    ) -> list[Outcome]:
        column = "session" if given.request_id is None else "request_id"
        found = journal.execute(
            _FIND.format(column=column),
            {
                "name": given.session if given.request_id is None else given.request_id,
                "tenant": tenant,
                "since": self.clock() - _KEPT_S,
            },
        )
        answers: dict[str, Outcome] = {}
        for row in found:
            outcome = outcome_of(dict(row))
            first = next(iter(answers.values()), outcome)
            if outcome.tenant == first.tenant:
                answers.setdefault(outcome.request_id, outcome)
            if len(answers) == (1 if given.session is None else _MOST_OF_A_SESSION):
                break
        return list(answers.values())

    def _save(
        self, journal: sqlite3.Connection, given: Feedback, answer: Outcome, weight: float
    ) -> Taken:
        key = _key(answer, given.source, given.session or "")
        known = journal.execute(_KNOWN, key).fetchone()
        before, weight, was_preferred = known or (None, weight, None)
        said = (given.verdict, given.comment, given.preferred)
        journal.execute(_SAVE, (*key, self.clock(), given.score, weight, *said))
        score = Score(value=given.score, weight=weight, source=given.source, replaces=before)
        return Taken(outcome=replace(answer, score=score), was_preferred=was_preferred)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Let nobody else write until what was read has led to what is written."""
        with closing(self._connect()) as journal:
            journal.row_factory = sqlite3.Row
            with journal:
                journal.execute("BEGIN IMMEDIATE")
                yield journal

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30)


def _key(answer: Outcome, source: str, session: str = "") -> tuple[object, ...]:
    """Return what tells opinions apart; `session` is empty where it is of this answer alone."""
    return answer.request_id, answer.tenant, answer.attempt, source, session
