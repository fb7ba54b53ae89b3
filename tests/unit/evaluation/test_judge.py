"""Is a judge that errs simulated as it errs?"""

import pytest

from wrp_proxy.evaluation.judge import Judge


def test_a_judge_without_error_says_the_truth() -> None:
    (opinion,) = Judge(error=0, seed=1).opinions(0.7)

    assert (opinion.value, opinion.weight, opinion.source) == (0.7, 1.0, "judge")


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_a_known_error_is_taken_out_in_the_mean(truth: float) -> None:
    judge = Judge(error=0.3, seed=1)
    scores = [score for _ in range(4000) for score in judge.opinions(truth)]

    weight = sum(score.weight for score in scores if score.replaces is None)
    total = sum(score.weight * (score.value - (score.replaces or 0.0)) for score in scores)
    assert total / weight == pytest.approx(truth, abs=0.06)


def test_a_verifier_errs_as_often_as_told() -> None:
    judge = Judge(error=0.2, seed=1)

    wrong = sum(judge.verifies(1.0).value == 0 for _ in range(2000))

    assert wrong / 2000 == pytest.approx(0.2, abs=0.03)
    assert judge.verifies(1.0).source.startswith("verifier:")


def test_some_answers_are_judged_or_all() -> None:
    judge = Judge(error=0, seed=1)

    assert all(judge.is_asked(1.0) for _ in range(100))
    assert sum(judge.is_asked(0.1) for _ in range(2000)) / 2000 == pytest.approx(0.1, abs=0.03)


def test_a_judge_no_better_than_a_coin_is_refused() -> None:
    with pytest.raises(ValueError, match="better than a coin"):
        Judge(error=0.5, seed=1)
