from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import model, workload
from tests.unit.routers.simulation import tell
from wrp_proxy.routers.thompson import Thompson, chance_of_best, normal_distribution
from wrp_proxy.signals import Score

gaussians = st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 0.3)), min_size=1, max_size=16)


@given(st.floats(-6, 6))
def test_the_normal_distribution_is_right_to_five_digits(z: float) -> None:
    right = 0.5 * (1 + erf(z / sqrt(2)))

    assert normal_distribution(np.array([z]))[0] == pytest.approx(right, abs=2e-5)


@given(gaussians)
def test_the_chances_of_all_add_up_to_one(arms: list[tuple[float, float]]) -> None:
    means, deviations = np.array(arms).T

    chances = [chance_of_best(i, means, deviations) for i in range(len(arms))]

    assert sum(chances) == pytest.approx(1.0, abs=0.05)
    assert all(0 < chance <= 1 for chance in chances)


def test_the_chance_is_how_often_a_draw_is_best() -> None:
    means, deviations = np.array([0.7, 0.65, 0.5]), np.array([0.05, 0.1, 0.2])
    draws = np.random.default_rng(2).normal(means, deviations, (200_000, 3)).argmax(axis=1)

    for i in range(3):
        assert chance_of_best(i, means, deviations) == pytest.approx((draws == i).mean(), abs=0.01)


def test_what_is_known_better_is_drawn_closer_to_its_mean() -> None:
    router, asked = Thompson(seed=1), workload(probabilities={"c0": 1.0})
    known, new = model("known", quality={"default": 0.5}), model("new", quality={"default": 0.5})
    router.select(asked, [known, new])
    for _ in range(100):
        tell(router, asked, known, Score(value=0.5))

    parts = [router.select(asked, [known, new]).parts for _ in range(200)]

    spread = {name: np.std([part[name].bonus or 0.0 for part in parts]) for name in parts[0]}
    assert spread["known"] < spread["new"] / 5
