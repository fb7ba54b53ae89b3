"""The tables of the journal's file, and how those of earlier versions are brought up to date."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import structlog

from wrp_proxy.accounting.columns import COLUMNS, COLUMNS_OF_VERSION

VERSION = 4

_OUTCOMES = f"CREATE TABLE IF NOT EXISTS outcomes ({', '.join(f'{n} {t}' for n, t, _ in COLUMNS)})"
_FEEDBACK = (
    "CREATE TABLE IF NOT EXISTS feedback (request_id TEXT NOT NULL, tenant TEXT NOT NULL, "
    "source TEXT NOT NULL, given_at REAL NOT NULL, score REAL NOT NULL, verdict TEXT, "
    "comment TEXT, preferred TEXT, weight REAL NOT NULL DEFAULT 1, attempt INTEGER NOT NULL, "
    "session TEXT NOT NULL DEFAULT '', "
    "PRIMARY KEY (request_id, tenant, attempt, source, session))"
)
_INDICES = (
    "CREATE INDEX IF NOT EXISTS by_time ON outcomes (started_at)",
    "CREATE INDEX IF NOT EXISTS by_answer ON outcomes (request_id, tenant, attempt, started_at)",
    "CREATE INDEX IF NOT EXISTS by_session ON outcomes (session, started_at) "
    "WHERE session IS NOT NULL",
)
_FEEDBACK_OF_VERSION_2 = """
INSERT INTO feedback
SELECT request_id, tenant, source, given_at, score, verdict, comment, preferred, 1,
       coalesce((SELECT attempt FROM outcomes AS o
                 WHERE o.request_id = old.request_id AND o.tenant = old.tenant
                       AND o.finish = 'complete' AND o.started_at <= old.given_at
                 ORDER BY o.started_at DESC, o.attempt DESC LIMIT 1), 1), ''
FROM feedback_before AS old
"""
_UNWRITABLE = (OverflowError, UnicodeEncodeError, sqlite3.InterfaceError)


def connect(path: Path) -> sqlite3.Connection:
    """Open the file to write to, with all its tables; raise sqlite3.DatabaseError."""
    # Written by the recorder's thread, one batch at a time.
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            _make_tables(connection, path)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def insert(
    connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[object]]
) -> None:
    """Write a batch whole or not at all, but for rows that SQLite cannot hold."""
    try:
        with connection:
            connection.executemany(statement, rows)
    except _UNWRITABLE:
        _insert_one_by_one(connection, statement, rows)


def _insert_one_by_one(
    connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[object]]
) -> None:
    """Let no record that SQLite cannot hold keep the others out."""
    log = structlog.get_logger("wrp_proxy.journal")
    with connection:
        for row in rows:
            try:
                connection.execute(statement, row)
            except _UNWRITABLE as error:
                log.warning("record cannot be written", request_id=row[0], reason=str(error))


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, *COLUMNS_OF_VERSION, VERSION}:
        raise sqlite3.OperationalError(f"{path} is of version {version}, not {VERSION}")
    if version in COLUMNS_OF_VERSION:
        _add_columns(connection, COLUMNS_OF_VERSION[version])
    connection.execute(_OUTCOMES)
    for index in _INDICES:
        connection.execute(index)
    if version == 2:
        _move_feedback(connection)
    connection.execute(_FEEDBACK)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _add_columns(connection: sqlite3.Connection, known: int) -> None:
    """Add what later versions have; the rows that are there have nothing in it."""
    connection.execute("DROP INDEX IF EXISTS by_request")
    for name, kind, _ in COLUMNS[known:]:
        connection.execute(f"ALTER TABLE outcomes ADD COLUMN {name} {kind}")


def _move_feedback(connection: sqlite3.Connection) -> None:
    """Give the table its longer key, which SQLite can only do by a new table."""
    connection.execute("ALTER TABLE feedback RENAME TO feedback_before")
    connection.execute(_FEEDBACK)
    connection.execute(_FEEDBACK_OF_VERSION_2)
    connection.execute("DROP TABLE feedback_before")
