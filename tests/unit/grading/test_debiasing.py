"""A judge that errs is believed as far as it deserves, and is right in the mean."""

import random
from math import sqrt

import pytest

from tests.unit.nouns import outcome
from wrp_proxy.grading.debiasing import Debiasing, pairs
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

ANSWERS = 4000


class Mean:
    """What every strategy keeps: a count and a total; a correction adds to the total only."""

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0

    def learn(self, outcome: Outcome) -> None:
        score = outcome.score
        assert score is not None
        assert 0 <= score.value <= 1
        assert 0 < score.weight <= 1
        if score.replaces is None:
            self.count += score.weight
            self.total += score.weight * score.value
        else:
            self.total += score.weight * (score.value - score.replaces)

    @property
    def value(self) -> float:
        return self.total / self.count


def verdicts(truth: float, error: float, seed: int = 7) -> list[float]:
    draw = random.Random(seed)  # noqa: S311 - a simulation
    right = [draw.random() < truth for _ in range(ANSWERS)]
    return [float(one != (draw.random() < error)) for one in right]


def learnt(said: list[float], debiasing: Debiasing) -> Mean:
    mean = Mean()
    learn = debiasing.before(mean.learn)
    for value in said:
        learn(outcome(score=Score(value=value, source="judge")))
    return mean


@pytest.mark.parametrize("truth", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("error", [0.1, 0.3, 0.4])
def test_the_mean_of_a_judge_that_errs_has_no_bias(truth: float, error: float) -> None:
    said = verdicts(truth, error)

    value = learnt(said, Debiasing({"judge": error})).value

    spread = 0.5 / (1 - 2 * error) / sqrt(ANSWERS)
    assert value == pytest.approx(truth, abs=4 * spread)


@pytest.mark.parametrize("truth", [0.0, 0.2, 0.8, 1.0])
def test_without_it_and_with_values_that_are_clipped_the_bias_is_p_of_1_minus_2q(
    truth: float,
) -> None:
    error = 0.3
    said = verdicts(truth, error)
    clipped = [min(max((r - error) / (1 - 2 * error), 0.0), 1.0) for r in said]

    value = learnt(said, Debiasing()).value

    assert clipped == said
    assert value - truth == pytest.approx(error * (1 - 2 * truth), abs=4 * 0.5 / sqrt(ANSWERS))


def test_beside_people_a_judge_counts_as_much_as_its_noise_leaves() -> None:
    mean = learnt([1.0] * 10, Debiasing({"judge": 0.25}))

    assert mean.count == pytest.approx(10 * 0.5**2)


def test_a_verdict_that_changes_is_corrected_exactly() -> None:
    debiasing = Debiasing({"judge": 0.2})
    changed = Mean()
    learn = debiasing.before(changed.learn)

    learn(outcome(score=Score(value=1.0, weight=0.5, source="judge")))
    learn(outcome(score=Score(value=0.25, weight=0.5, source="judge", replaces=1.0)))
    direct = Mean()
    debiasing.before(direct.learn)(outcome(score=Score(value=0.25, weight=0.5, source="judge")))

    assert (changed.count, changed.total) == pytest.approx((direct.count, direct.total))


def test_what_people_say_and_what_has_no_score_is_passed_on() -> None:
    passed: list[Outcome] = []
    given = [outcome(), outcome(score=Score(value=0.5))]

    for each in given:
        Debiasing({"judge": 0.3}).before(passed.append)(each)

    assert passed == given


def test_a_judge_that_is_no_better_than_a_coin_is_not_heard() -> None:
    assert Debiasing({"judge": 0.5}).scores(Score(value=1.0, source="judge")) == ()


def test_errors_are_estimated_from_twenty_answers_on() -> None:
    few, enough = Debiasing(), Debiasing()

    few.estimate([("judge", 1.0, 0.0)] * 19)
    enough.estimate([("judge", 1.0, 0.0)] * 4 + [("judge", 1.0, 0.9)] * 16)

    assert few.error_of("judge") == 0.0
    assert enough.error_of("judge") == pytest.approx((4 + 1) / (20 + 5))
    assert enough.error_of("judge:other") == 0.0


def test_what_is_configured_goes_before_what_is_estimated() -> None:
    debiasing = Debiasing({"judge": 0.1})

    debiasing.estimate([("judge", 1.0, 0.0)] * 30)

    assert debiasing.error_of("judge") == 0.1


def test_estimates_find_the_error_of_a_judge() -> None:
    draw = random.Random(3)  # noqa: S311 - a simulation
    truths = [float(draw.random() < 0.7) for _ in range(2000)]
    said = [abs(truth - (draw.random() < 0.3)) for truth in truths]
    debiasing = Debiasing()

    debiasing.estimate(("judge", judged, true) for judged, true in zip(said, truths, strict=True))

    assert debiasing.error_of("judge") == pytest.approx(0.3, abs=0.04)


def test_judges_are_paired_with_the_mean_of_the_people() -> None:
    said = [("user", 1.0), ("qa-team", 0.5), ("judge", 0.0), ("judge:large", 1.0)]
    machines = [("auto:retry", 0.0), ("verifier:tool_call", 1.0), ("shadow", 1.0)]

    assert [*pairs([*said, *machines])] == [("judge", 0.0, 0.75), ("judge:large", 1.0, 0.75)]
    assert [*pairs([("judge", 0.0), *machines])] == []
