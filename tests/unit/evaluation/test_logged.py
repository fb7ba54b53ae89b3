"""Does a journal tell what other strategies would have scored?"""

import random

import pytest

from tests.unit.evaluation.recorded import COST_USD, META, TRUTH
from tests.unit.nouns import outcome, workload
from wrp_proxy.accounting.graded import Graded, Opinion
from wrp_proxy.evaluation.logged import LoggedChoice, choices_of, judge_by_log, models_of

POOL: list[str] = META["pool"]


def logged(count: int, seed: int = 1) -> list[LoggedChoice]:
    """Return what a strategy logged that draws from the pool, each model with the same chance."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    choices = []
    for _ in range(count):
        kind, model = draw.choice(list(TRUTH)), draw.choice(POOL)
        probabilities = {name: float(name == kind) for name in TRUTH}
        choices.append(
            LoggedChoice(
                workload=workload(category=kind, probabilities=probabilities),
                model=model,
                reward=float(draw.random() < TRUTH[kind][model]),
                propensity=1 / len(POOL),
                cost_usd=COST_USD[model],
            )
        )
    return choices


def test_what_another_strategy_would_score_and_cost_is_estimated() -> None:
    rows = logged(1500)

    figures = judge_by_log(rows, models_of(rows, {}), ["cheapest"], {})

    row = figures["strategies"]["cheapest"]
    truth = (TRUTH["sums"]["calculator"] + TRUTH["poems"]["calculator"]) / 2
    for name in ("ips", "snips", "doubly_robust"):
        assert row[name]["low"] < truth < row[name]["high"]
    assert row["accuracy"] == row["doubly_robust"]["value"]
    assert row["cost_per_1k_usd"] == pytest.approx(0.1, rel=0.05)
    assert row["effective_size"] == pytest.approx(500, rel=0.1)
    assert figures["references"]["logged"]["rows"] == 1500


def test_a_log_that_cannot_tell_gives_the_reason_instead() -> None:
    rows = logged(30)

    figures = judge_by_log(rows, models_of(rows, {}), ["cheapest"], {})

    assert "agrees too seldom" in figures["strategies"]["cheapest"]["refused"]


def test_what_comes_of_checked_answers_is_not_told_by_a_log() -> None:
    rows = logged(300)

    figures = judge_by_log(rows, models_of(rows, {}), ["self_consistency"], {})

    assert "Measure it with --data" in figures["strategies"]["self_consistency"]["refused"]


def test_an_empty_log_is_refused() -> None:
    figures = judge_by_log([], [], ["cheapest"], {})

    assert "collect feedback" in figures["strategies"]["cheapest"]["refused"]
    assert figures["references"]["logged"] == {"rows": 0}


def test_models_without_a_price_get_the_one_that_was_paid() -> None:
    small, large = models_of(
        [
            LoggedChoice(
                workload=workload(input_tokens=900, expected_output_tokens=100),
                model=name,
                reward=1.0,
                propensity=0.5,
                cost_usd=cost,
            )
            for name, cost in (("small", 0.001), ("large", 0.01))
        ],
        {},
    )[::-1]

    assert small.price is not None
    assert small.price.input == pytest.approx(1.0)
    assert large.price is not None
    assert large.price.output == pytest.approx(10.0)


def test_only_first_attempts_that_were_scored_are_choices() -> None:
    good = Opinion("user", 1.0, 1.0, 5.0)
    seen = Opinion("auto:finish", 0.0, 1.0, 4.0)
    graded = [
        Graded(outcome=outcome(request_id="kept", model="a"), opinions=(seen, good)),
        Graded(outcome=outcome(model="b", attempt=2), opinions=(good,)),
        Graded(outcome=outcome(model="c", cached="exact"), opinions=(good,)),
        Graded(outcome=outcome(model="d")),
    ]

    (choice,) = choices_of(graded)

    assert (choice.model, choice.reward) == ("a", 0.5)


def test_the_twin_of_a_first_attempt_is_a_choice_and_the_twin_of_a_later_one_is_not() -> None:
    good = Opinion("user", 1.0, 1.0, 5.0)
    graded = [
        Graded(outcome=outcome(model="a", hedge="first"), opinions=(good,)),
        Graded(outcome=outcome(model="b", attempt=2, hedge="second"), opinions=(good,)),
        Graded(outcome=outcome(model="c", attempt=2, hedge="first"), opinions=(good,)),
        Graded(outcome=outcome(model="d", attempt=3, hedge="second"), opinions=(good,)),
    ]

    assert [choice.model for choice in choices_of(graded)] == ["a", "b"]


def test_categories_that_the_journal_left_out_are_filled_in() -> None:
    good = (Opinion("user", 1.0, 1.0, 5.0),)
    graded = [
        Graded(outcome=outcome(workload=workload(probabilities=known)), opinions=good)
        for known in ({"law": 1.0}, {"chat": 0.5, "law": 0.5})
    ]

    first, second = choices_of(graded)

    assert first.workload.probabilities == {"chat": 0.0, "law": 1.0}
    assert second.workload.probabilities == {"chat": 0.5, "law": 0.5}
