"""Since when: an age, a moment, or Unix seconds."""

from datetime import UTC, datetime, timedelta
from math import isfinite
from time import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.api.accounts import parse_since
from wrp_proxy.errors import RequestError


@pytest.mark.parametrize("text", [None, ""])
def test_without_a_since_everything_counts(text: str | None) -> None:
    assert parse_since(text) == 0.0


@pytest.mark.parametrize(
    ("text", "age_s"),
    [("0s", 0), ("90s", 90), ("5m", 300), ("24h", 86_400), ("7d", 604_800), ("007d", 604_800)],
)
def test_an_age_is_counted_back_from_now(text: str, age_s: float) -> None:
    before = time()
    since = parse_since(text)
    after = time()

    assert before - age_s <= since <= after - age_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1700000000", 1_700_000_000),
        ("1700000000.5", 1_700_000_000.5),
        ("1970-01-02", 86_400),
        ("1970-01-02T00:00:00", 86_400),
        ("1970-01-02T00:00:00Z", 86_400),
        ("1970-01-02T01:00:00+01:00", 86_400),
        ("1970-01-02 00:00:00.25", 86_400.25),
        ("0001-01-01", -62_135_596_800),
    ],
)
def test_moments_are_read_as_utc_unless_they_say_otherwise(text: str, seconds: float) -> None:
    assert parse_since(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "h",
        "-1h",
        "1.5h",
        "1w",
        "24h ago",
        "24H",
        "2026-13-01",
        "2026-02-30",
        "12:00",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "\u0663h\u0663",
        "' OR 1=1 --",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="since must be") as refusal:
        parse_since(text)

    assert (refusal.value.status, refusal.value.param) == (400, "since")


def since_or_refusal(text: str) -> float | RequestError:
    try:
        return parse_since(text)
    except RequestError as refusal:
        return refusal


@pytest.mark.parametrize("digits", [20, 400, 5000])
@pytest.mark.parametrize("unit", ["s", "d"])
def test_an_age_beyond_all_time_is_no_failure_of_the_proxy(digits: int, unit: str) -> None:
    since = since_or_refusal("9" * digits + unit)

    assert isinstance(since, RequestError) or since < 0


@given(st.text(max_size=12) | st.text("0123456789-:TZ+.smhd e", max_size=25))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    since = since_or_refusal(text)

    assert isinstance(since, RequestError) or isfinite(since)


@given(
    st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.integers(-14, 14),
)
def test_every_moment_in_iso_8601_is_read(moment: datetime, hours: int) -> None:
    there = moment.replace(tzinfo=UTC) + timedelta(hours=hours)

    assert parse_since(there.isoformat()) == there.timestamp()
