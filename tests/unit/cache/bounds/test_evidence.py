"""When audits say that a threshold is too low, or higher than it need be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.cache.bounds.evidence import Finding, weigh
from wrp_proxy.cache.bounds.judge_error import JudgeError


def found(wrong: int, audited: int, budget: float = 0.03) -> Finding:
    return weigh(wrong, audited, budget=budget, error=JudgeError())


@given(audited=st.integers(0, 10_000), budget=st.floats(0.001, 0.3))
def test_nothing_is_exceeded_for_want_of_evidence(audited: int, budget: float) -> None:
    assert found(0, audited, budget) != "exceeded"


@pytest.mark.parametrize("budget", [0.01, 0.03])
@pytest.mark.parametrize("wrong", [1, 2])
def test_one_or_two_wrong_hits_move_nobody_elses_threshold(wrong: int, budget: float) -> None:
    assert found(wrong, wrong, budget) == "open"


@pytest.mark.parametrize("budget", [0.01, 0.03])
def test_twice_the_budget_is_found_out(budget: float) -> None:
    audited = round(10 / budget)

    assert found(20, audited, budget) == "exceeded"


@pytest.mark.parametrize("budget", [0.01, 0.03])
def test_a_tenth_of_the_budget_is_clean_but_not_before_500_audits(budget: float) -> None:
    assert found(0, 499, budget) == "open"
    assert found(1, 1000, budget) == "clean"


@given(audited=st.integers(1, 5000), data=st.data())
def test_more_wrong_hits_never_look_better(audited: int, data: st.DataObject) -> None:
    order = ["clean", "open", "exceeded"]
    fewer = data.draw(st.integers(0, audited - 1))

    assert order.index(found(fewer, audited)) <= order.index(found(fewer + 1, audited))
