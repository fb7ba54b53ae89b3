"""Every outcome is written down whole, and no file is ever lost."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.nouns import outcome, usage, workload
from wrp_proxy.accounting.columns import COLUMNS, COLUMNS_OF_VERSION
from wrp_proxy.accounting.graded import read_graded
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
                scores={"small": 0.7, "large": None},
                queued_s=0.125,
                hedge="second",
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
            "context": '{"text_bytes":400,"expected_output_tokens":50,"turn":1}',
            "scores": '{"small":0.7,"large":null}',
            "queued_s": 0.125,
            "hedge": "second",
        }
    ]


def test_what_the_cache_gave_again_is_written_with_what_it_saved(journal: Journal) -> None:
    hit = outcome(cached="semantic", saved_usd=0.5, similarity=0.93, false_hit_bound=0.02)

    journal.write([hit])

    (row,) = rows_of(journal.path)
    assert (row["cached"], row["saved_usd"]) == ("semantic", 0.5)
    assert (row["similarity"], row["false_hit_bound"]) == (0.93, 0.02)


FEEDBACK_OF_VERSION_2 = (
    "CREATE TABLE feedback (request_id TEXT NOT NULL, tenant TEXT NOT NULL, source TEXT NOT NULL, "
    "given_at REAL NOT NULL, score REAL NOT NULL, verdict TEXT, comment TEXT, preferred TEXT, "
    "PRIMARY KEY (request_id, tenant, source))"
)


def make_old(path: Path, version: int, *outcomes: Outcome) -> None:
    """Make the file that a proxy of that version would have left."""
    path.parent.mkdir()
    known = COLUMNS[: COLUMNS_OF_VERSION[version]]
    with closing(sqlite3.connect(path)) as old, old:
        old.execute("PRAGMA journal_mode = WAL")
        old.execute(
            f"CREATE TABLE outcomes ({', '.join(f'{name} {kind}' for name, kind, _ in known)})"
        )
        old.execute("CREATE INDEX by_time ON outcomes (started_at)")
        old.execute("CREATE INDEX by_request ON outcomes (request_id)")
        marks = ", ".join("?" * len(known))
        for each in outcomes:
            values = [value(each) for _, _, value in known]
            old.execute(f"INSERT INTO outcomes VALUES ({marks})", values)  # noqa: S608 - constants
        if version == 2:
            old.execute(FEEDBACK_OF_VERSION_2)
        old.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_journal_of_an_earlier_version_is_brought_up_to_date(path: Path, version: int) -> None:
    make_old(path, version, outcome(request_id="old"))

    with closing(Journal.open(path)) as opened:
        opened.write([outcome(request_id="new", saved_usd=0.5, scores={"small": 0.5})])
    Journal.open(path).close()

    old, new = rows_of(path)
    assert (old["request_id"], old["saved_usd"]) == ("old", None)
    assert (old["context"] is None) == (version < 3)
    assert (old["queued_s"], old["hedge"]) == (0, "")
    assert (new["request_id"], new["saved_usd"], new["scores"]) == ("new", 0.5, '{"small":0.5}')


def test_a_row_of_the_version_before_was_neither_in_line_nor_hedged(path: Path) -> None:
    make_old(path, 3, outcome())
    Journal.open(path).close()

    (graded,) = read_graded(path)

    assert (graded.outcome.queued_s, graded.outcome.hedge) == (0.0, "")


def test_what_was_in_line_and_hedged_is_read_back(journal: Journal) -> None:
    journal.write([outcome(queued_s=0.125, hedge="first")])

    (graded,) = read_graded(journal.path)

    assert (graded.outcome.queued_s, graded.outcome.hedge) == (0.125, "first")


def test_an_old_row_is_read_back_as_far_as_it_goes(path: Path) -> None:
    known = outcome(usage=usage(11, 7), workload=workload(needs=frozenset({"tools"})))
    make_old(path, 2, known)
    Journal.open(path).close()

    (graded,) = read_graded(path)

    assert graded.outcome.usage == known.usage
    assert graded.outcome.workload == workload(
        needs=frozenset({"tools"}), text_bytes=0, expected_output_tokens=7, tenant="alice"
    )


def test_what_was_said_before_keeps_its_answer_and_has_the_weight_of_a_person(path: Path) -> None:
    failed = outcome(request_id="r", attempt=1, finish="failed")
    answered = outcome(request_id="r", attempt=2, model="large")
    make_old(path, 2, failed, answered)
    with closing(sqlite3.connect(path)) as old, old:
        rows: list[tuple[object, ...]] = [
            ("r", "alice", "user", 2000.0, 0.3, "underpowered", "no", "large"),
            ("gone", "alice", "user", 2000.0, 1.0, None, None, None),
        ]
        old.executemany("INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    Journal.open(path).close()

    first, second = read_graded(path)
    assert (first.opinions, second.opinions) == ((), (("user", 0.3, 1.0, 2000.0),))
    assert second.preferred == ("large",)
    with closing(sqlite3.connect(path)) as db:
        kept = db.execute("SELECT request_id, attempt, session FROM feedback ORDER BY rowid")
        assert kept.fetchall() == [("r", 2, ""), ("gone", 1, "")]
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert {name for (name,) in tables} == {"outcomes", "feedback"}


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    make_old(path, 2, outcome(request_id="old"))
    with closing(sqlite3.connect(path)) as old:
        old.execute("DROP TABLE feedback")

    with pytest.raises(WrpError, match="feedback"):
        Journal.open(path)

    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
    assert set(rows_of(path)[0]) == {name for name, _, _ in COLUMNS[:31]}


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
        "scores",
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
