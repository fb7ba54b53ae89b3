"""Does a log tell what another strategy would have scored? Against simulations with known truth."""

from dataclasses import replace

import numpy as np
import pytest

from wrp_proxy.evaluation.direct_model import DirectModel
from wrp_proxy.evaluation.off_policy import (
    ESTIMATORS,
    Logged,
    TooLittleError,
    effective_size,
    estimate,
)

TRUTH = np.array([[0.8, 0.3, 0.5], [0.2, 0.7, 0.5], [0.6, 0.6, 0.1]])
"""Mean reward, by category and model."""
CHANCES = np.array([[0.6, 0.3, 0.1], [0.3, 0.2, 0.5], [0.1, 0.1, 0.8]])
"""Of the strategy that wrote the log, by category."""
TARGET = np.array([0, 1, 0])
"""What the strategy in question chooses, by category."""
VALUE = float(TRUTH[np.arange(3), TARGET].mean())


def simulated(seed: int, count: int = 600, guess_error: float = 0.0) -> Logged:
    draw = np.random.default_rng(seed)
    category = draw.integers(3, size=count)
    chosen = (draw.random(count)[:, None] > CHANCES[category].cumsum(axis=1)).sum(axis=1)
    guess = TRUTH + guess_error
    return Logged(
        rewards=(draw.random(count) < TRUTH[category, chosen]).astype(float),
        propensities=CHANCES[category, chosen],
        chances=(chosen == TARGET[category]).astype(float),
        guess_of_logged=guess[category, chosen],
        guess_of_target=guess[category, TARGET[category]],
    )


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimates_are_right_in_the_mean(name: str) -> None:
    values = [ESTIMATORS[name](simulated(seed)).value for seed in range(300)]

    assert np.mean(values) == pytest.approx(VALUE, abs=0.01)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_intervals_hold_the_truth_about_95_times_in_100(name: str) -> None:
    found = [ESTIMATORS[name](simulated(seed)) for seed in range(600)]

    covered = np.mean([one.low <= VALUE <= one.high for one in found])
    assert 0.925 <= covered <= 0.975


def test_the_doubly_robust_estimate_survives_a_model_that_is_wrong() -> None:
    wrong = [ESTIMATORS["doubly_robust"](simulated(s, guess_error=0.3)) for s in range(300)]

    assert np.mean([one.value for one in wrong]) == pytest.approx(VALUE, abs=0.01)


def test_the_doubly_robust_estimate_is_the_surest_where_the_model_is_right() -> None:
    widths = {
        name: np.mean([found.high - found.low for found in map(how, map(simulated, range(50)))])
        for name, how in ESTIMATORS.items()
    }

    assert widths["doubly_robust"] < widths["snips"] < widths["ips"]


def test_the_self_normalised_estimate_moves_with_the_rewards() -> None:
    logged = simulated(1)
    shifted = replace(logged, rewards=logged.rewards + 5)

    moved = ESTIMATORS["snips"](shifted).value - ESTIMATORS["snips"](logged).value

    assert moved == pytest.approx(5)


def test_a_strategy_that_chooses_as_the_log_did_is_estimated_by_the_plain_mean() -> None:
    logged = replace(simulated(1), propensities=np.full(600, 0.5), chances=np.full(600, 0.5))

    for name in ("ips", "snips"):
        assert ESTIMATORS[name](logged).value == pytest.approx(logged.rewards.mean())


def test_equal_weights_are_worth_all_rows_and_one_heavy_weight_is_worth_one() -> None:
    assert effective_size(np.ones(80)) == pytest.approx(80)
    assert effective_size(np.array([1000.0, *[0.001] * 99])) == pytest.approx(1, abs=0.01)
    assert effective_size(np.zeros(5)) == 0


def test_what_a_log_says_comes_with_its_worth() -> None:
    found = estimate(simulated(1))

    assert found.by_estimator.keys() == ESTIMATORS.keys()
    assert 50 < found.effective_size < 600
    assert found.unsupported == 0


def test_rows_where_the_log_had_no_choice_are_counted() -> None:
    logged = simulated(1)
    certain = np.where(np.arange(600) < 60, 1.0, logged.propensities)
    chances = np.where(np.arange(600) < 60, 0.0, logged.chances)

    found = estimate(replace(logged, propensities=certain, chances=chances))

    assert found.unsupported == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("propensity", "says"),
    [(1.0, "never draws its choices"), (0.0, "missing"), (np.nan, "missing"), (1.5, "missing")],
)
def test_a_log_without_real_propensities_is_refused(propensity: float, says: str) -> None:
    logged = replace(simulated(1), propensities=np.full(600, propensity))

    with pytest.raises(TooLittleError, match=says):
        estimate(logged)


def test_a_log_that_hardly_ever_agrees_is_refused_with_what_would_help() -> None:
    logged = simulated(1)
    rare = replace(logged, chances=logged.chances * (np.arange(600) < 90))

    with pytest.raises(TooLittleError, match="explore more"):
        estimate(rare)


def test_a_log_that_hardly_ever_drew_some_choices_is_refused() -> None:
    logged = simulated(1)
    late = np.arange(600) >= 300
    settled = replace(
        logged,
        propensities=np.where(late, 0.98, logged.propensities),
        chances=np.where(late, 0.0, logged.chances),
    )

    with pytest.raises(TooLittleError, match="does not cover"):
        estimate(settled)


@pytest.mark.parametrize("seed", range(20))
def test_a_log_that_covers_the_strategy_is_not_refused(seed: int) -> None:
    assert estimate(simulated(seed)).effective_size > 50


def test_an_empty_log_is_refused() -> None:
    nothing = np.zeros(0)

    with pytest.raises(TooLittleError, match="feedback"):
        estimate(
            Logged(
                rewards=nothing,
                propensities=nothing,
                chances=nothing,
                guess_of_logged=nothing,
                guess_of_target=nothing,
            )
        )


def test_the_direct_model_believes_much_evidence_and_shrinks_little() -> None:
    seen = [("law", "good", 1.0)] * 500 + [("law", "bad", 0.0)] * 500 + [("chat", "bad", 1.0)]

    model = DirectModel(seen)

    assert model.guess("law", "good") > 0.95
    assert model.guess("chat", "bad") < 0.1
    assert model.guess("never seen", "bad") == pytest.approx(model.guess("chat", "bad"), abs=0.06)
    assert model.guess("law", "new") == pytest.approx(0.5, abs=0.01)
    assert DirectModel([]).guess("law", "new") == 0.5
