"""The table that shows what a threshold does to labelled pairs."""

import pytest

from wrp_proxy.cache.calibration import Pair, Served, calibrate, served, suggested


class Refusing:
    """A Verifier that refuses what holds a word."""

    def refuse(self, asked: str, known: str, similarity: float) -> str | None:
        return "refused" if "no" in (asked, known) else None


def pair(similarity: float, *, same: bool, text: str = "yes") -> Pair:
    return Pair(text_a=text, text_b="b", same=same, similarity=similarity)


PAIRS = [
    pair(0.99, same=True),
    pair(0.95, same=True),
    pair(0.95, same=False),
    pair(0.95, same=False, text="no"),
    pair(0.90, same=True, text="no"),
    pair(0.90, same=True),
]


def row(served_pairs: int, wrong: int, threshold: float = 0.9) -> Served:
    return Served(threshold=threshold, pairs=2_000, same=1_000, served=served_pairs, wrong=wrong)


def test_what_is_near_enough_and_not_refused_is_served() -> None:
    found = served(PAIRS, Refusing(), 0.95)

    assert (found.pairs, found.same, found.served, found.wrong) == (6, 4, 3, 1)
    assert found.hit_rate == pytest.approx(1 / 2)
    assert found.recall == pytest.approx(1 / 2)
    assert found.wrong_share == pytest.approx(1 / 3)


def test_each_threshold_has_its_row_in_the_order_given() -> None:
    rows = calibrate(PAIRS, Refusing(), [0.99, 0.9])

    assert [(found.threshold, found.served, found.wrong) for found in rows] == [
        (0.99, 1, 0),
        (0.9, 4, 1),
    ]


def test_a_lower_threshold_never_serves_less() -> None:
    rows = calibrate(PAIRS, Refusing())

    counts = [found.served for found in rows]
    assert counts == sorted(counts, reverse=True)


def test_no_pairs_are_no_error() -> None:
    empty = served([], Refusing(), 0.9)

    assert (empty.hit_rate, empty.recall, empty.wrong_share) == (0.0, 0.0, 0.0)
    assert empty.wrong_bounds == (0.0, 1.0)


def test_the_bounds_hold_the_share_and_shrink_with_more_pairs() -> None:
    few, many = row(100, 10).wrong_bounds, row(1_000, 100).wrong_bounds

    assert few[0] < many[0] < 0.1 < many[1] < few[1]


def test_the_row_that_serves_most_within_the_budget_is_suggested() -> None:
    rows = [row(900, 60, 0.85), row(800, 4, 0.9), row(500, 0, 0.95)]

    assert suggested(rows, 0.03) == rows[1]


def test_nothing_is_suggested_where_too_few_pairs_prove_anything() -> None:
    assert suggested([row(20, 0), row(0, 0)], 0.03) is None
