"""The judge's error, from its contradictions."""

import random

import pytest

from wrp_proxy.cache.bounds.judge_error import ASKINGS, JudgeError


def counted(contradicted: int, audited: int) -> JudgeError:
    error = JudgeError()
    for number in range(audited):
        error.count(is_contradicted=number < contradicted)
    return error


def test_it_starts_from_five_per_cent() -> None:
    assert JudgeError().false_wrong == pytest.approx(0.05**3)
    assert JudgeError().false_right == pytest.approx(1 - 0.95**3)


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("wrong_share", [0.0, 0.03, 0.1])
def test_the_rate_shows_whatever_share_of_the_hits_is_wrong(
    rate: float, wrong_share: float
) -> None:
    draw = random.Random(1)  # noqa: S311 - a simulation
    error = JudgeError()
    for _ in range(20_000):
        is_right = draw.random() >= wrong_share
        verdicts = [is_right != (draw.random() < rate) for _ in range(ASKINGS)]
        error.count(is_contradicted=not verdicts[0] and any(verdicts))

    assert error.false_wrong == pytest.approx(rate**3, abs=0.003)
    assert error.false_right == pytest.approx(1 - (1 - rate) ** 3, abs=0.06)


def test_repeated_errors_count_as_often_as_they_are_stated() -> None:
    stated = JudgeError(repeated=0.1)

    assert stated.false_wrong == pytest.approx(0.1 * 0.95**3 + 0.9 * 0.05**3)
    assert stated.false_right == pytest.approx(1 - 0.9 * 0.95**3 - 0.1 * 0.05**3)


def test_a_judge_that_says_nothing_leaves_something_to_divide_by() -> None:
    error = counted(contradicted=1000, audited=1000)

    assert error.false_right + error.false_wrong < 0.9
