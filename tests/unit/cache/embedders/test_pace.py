"""How long a text is expected to take."""

import pytest

from wrp_proxy.cache.embedders.pace import Pace


def test_nothing_is_expected_before_anything_was_seen() -> None:
    assert Pace().expect_s("text") == 0


def test_a_steady_model_is_expected_to_go_on_so() -> None:
    pace = Pace()

    for _ in range(10):
        pace.learn("text", 0.5)

    assert pace.expect_s("text") == pytest.approx(0.5)


def test_a_longer_text_is_expected_to_take_longer() -> None:
    pace = Pace()
    pace.learn("text" * 20, 0.5)

    assert pace.expect_s("text" * 200) > 5 * pace.expect_s("text" * 20)


def test_an_unsteady_model_is_expected_to_take_longer_than_it_mostly_does() -> None:
    pace = Pace()

    for took_s in [0.4, 0.6] * 50:
        pace.learn("text", took_s)

    assert 0.6 < pace.expect_s("text") < 1.0


def test_a_model_that_has_become_slower_is_soon_expected_to_be() -> None:
    pace = Pace()
    for took_s in [0.1] * 50 + [1.0] * 10:
        pace.learn("text", took_s)

    assert pace.expect_s("text") > 0.6
