"""The line through the times to first content."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.pool.prefill import Prefill

BASE_S, PER_TOKEN_S = 0.2, 1 / 5000


def seen(prefill: Prefill, count: int, *, faster: float = 1.0, seed: int = 1) -> Prefill:
    """Show answers of 100 to 10,000 tokens, with a tenth of noise."""
    draw = Random(seed)  # noqa: S311 - reproducible, not secret
    for _ in range(count):
        tokens = draw.randrange(100, 10_000)
        seconds = (BASE_S + PER_TOKEN_S * tokens) / faster
        prefill.observe(tokens, seconds * max(1 + draw.gauss(0, 0.1), 0.1))
    return prefill


@pytest.mark.parametrize("seed", range(20))
def test_base_and_speed_are_found_after_fifty_answers(seed: int) -> None:
    prefill = seen(Prefill(), 50, seed=seed)

    assert prefill.slope_s == pytest.approx(PER_TOKEN_S, rel=0.1)
    assert prefill.base_s == pytest.approx(BASE_S, abs=0.1 * (BASE_S + PER_TOKEN_S * 5000))


@given(
    base_s=st.floats(0.01, 5),
    per_token_s=st.floats(1e-6, 1e-2),
    tokens=st.lists(st.integers(1, 100_000), min_size=50, max_size=50, unique=True),
)
def test_without_noise_the_line_is_found_exactly(
    base_s: float, per_token_s: float, tokens: list[int]
) -> None:
    prefill = Prefill()
    # The first five tell of a cold start where one of them is long, and so are alike here.
    for one in [1000, 1100, 1200, 1300, 1400, *tokens]:
        prefill.observe(one, base_s + per_token_s * one)

    for one in (10, 1000, 50_000):
        assert prefill.base_s + prefill.slope_s * one == pytest.approx(
            base_s + per_token_s * one, rel=0.01
        )


@pytest.mark.parametrize("place", [0, 3, 20, 49])
def test_one_request_that_hangs_does_not_ruin_it(place: int) -> None:
    prefill = seen(Prefill(), place)
    prefill.observe(500, 60.0)
    seen(prefill, 50 - place, seed=2)

    assert prefill.base_s + prefill.slope_s * 500 == pytest.approx(0.3, abs=0.1)
    assert prefill.slope_s == pytest.approx(PER_TOKEN_S, rel=0.15)


@pytest.mark.parametrize("faster", [0.25, 4.0])
def test_a_change_of_speed_is_followed(faster: float) -> None:
    prefill = seen(seen(Prefill(), 100), 120, faster=faster, seed=2)

    assert prefill.slope_s * faster == pytest.approx(PER_TOKEN_S, rel=0.15)


def test_the_first_long_prompt_is_believed() -> None:
    prefill = Prefill()
    for _ in range(50):
        prefill.observe(100, 0.2)

    prefill.observe(100_000, 20.0)

    assert prefill.base_s + prefill.slope_s * 100_000 == pytest.approx(20, rel=0.1)


def test_before_five_answers_their_median_is_all_that_is_known() -> None:
    prefill = Prefill()
    known = [prefill.is_known]
    for tokens, seconds in ((10, 9.0), (5000, 1.0), (20, 0.5)):
        prefill.observe(tokens, seconds)
        known.append(prefill.is_known)

    assert known == [False, True, True, True]
    assert (prefill.base_s, prefill.slope_s) == (1.0, 0.0)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.floats(0, 10**6)), max_size=60))
def test_neither_part_is_ever_negative_or_no_number(seen: list[tuple[int, float]]) -> None:
    prefill = Prefill()
    for tokens, seconds in seen:
        prefill.observe(tokens, seconds)

        assert 0 <= prefill.base_s < 1e12
        assert 0 <= prefill.slope_s < 1e12
