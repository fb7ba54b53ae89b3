"""What strategies learn from is written down briefly, and comes back."""

import json
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import outcome, workload
from wrp_proxy.accounting.columns import COLUMNS, outcome_of
from wrp_proxy.accounting.context import context_of
from wrp_proxy.signals import Preferences
from wrp_proxy.types import Outcome


def read_back(written: Outcome) -> Outcome:
    return outcome_of({name: value(written) for name, _, value in COLUMNS})


def test_everything_that_is_known_comes_back() -> None:
    known = workload(
        category="coding",
        probabilities={"coding": 0.75, "chat": 0.25},
        tenant="alice",
        turn=3,
        failed_tools=2,
        language="de",
        complexity=0.125,
        risks=frozenset({"email", "api_key"}),
        preferences=Preferences(cost=0.5),
        needs=frozenset({"tools", "vision"}),
        kind="agent",
    )
    written = outcome(workload=known, scores={"small": 0.5, "large": None}, stream=True)

    assert read_back(written) == written


def test_nothing_but_the_given_is_written() -> None:
    context = json.loads(context_of(workload(preferences=Preferences(latency=0.0))))

    assert context == {
        "text_bytes": 400,
        "expected_output_tokens": 50,
        "turn": 1,
        "preferences": {"latency": 0.0},
    }


def test_all_categories_are_kept_and_add_up_to_one_again() -> None:
    chances = {"coding": 0.90049, "chat": 0.0912, "law": 0.0049, "history": 0.0036}

    written = outcome(workload=workload(probabilities=chances))

    context = json.loads(context_of(written.workload))
    assert context["probabilities"] == {
        "coding": 0.9,
        "chat": 0.091,
        "law": 0.005,
        "history": 0.004,
    }
    again = read_back(written).workload.probabilities
    assert sum(again.values()) == pytest.approx(1)
    assert again["coding"] == pytest.approx(0.9, abs=0.01)


@given(
    scores=st.dictionaries(
        st.text(st.characters(codec=None)), st.none() | st.sampled_from([nan, inf, -inf, 0.25])
    ),
    complexity=st.none() | st.floats(0, 1) | st.just(nan),
    category=st.text(st.characters(codec=None)),
)
def test_nothing_is_so_odd_that_it_cannot_be_written(
    scores: dict[str, float | None], complexity: float | None, category: str
) -> None:
    odd = workload(complexity=complexity, probabilities={category: 1.0})

    again = read_back(outcome(workload=odd, scores=scores))

    assert again.scores == {name: 0.25 if score == 0.25 else None for name, score in scores.items()}
    assert again.workload.probabilities == {category: 1.0}
