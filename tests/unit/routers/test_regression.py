import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tests.unit.clock import Clock
from wrp_proxy.routers.regression import Regression

DRAW = np.random.default_rng(1)
ROWS = DRAW.normal(size=(300, 12)).astype(np.float32)
TOLD = (ROWS[:, :2] * 0.3 + DRAW.normal(0, 0.1, (300, 2))).astype(np.float32)


def fitted(told: np.ndarray[tuple[int, int], np.dtype[np.float32]] = TOLD) -> Regression:
    regression = Regression(Clock())
    regression.fit(ROWS, told, ["a", "b"], penalty=15.0)
    return regression


def test_it_is_the_ridge_regression_of_scikit_learn() -> None:
    reference = Ridge(alpha=15.0, fit_intercept=False).fit(ROWS, TOLD)

    found = [fitted().residuals(row, ["a", "b"]) for row in ROWS[:20]]

    assert np.array(found) == pytest.approx(reference.predict(ROWS[:20]), abs=1e-5)


def test_what_is_not_known_of_a_model_does_not_count_for_it() -> None:
    told = TOLD.copy()
    told[100:, 1] = np.nan
    first, second = (
        Ridge(alpha=15.0, fit_intercept=False).fit(ROWS[:count], TOLD[:count, place])
        for place, count in enumerate((300, 100))
    )

    found = fitted(told).residuals(ROWS[0], ["a", "b"])

    expected = [one.predict(ROWS[:1])[0] for one in (first, second)]
    assert found == pytest.approx(expected, abs=1e-5)


def test_nothing_is_known_before_it_has_learnt_or_without_features() -> None:
    assert Regression(Clock()).residuals(ROWS[0], ["a"]) is None
    assert fitted().residuals(None, ["a"]) is None


def test_models_may_come_and_go() -> None:
    regression = fitted()
    both = regression.residuals(ROWS[0], ["a", "b"])
    changed = regression.residuals(ROWS[0], ["new", "b"])

    assert both is not None
    assert changed == pytest.approx([0.0, both[1]])


def test_features_of_another_length_tell_nothing() -> None:
    regression = fitted()
    regression.residuals(ROWS[0], ["a"])

    assert regression.residuals(ROWS[0][:5], ["a"]) == pytest.approx([0.0])
    assert regression.residuals(ROWS[0], ["a"]) != pytest.approx([0.0])
