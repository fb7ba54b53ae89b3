import pytest

from tests.unit.nouns import model, outcome
from wrp_proxy.routers.lessons import FAILURE_WEIGHT, Lesson, Roster, lesson_of
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome


def test_a_score_counts_by_its_weight() -> None:
    lesson = lesson_of(outcome(score=Score(value=0.5, weight=0.4)))

    assert lesson == Lesson(weight=0.4, reward=0.2)


def test_a_replaced_score_is_corrected_without_counting_again() -> None:
    lesson = lesson_of(outcome(score=Score(value=0.25, weight=0.5, replaces=1.0)))

    assert lesson == Lesson(weight=0.0, reward=-0.375)


def test_a_failed_attempt_is_a_modest_nought() -> None:
    assert lesson_of(outcome(finish="failed")) == Lesson(weight=FAILURE_WEIGHT, reward=0.0)


@pytest.mark.parametrize(
    "told",
    [
        outcome(),
        outcome(finish="cancelled"),
        outcome(finish="failed", cached="exact"),
        outcome(score=Score(value=1.0), cached="semantic"),
        outcome(score=Score(value=float("nan"))),
        outcome(score=Score(value=1.0, weight=0.0)),
    ],
    ids=["complete", "cancelled", "cached", "other-question", "not-a-number", "weightless"],
)
def test_what_tells_nothing_of_the_model_teaches_nothing(told: Outcome) -> None:
    assert lesson_of(told) is None


def test_scores_are_taken_as_0_to_1() -> None:
    assert lesson_of(outcome(score=Score(value=7.0))) == Lesson(weight=1.0, reward=1.0)


def test_a_roster_knows_the_latest_of_a_name() -> None:
    roster, new = Roster(), model("a", listed=False)
    roster.note([model("a"), model("b")])
    roster.note([new])

    assert roster.get("a") is new
    assert set(roster.names()) == {"a", "b"}
    assert roster.get("c") is None
