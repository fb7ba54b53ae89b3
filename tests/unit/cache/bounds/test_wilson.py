"""Limits of a share, and what a judge that errs makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.cache.bounds.wilson import debiased, wilson_lower, wilson_upper

SAMPLES = st.integers(1, 10_000).flatmap(
    lambda audited: st.tuples(st.integers(0, audited), st.just(audited))
)


@pytest.mark.parametrize(
    ("wrong", "audited", "lower", "upper"),
    [
        (0, 10, 0.0, 0.27753),
        (1, 10, 0.01788, 0.40415),
        (10, 10, 0.72247, 1.0),
        (15, 500, 0.01827, 0.04889),
        (0, 500, 0.0, 0.00762),
    ],
)
def test_the_limits_are_those_of_the_tables(
    wrong: int, audited: int, lower: float, upper: float
) -> None:
    assert wilson_lower(wrong, audited) == pytest.approx(lower, abs=5e-5)
    assert wilson_upper(wrong, audited) == pytest.approx(upper, abs=5e-5)


def test_without_audits_nothing_is_known() -> None:
    assert (wilson_lower(0, 0), wilson_upper(0, 0)) == (0.0, 1.0)


@given(sample=SAMPLES)
def test_the_share_that_was_seen_is_between_the_limits(sample: tuple[int, int]) -> None:
    wrong, audited = sample

    lower, upper = wilson_lower(wrong, audited), wilson_upper(wrong, audited)

    assert 0 <= lower <= wrong / audited + 1e-12
    assert wrong / audited - 1e-12 <= upper <= 1


@given(sample=SAMPLES)
def test_more_of_the_same_narrows_the_limits(sample: tuple[int, int]) -> None:
    wrong, audited = sample

    assert wilson_upper(10 * wrong, 10 * audited) <= wilson_upper(wrong, audited) + 1e-12
    assert wilson_lower(10 * wrong, 10 * audited) >= wilson_lower(wrong, audited) - 1e-12


@given(share=st.floats(0, 1), error=st.floats(0, 0.4))
def test_what_errors_add_and_hide_is_taken_back(share: float, error: float) -> None:
    seen = share * (1 - error) + (1 - share) * error

    assert debiased(seen, false_wrong=error, false_right=error) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(("seen", "true"), [(0.0, 0.0), (0.04, 0.0), (0.05, 0.0), (0.99, 1.0)])
def test_what_errors_alone_explain_is_no_share(seen: float, true: float) -> None:
    assert debiased(seen, false_wrong=0.05, false_right=0.05) == true
