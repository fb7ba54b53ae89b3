"""Every attempt on record: one SQLite file, written in batches, read by `/v1/usage`."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import strftime, time_ns

import structlog

from wrp_proxy.accounting.columns import COLUMNS
from wrp_proxy.accounting.tables import connect, insert
from wrp_proxy.errors import WrpError
from wrp_proxy.types import Outcome

_INSERT = f"INSERT INTO outcomes VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - constants


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
            return cls(path, connect(path))
        except sqlite3.OperationalError as error:
            raise WrpError(f"the journal '{path}' cannot be opened: {error}") from error
        except sqlite3.DatabaseError:
            _set_aside(path)
            return cls(path, connect(path))

    def write(self, outcomes: Sequence[Outcome]) -> None:
        rows = [[value(outcome) for _, _, value in COLUMNS] for outcome in outcomes]
        insert(self._connection, _INSERT, rows)

    def close(self) -> None:
        self._connection.close()


def _set_aside(path: Path) -> None:
    stamp = f"broken-{strftime('%Y%m%d-%H%M%S')}-{time_ns() % 10**9:09d}"
    for part in (path, *path.parent.glob(f"{path.name}-*")):
        part.rename(part.with_name(f"{stamp}-{part.name}"))
    structlog.get_logger("wrp_proxy.journal").warning(
        "journal damaged, set aside; a new one is begun", kept_as=f"{stamp}-{path.name}"
    )
