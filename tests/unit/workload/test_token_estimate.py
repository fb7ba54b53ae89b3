"""Bytes per token are learnt by class, err on the long side, and say how far off they may be."""

import json
import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.routers.replicas import Totals, exchange
from wrp_proxy.workload.text_class import COUNTED
from wrp_proxy.workload.token_estimate import TokenEstimate

CLASS, WIDE = "ascii/0", "wide/0"


def taught(*ratios: float, text_class: str = CLASS) -> TokenEstimate:
    """Teach bytes per token."""
    estimate = TokenEstimate()
    for ratio in ratios:
        estimate.observe(round(10_000 * ratio), 10_000, text_class)
    return estimate


def tokens(estimate: TokenEstimate, size: int = 4000, text_class: str = CLASS) -> int:
    return estimate.tokens(size, text_class)[0]


def most(estimate: TokenEstimate, size: int = 4000, text_class: str = CLASS) -> int:
    return sum(estimate.tokens(size, text_class))


def test_before_any_is_seen_there_are_four_bytes_in_a_token() -> None:
    assert [tokens(TokenEstimate(), size) for size in (0, 1, 4, 5, 4000)] == [0, 1, 1, 2, 1000]


def test_scripts_of_many_bytes_begin_with_fewer_per_token() -> None:
    assert tokens(TokenEstimate(), 3000, "accented/0") > 850
    assert tokens(TokenEstimate(), 3000, "mixed/0") > 850
    assert tokens(TokenEstimate(), 3000, WIDE) > 1200


def test_before_any_is_seen_each_byte_may_be_a_token() -> None:
    assert most(TokenEstimate(), 4000) == 4000


def test_what_was_counted_is_no_more_than_that_until_an_upstream_finds_more() -> None:
    assert TokenEstimate().tokens(4000, COUNTED) == (4000, 0)

    assert sum(taught(*[0.8] * 50, text_class=COUNTED).tokens(4000, COUNTED)) >= 5000


@pytest.mark.parametrize("bytes_per_token", [1.3, 2.0, 2.7, 3.5, 4.5])
@pytest.mark.parametrize("text_class", [CLASS, "accented/0", "mixed/2", WIDE])
def test_fifty_observations_calibrate_it(bytes_per_token: float, text_class: str) -> None:
    estimate = taught(*[bytes_per_token] * 50, text_class=text_class)

    true = 100_000 / bytes_per_token
    assert tokens(estimate, 100_000, text_class) == pytest.approx(true, rel=0.05)
    assert most(estimate, 100_000, text_class) >= true


@pytest.mark.parametrize("bytes_per_token", [1.0, 2.0, 4.0, 7.0])
@pytest.mark.parametrize("count", [1, 3, 10, 30])
def test_from_the_first_observation_on_the_truth_is_within_the_doubt(
    count: int, bytes_per_token: float
) -> None:
    likely, doubt = taught(*[bytes_per_token] * count).tokens(100_000, CLASS)

    assert likely - doubt <= 100_000 / bytes_per_token <= likely + doubt


@pytest.mark.parametrize("bytes_per_token", [1.8, 2.0, 3.5, 4.5, 6.0])
def test_it_stays_on_the_long_side_of_noisy_observations(bytes_per_token: float) -> None:
    draw = random.Random(3)  # noqa: S311 - reproducible, not secret
    estimate = TokenEstimate()
    counted, estimated, over = 0, 0, 0

    for turn in range(1000):
        size = draw.randrange(2000, 20_000)
        true = round(size / (bytes_per_token * draw.gauss(1, 0.06)))
        if turn >= 100:
            counted += true
            estimated += tokens(estimate, size)
            over += true > most(estimate, size)
        estimate.observe(size, true, CLASS)

    assert counted <= estimated <= counted * 1.1
    assert over <= 9


def test_the_more_texts_differ_the_more_cautious_it_is() -> None:
    alike, unlike = taught(*[4.0] * 60), taught(*[3.0, 5.0] * 30)

    assert tokens(alike) == 1000
    assert tokens(unlike) > 1100
    assert most(unlike) > most(alike)


def test_it_follows_when_the_texts_change() -> None:
    estimate = taught(*[4.5] * 100, *[2.0] * 100)

    assert 2000 <= tokens(estimate) <= 2400


def test_classes_do_not_teach_each_other() -> None:
    estimate = taught(*[2.0] * 50)

    assert tokens(estimate, text_class="ascii/1") == 1000


@pytest.mark.parametrize(("size", "counted"), [(10**9, 1), (1, 10**9)])
def test_a_single_lie_moves_it_only_a_little(size: int, counted: int) -> None:
    estimate = taught(*[4.0] * 50)

    estimate.observe(size, counted, CLASS)

    assert 950 <= tokens(estimate) <= 1150


@given(st.lists(st.tuples(st.integers(1, 10**12), st.integers(1, 10**12)), max_size=30))
def test_whatever_is_observed_a_token_has_one_byte_to_eight(
    observed: list[tuple[int, int]],
) -> None:
    estimate = TokenEstimate()
    for size, counted in observed:
        estimate.observe(size, counted, CLASS)

    likely, doubt = estimate.tokens(8000, CLASS)

    assert 1000 <= likely <= likely + doubt <= 8000


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_texts_that_are_alike_do_not_tell_of_all(count: int) -> None:
    assert most(taught(*[4.0] * count), 3000) >= 1300


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@example([1e-300, 1e308, 1e308])
@example([5.0, 1e308, -1e308])
@example([-5.0, 20.0, 80.0])
@given(st.lists(FINITE, max_size=5))
def test_any_sums_of_others_leave_it_within_reason(sums: list[float]) -> None:
    estimate = TokenEstimate()
    estimate.statistics.replace({CLASS: (sums, 0.0)})

    likely, doubt = estimate.tokens(8000, CLASS)

    assert 1000 <= likely <= likely + doubt <= 8000


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_not_taken_over(wrong: float) -> None:
    estimate = taught(*[4.0] * 50)

    estimate.statistics.replace({CLASS: ([50.0, wrong, 1.0], 0.0)})

    assert tokens(estimate) == 1000


@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(3.0, 5.0), st.booleans()), min_size=20, max_size=120
    )
)
def test_replicas_that_share_estimate_like_one_that_has_seen_all(
    seen: list[tuple[bool, float, bool]],
) -> None:
    alone, replicas, totals = TokenEstimate(), (TokenEstimate(), TokenEstimate()), Totals()
    for at_second, ratio, is_exchange in seen:
        for estimate in (alone, replicas[at_second]):
            estimate.observe(round(10_000 * ratio), 10_000, CLASS)
        if is_exchange:
            exchange([one.statistics for one in replicas], totals)
    exchange([one.statistics for one in replicas], totals)

    expected = alone.tokens(400_000, CLASS)

    assert replicas[0].tokens(400_000, CLASS) == replicas[1].tokens(400_000, CLASS)
    assert replicas[0].tokens(400_000, CLASS)[0] == pytest.approx(expected[0], rel=0.05)


def test_it_goes_through_json() -> None:
    estimate, again = taught(*[3.0, 3.5] * 20), TokenEstimate()

    again.statistics.replace(json.loads(json.dumps(estimate.statistics.dump())))

    assert again.tokens(4000, CLASS) == estimate.tokens(4000, CLASS)
