"""Every outcome is written down whole, and no file is ever lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.nouns import outcome, usage, workload
from wrp_proxy.accounting import journal as journal_module
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.errors import WrpError
from wrp_proxy.types import Outcome


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path)
    yield opened
    opened.close()


def rows_of(path: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM outcomes ORDER BY rowid")]


def test_an_outcome_is_written_whole(journal: Journal) -> None:
    journal.write(
        [
            outcome(
                session="s1",
                workload=workload(needs=frozenset({"vision", "tools"}), kind="agent"),
                usage=usage(11, 7, cached_tokens=5, estimated=True),
                finish="failed",
                error="upstream_timeout",
                propensity=0.25,
                attempt=2,
                cached="miss",
                stream=True,
                entry_id="ab12",
            )
        ]
    )

    assert rows_of(journal.path) == [
        {
            "request_id": "req_1",
            "started_at": 1000.0,
            "tenant": "alice",
            "session": "s1",
            "route": "auto",
            "model": "small",
            "endpoint": "lab/mock-small",
            "router": "fixed_order",
            "reason": "first able model of the route",
            "propensity": 0.25,
            "category": "unknown",
            "kind": "agent",
            "needs": "tools,vision",
            "input_tokens": 100,
            "tokens_exact": 1,
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "cached_tokens": 5,
            "usage_estimated": 1,
            "cost_usd": 0.25,
            "first_content_s": 0.5,
            "duration_s": 1.5,
            "finish": "failed",
            "error": "upstream_timeout",
            "attempt": 2,
            "cached": "miss",
            "stream": 1,
            "saved_usd": None,
            "similarity": None,
            "entry_id": "ab12",
            "false_hit_bound": None,
        }
    ]


def test_what_the_cache_gave_again_is_written_with_what_it_saved(journal: Journal) -> None:
    hit = outcome(cached="semantic", saved_usd=0.5, similarity=0.93, false_hit_bound=0.02)

    journal.write([hit])

    (row,) = rows_of(journal.path)
    assert (row["cached"], row["saved_usd"]) == ("semantic", 0.5)
    assert (row["similarity"], row["false_hit_bound"]) == (0.93, 0.02)


def test_a_journal_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old, old:
        columns = [f"{name} {kind}" for name, kind, _ in journal_module._COLUMNS[:27]]
        old.execute(f"CREATE TABLE outcomes ({', '.join(columns)})")
        values = ["old", *(value(outcome()) for _, _, value in journal_module._COLUMNS[1:27])]
        marks = ", ".join("?" * 27)
        old.execute(f"INSERT INTO outcomes VALUES ({marks})", values)  # noqa: S608 - constants
        old.execute("PRAGMA user_version = 1")

    with closing(Journal.open(path)) as opened:
        opened.write([outcome(request_id="new", saved_usd=0.5)])

    assert [(row["request_id"], row["saved_usd"]) for row in rows_of(path)] == [
        ("old", None),
        ("new", 0.5),
    ]


def test_what_is_unknown_is_null(journal: Journal) -> None:
    unknown = outcome(endpoint=None, usage=None, cost_usd=None, first_content_s=None)

    journal.write([unknown])

    row = rows_of(journal.path)[0]
    nulls = {name for name, value in row.items() if value is None}
    assert nulls == {
        "session",
        "endpoint",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "usage_estimated",
        "cost_usd",
        "first_content_s",
        "error",
        "saved_usd",
        "similarity",
        "entry_id",
        "false_hit_bound",
    }


def test_zero_is_not_unknown(journal: Journal) -> None:
    journal.write([outcome(usage=usage(0, 0), cost_usd=0.0, first_content_s=0.0)])

    row = rows_of(journal.path)[0]
    assert (row["prompt_tokens"], row["cost_usd"], row["first_content_s"]) == (0, 0.0, 0.0)


@pytest.mark.parametrize(
    "name", ["", "a'b\"; DROP TABLE outcomes; --", "caf\u00e9 \U0001f600", "a\0b"]
)
def test_any_name_is_kept_as_it_is(journal: Journal, name: str) -> None:
    journal.write([outcome(model=name, session=name)])

    assert (rows_of(journal.path)[0]["model"], rows_of(journal.path)[0]["session"]) == (name, name)


def test_a_journal_goes_on_where_it_ended(path: Path) -> None:
    for number in range(3):
        journal = Journal.open(path)
        journal.write([outcome(request_id=f"req_{number}")])
        journal.close()

    assert [row["request_id"] for row in rows_of(path)] == ["req_0", "req_1", "req_2"]


@pytest.mark.parametrize("others", [[outcome()], [outcome(), outcome(usage=usage(2**70))]])
def test_a_batch_that_fails_may_be_offered_again_for_nothing_of_it_is_written(
    journal: Journal, others: list[Outcome]
) -> None:
    broken: Outcome = outcome(model=None)

    with pytest.raises(sqlite3.IntegrityError):
        journal.write([*others, broken])

    assert rows_of(journal.path) == []


def test_an_empty_batch_is_nothing(journal: Journal) -> None:
    journal.write([])

    assert rows_of(journal.path) == []


def test_readers_do_not_hold_the_writer_back(journal: Journal) -> None:
    journal.write([outcome()])

    with closing(sqlite3.connect(journal.path)) as reader:
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        reader.execute("BEGIN")
        seen = reader.execute("SELECT count(*) FROM outcomes").fetchone()
        journal.write([outcome()])
        seen_again = reader.execute("SELECT count(*) FROM outcomes").fetchone()

    assert (seen, seen_again) == ((1,), (1,))
    assert len(rows_of(journal.path)) == 2


@pytest.mark.parametrize(
    "damage", [b"this is no database, " * 500, b"SQLite format 3\0" + b"x" * 99]
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)

    journal = Journal.open(path)
    journal.write([outcome()])
    journal.close()

    (kept,) = path.parent.glob("broken-*-journal.sqlite3")
    assert kept.read_bytes() == damage
    assert len(rows_of(path)) == 1


def test_only_the_damaged_file_is_set_aside(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, " * 500)
    other = path.with_name("journal.sqlite3.backup")
    other.write_bytes(b"not ours")

    Journal.open(path).close()

    assert other.read_bytes() == b"not ours"


def test_a_second_damaged_file_does_not_replace_the_first(path: Path) -> None:
    path.parent.mkdir()
    for number in range(2):
        path.write_bytes(b"damage %d, " % number * 500)
        Journal.open(path).close()

    assert len(list(path.parent.glob("broken-*-journal.sqlite3"))) == 2


def test_an_empty_file_is_a_new_journal(path: Path) -> None:
    path.parent.mkdir()
    path.touch()

    Journal.open(path).close()

    assert rows_of(path) == []
    assert list(path.parent.glob("broken-*")) == []


def test_a_journal_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    Journal.open(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(WrpError, match="version 99"):
        Journal.open(path)

    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)
    assert list(path.parent.glob("broken-*")) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite3").mkdir()

    with pytest.raises(WrpError, match="cannot be opened"):
        Journal.open(tmp_path / "journal.sqlite3")
