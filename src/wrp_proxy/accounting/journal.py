"""Every attempt on record: one SQLite file, written in batches, read by `/v1/usage`."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import strftime, time_ns

import structlog

from wrp_proxy.errors import WrpError
from wrp_proxy.types import Outcome

_VERSION = 2

_COLUMNS: tuple[tuple[str, str, Callable[[Outcome], object]], ...] = (
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
)
"""Name, SQL type, and where in an outcome it comes from; later versions only add at the end."""
_COLUMNS_OF_VERSION_1 = 27

_CREATE = f"CREATE TABLE IF NOT EXISTS outcomes ({', '.join(f'{n} {t}' for n, t, _ in _COLUMNS)})"
_INSERT = f"INSERT INTO outcomes VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - constants
_CREATE_FEEDBACK = (
    "CREATE TABLE IF NOT EXISTS feedback (request_id TEXT NOT NULL, tenant TEXT NOT NULL, "
    "source TEXT NOT NULL, given_at REAL NOT NULL, score REAL NOT NULL, verdict TEXT, "
    "comment TEXT, preferred TEXT, PRIMARY KEY (request_id, tenant, source))"
)

_UNWRITABLE = (OverflowError, UnicodeEncodeError, sqlite3.InterfaceError)


@dataclass(frozen=True, slots=True)
class Journal:
    """A sink of outcomes; prompts and answers are not in it."""

    path: Path
    _connection: sqlite3.Connection

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """Open or create the file; one that is damaged is set aside, not deleted."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return cls(path, _connect(path))
        except sqlite3.OperationalError as error:
            raise WrpError(f"the journal '{path}' cannot be opened: {error}") from error
        except sqlite3.DatabaseError:
            _set_aside(path)
            return cls(path, _connect(path))

    def write(self, outcomes: Sequence[Outcome]) -> None:
        rows = [[value(outcome) for _, _, value in _COLUMNS] for outcome in outcomes]
        try:
            with self._connection:
                self._connection.executemany(_INSERT, rows)
        except _UNWRITABLE:
            self._write_one_by_one(rows)

    def _write_one_by_one(self, rows: Sequence[Sequence[object]]) -> None:
        """Let no record that SQLite cannot hold keep the others out."""
        log = structlog.get_logger("wrp_proxy.journal")
        with self._connection:
            for row in rows:
                try:
                    self._connection.execute(_INSERT, row)
                except _UNWRITABLE as error:
                    log.warning("record cannot be written", request_id=row[0], reason=str(error))

    def close(self) -> None:
        self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    # Written by the recorder's thread, one batch at a time.
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, 1, _VERSION}:
            raise sqlite3.OperationalError(f"{path} is of version {version}, not {_VERSION}")
        with connection:
            if version == 1:
                _add_columns(connection)
            connection.execute(_CREATE)
            connection.execute(_CREATE_FEEDBACK)
            connection.execute("CREATE INDEX IF NOT EXISTS by_time ON outcomes (started_at)")
            connection.execute("CREATE INDEX IF NOT EXISTS by_request ON outcomes (request_id)")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _add_columns(connection: sqlite3.Connection) -> None:
    """Bring a journal of version 1 up to date; its rows have nothing in the new columns."""
    for name, kind, _ in _COLUMNS[_COLUMNS_OF_VERSION_1:]:
        connection.execute(f"ALTER TABLE outcomes ADD COLUMN {name} {kind}")


def _set_aside(path: Path) -> None:
    stamp = f"broken-{strftime('%Y%m%d-%H%M%S')}-{time_ns() % 10**9:09d}"
    for part in (path, *path.parent.glob(f"{path.name}-*")):
        part.rename(part.with_name(f"{stamp}-{part.name}"))
    structlog.get_logger("wrp_proxy.journal").warning(
        "journal damaged, set aside; a new one is begun", kept_as=f"{stamp}-{path.name}"
    )
