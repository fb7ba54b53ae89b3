import random
from math import isclose

import pytest

from wrp_proxy.routers.sequential import difference, evidence, sums_of

ALPHA = 0.05


def added(*sums: tuple[float, ...]) -> list[float]:
    return [sum(column) for column in zip(*sums, strict=True)]


def rejects(seed: int, gain: float, looks: int = 500, least: int = 50) -> int | None:
    """Return after how many scores of each arm the test is sure; None: it never is."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    arms = [[0.0] * 4, [0.0] * 4]
    for count in range(1, looks + 1):
        for arm, mean in zip(arms, (0.6 + gain, 0.6), strict=True):
            one = sums_of(float(draw.random() < mean), 1.0)
            arm[:] = [a + b for a, b in zip(arm, one, strict=True)]
        if count >= least and evidence(*difference(*arms)) >= 1 / ALPHA:
            return count
    return None


def test_looking_after_every_score_is_wrong_at_most_as_often_as_said() -> None:
    wrong = sum(rejects(seed, gain=0.0) is not None for seed in range(100))

    assert wrong / 100 <= ALPHA


def test_a_great_difference_is_found_soon() -> None:
    found = [rejects(seed, gain=0.3) for seed in range(50)]

    assert all(count is not None and count < 400 for count in found)


def test_the_mean_is_that_of_the_weighted_scores() -> None:
    one = added(sums_of(1.0, 0.5), sums_of(0.0, 0.25), sums_of(1.0, 0.25))
    other = added(sums_of(0.5, 1.0))

    assert difference(one, other)[0] == pytest.approx(0.25)
    assert one[3] == 3


def test_a_score_that_replaces_another_leaves_nothing_of_it() -> None:
    twice = added(sums_of(1.0, 0.5), sums_of(0.2, 0.5, replaces=1.0))

    assert twice == pytest.approx(sums_of(0.2, 0.5))


def test_light_scores_make_less_sure() -> None:
    heavy, light = (added(*[sums_of(float(i % 2), w) for i in range(100)]) for w in (1.0, 0.1))

    assert difference(heavy, heavy)[1] < difference(light, light)[1]


def test_scores_that_never_differ_do_not_divide_by_nothing() -> None:
    same = added(*[sums_of(1.0, 1.0) for _ in range(100)])

    gap, variance = difference(same, same)

    assert gap == 0
    assert variance > 0
    assert evidence(1.0, 1e-9) > 1e100
    assert isclose(evidence(0.0, 1e9), 1.0)
