"""Sums and percentiles over what was written down."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.nouns import outcome, usage, workload
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.accounting.usage_report import GROUPS, UsageReport
from wrp_proxy.types import Outcome


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "journal.sqlite3")
    yield opened
    opened.close()


def report(
    journal: Journal, group: str = "model", *, since: float = 0.0, tenant: str | None = None
) -> list[dict[str, Any]]:
    return UsageReport(journal.path).by(group, since=since, tenant=tenant)


def test_nothing_recorded_is_nothing_reported(journal: Journal) -> None:
    assert report(journal) == []


def test_a_row_sums_what_a_model_did(journal: Journal) -> None:
    journal.write(
        [
            outcome(request_id="1", usage=usage(11, 7, cached_tokens=5), cost_usd=0.25),
            outcome(request_id="2", usage=usage(1, 2, estimated=True), cost_usd=0.5),
            outcome(request_id="3", finish="failed", error="boom", usage=None, cost_usd=None),
            outcome(request_id="4", finish="cancelled", usage=usage(3, 4), cost_usd=None),
        ]
    )

    (row,) = report(journal)

    assert row == {
        "model": "small",
        "requests": 4,
        "errors": 1,
        "cancelled": 1,
        "prompt_tokens": 15,
        "completion_tokens": 13,
        "cached_tokens": 5,
        "cost_usd": 0.75,
        "cache_hits": 0,
        "saved_usd": 0,
        "unpriced": 1,
        "estimated": 1,
        "hedged": 0,
        "hedge_cost_usd": 0,
        "ttft_s": {"p50": 0.5, "p95": 0.5},
        "duration_s": {"p50": 1.5, "p95": 1.5},
    }


def test_a_request_of_several_attempts_is_one_request(journal: Journal) -> None:
    failed = outcome(finish="failed", error="boom", usage=None, cost_usd=None)
    journal.write([failed, outcome(attempt=2), outcome(model="large", attempt=3)])

    rows = report(journal)

    assert [(row["model"], row["requests"], row["errors"]) for row in rows] == [
        ("large", 1, 0),
        ("small", 1, 1),
    ]


def test_what_copies_cost_that_came_to_nothing_is_told(journal: Journal) -> None:
    lost = outcome(hedge="first", finish="cancelled", first_content_s=None, cost_usd=0.125)
    journal.write(
        [
            lost,
            outcome(hedge="second", attempt=2),
            outcome(request_id="2", hedge="first"),
            replace(lost, request_id="2", hedge="second", attempt=2, cost_usd=None),
            outcome(request_id="3", hedge="first", finish="cancelled"),  # left in mid-answer
            outcome(request_id="4", finish="cancelled", first_content_s=None),
        ]
    )

    (row,) = report(journal)

    assert (row["requests"], row["hedged"], row["hedge_cost_usd"]) == (4, 2, 0.125)
    assert row["cost_usd"] == 1.125


def test_a_client_who_gives_all_its_requests_one_id_is_counted_right(journal: Journal) -> None:
    journal.write([outcome(request_id="mine", started_at=float(at)) for at in range(3)])

    assert report(journal)[0]["requests"] == 3


def test_the_busiest_comes_first(journal: Journal) -> None:
    journal.write([outcome(request_id=str(n), model="busy" if n else "idle") for n in range(3)])

    assert [row["model"] for row in report(journal)] == ["busy", "idle"]


def test_a_cost_that_is_nowhere_known_is_none(journal: Journal) -> None:
    journal.write([outcome(cost_usd=None), outcome(cost_usd=None, usage=None)])

    (row,) = report(journal)

    assert row["cost_usd"] is None
    assert row["unpriced"] == 1


def test_percentiles_are_over_complete_attempts_only(journal: Journal) -> None:
    journal.write(
        [
            outcome(duration_s=1.0, first_content_s=None),
            outcome(duration_s=99.0, first_content_s=9.0, finish="failed"),
            outcome(duration_s=99.0, first_content_s=9.0, finish="cancelled"),
        ]
    )

    (row,) = report(journal)

    assert row["duration_s"] == {"p50": 1.0, "p95": 1.0}
    assert row["ttft_s"] == {"p50": None, "p95": None}


@pytest.mark.parametrize(
    ("count", "median", "high"), [(1, 1, 1), (2, 1, 2), (3, 2, 3), (20, 10, 19), (100, 50, 95)]
)
def test_percentiles_are_those_of_the_nearest_rank(
    journal: Journal, count: int, median: float, high: float
) -> None:
    journal.write([outcome(duration_s=float(n)) for n in range(count, 0, -1)])

    (row,) = report(journal)

    assert row["duration_s"] == {"p50": median, "p95": high}


def test_percentiles_are_of_each_group_by_itself(journal: Journal) -> None:
    journal.write(
        [outcome(model=name, duration_s=s) for name, s in (("a", 1.0), ("a", 1.0), ("b", 9.0))]
    )

    medians = {row["model"]: row["duration_s"]["p50"] for row in report(journal)}

    assert medians == {"a": 1.0, "b": 9.0}


def test_a_tenant_sees_its_own_records_only(journal: Journal) -> None:
    journal.write([outcome(request_id="1"), outcome(request_id="2", tenant="bob", duration_s=9.0)])

    (row,) = report(journal, tenant="bob")

    assert row["requests"] == 1
    assert row["duration_s"]["p50"] == 9.0
    assert report(journal, tenant="eve") == []


def test_without_a_tenant_all_records_are_summed(journal: Journal) -> None:
    journal.write([outcome(request_id="1"), outcome(request_id="2", tenant="bob")])

    assert [row["tenant"] for row in report(journal, "tenant")] == ["alice", "bob"]
    assert report(journal)[0]["requests"] == 2


def test_older_records_are_left_out(journal: Journal) -> None:
    journal.write([outcome(request_id=str(at), started_at=float(at)) for at in (10, 20, 30)])

    assert report(journal, since=20.0)[0]["requests"] == 2
    assert report(journal, since=30.5) == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_can_be_asked_for(journal: Journal, group: str) -> None:
    journal.write([outcome(session="s1", workload=workload(category="code"))])

    (row,) = report(journal, group)

    assert row[group] in {
        *("small", "auto", "alice", "lab/mock-small", "code", "fixed_order", "s1", "bypass")
    }
    assert row["duration_s"]["p50"] == 1.5


def test_what_belongs_to_no_session_is_a_group_too(journal: Journal) -> None:
    journal.write([outcome(session=None), outcome(session="s1", request_id="2")])

    rows = report(journal, "session")

    assert {row["session"]: row["duration_s"]["p50"] for row in rows} == {None: 1.5, "s1": 1.5}


@pytest.mark.parametrize("group", ["", "cost_usd", "model; DROP TABLE outcomes", "request_id"])
def test_other_groups_are_refused(journal: Journal, group: str) -> None:
    with pytest.raises(ValueError, match="group_by must be one of"):
        report(journal, group)


def test_a_path_with_odd_characters_is_found(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "a b?c#d%20" / "journal.sqlite3")
    journal.write([outcome()])

    assert len(report(journal)) == 1
    journal.close()


counts = st.integers(0, 10**6)
recorded = st.builds(
    lambda model, prompt, completion, cost, finish: outcome(
        model=model, usage=usage(prompt, completion), cost_usd=cost, finish=finish
    ),
    st.sampled_from(["a", "b", "c"]),
    counts,
    counts,
    st.none() | st.floats(0, 100),
    st.sampled_from(["complete", "failed", "cancelled"]),
)


@settings(max_examples=25)
@given(st.lists(recorded, max_size=20))
def test_nothing_is_lost_between_the_groups(
    tmp_path_factory: pytest.TempPathFactory, outcomes: list[Outcome]
) -> None:
    journal = Journal.open(tmp_path_factory.mktemp("journal") / "journal.sqlite3")
    journal.write(outcomes)

    rows = report(journal)
    journal.close()

    assert sum(row["prompt_tokens"] for row in rows) == sum(
        each.usage.prompt_tokens for each in outcomes if each.usage
    )
    assert sum(row["cost_usd"] or 0 for row in rows) == pytest.approx(
        sum(each.cost_usd or 0 for each in outcomes)
    )
    assert sum(row["errors"] for row in rows) == sum(o.finish == "failed" for o in outcomes)
