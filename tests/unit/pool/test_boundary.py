"""The boundary between short and long follows the lengths of requests, and does not waver."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model, outcome, workload
from wrp_proxy.pool.boundary import Boundaries, propose
from wrp_proxy.pooling import TokenBudget
from wrp_proxy.types import Model

Tokens = Callable[[int], int]


def cut(short: int = 8, long: int = 8, *, rebalance: str = "auto") -> Model:
    return model(
        "cut",
        endpoint("s", label="short", max_concurrency=short, context_window=32_768),
        endpoint("l", label="long", max_concurrency=long, context_window=131_072),
        budget=TokenBudget(boundary_tokens=8192, rebalance=rebalance),  # type: ignore[arg-type]  # told by tests
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def boundaries(clock: Clock) -> Boundaries:
    return Boundaries(clock, clock)


def serve(boundaries: Boundaries, tokens: int, times: int, *, duration_s: float = 1.0) -> None:
    described = workload(input_tokens=tokens, max_output_tokens=0, expected_output_tokens=0)
    for _ in range(times):
        boundaries.learn(outcome(model="cut", workload=described, duration_s=duration_s))


def after_periods(boundaries: Boundaries, asked: Model, clock: Clock, periods: int) -> int:
    for _ in range(periods):
        clock.now += 61
        boundaries.of(asked)
    return boundaries.of(asked)


def test_the_configured_boundary_holds_until_enough_is_known(
    boundaries: Boundaries, clock: Clock
) -> None:
    asked = cut()
    boundaries.of(asked)
    serve(boundaries, 1000, 150)

    assert after_periods(boundaries, asked, clock, 5) == 8192
    assert boundaries.proposed(asked) is None


def test_both_parts_are_to_be_equally_busy(boundaries: Boundaries, clock: Clock) -> None:
    asked = cut(short=8, long=8)
    boundaries.of(asked)
    serve(boundaries, 1000, 300)
    serve(boundaries, 3000, 300)

    moved = after_periods(boundaries, asked, clock, 1)

    assert 1000 <= moved < 3000


def test_more_slots_for_the_short_mean_a_higher_boundary(
    boundaries: Boundaries, clock: Clock
) -> None:
    asked = cut(short=24, long=8)
    boundaries.of(asked)
    for tokens in (1000, 2000, 4000, 8000):
        serve(boundaries, tokens, 100)

    moved = after_periods(boundaries, asked, clock, 1)

    assert 4000 <= moved < 8000


def test_seconds_of_service_count_and_not_requests(boundaries: Boundaries, clock: Clock) -> None:
    asked = cut()
    boundaries.of(asked)
    serve(boundaries, 1000, 900, duration_s=0.1)
    serve(boundaries, 3000, 90, duration_s=1.0)
    serve(boundaries, 9000, 18, duration_s=10.0)

    moved = after_periods(boundaries, asked, clock, 1)

    assert 3000 <= moved < 9000


def test_a_proposal_alone_moves_nothing(boundaries: Boundaries, clock: Clock) -> None:
    asked = cut(rebalance="propose")
    boundaries.of(asked)
    serve(boundaries, 1000, 300)
    serve(boundaries, 3000, 300)

    assert after_periods(boundaries, asked, clock, 9) == 8192
    assert 1000 <= (boundaries.proposed(asked) or 0) < 3000


def test_nothing_is_reckoned_where_rebalancing_is_off(boundaries: Boundaries, clock: Clock) -> None:
    asked = cut(rebalance="off")
    boundaries.of(asked)
    serve(boundaries, 1000, 300)

    after_periods(boundaries, asked, clock, 9)

    assert boundaries.proposed(asked) is None


def test_a_later_move_needs_three_periods_that_agree(boundaries: Boundaries, clock: Clock) -> None:
    asked = cut()
    boundaries.of(asked)
    serve(boundaries, 1000, 300)
    serve(boundaries, 3000, 300)
    first = after_periods(boundaries, asked, clock, 1)
    serve(boundaries, 12_000, 3000)
    serve(boundaries, 30_000, 3000)

    waits = [after_periods(boundaries, asked, clock, 1) for _ in range(3)]

    assert waits[:2] == [first, first]
    assert waits[2] >= 12_000


def test_a_small_difference_is_not_worth_a_move(boundaries: Boundaries, clock: Clock) -> None:
    asked = cut()
    boundaries.of(asked)
    serve(boundaries, 7900, 200)
    serve(boundaries, 20_000, 199)

    assert after_periods(boundaries, asked, clock, 9) == 8192


def test_an_operator_may_move_it(boundaries: Boundaries) -> None:
    asked = cut(rebalance="propose")

    boundaries.move(asked, 2048)

    assert boundaries.of(asked) == 2048


def test_models_that_are_not_cut_are_not_learnt_of(boundaries: Boundaries) -> None:
    boundaries.learn(outcome(model="other"))

    assert list(boundaries.statistics[0].keys()) == []


def test_another_replica_goes_on_with_what_was_learnt(boundaries: Boundaries, clock: Clock) -> None:
    asked = cut()
    boundaries.of(asked)
    serve(boundaries, 1000, 300)
    serve(boundaries, 3000, 300)
    other = Boundaries(clock, clock)
    other.of(asked)
    other.statistics[0].replace(boundaries.statistics[0].dump())

    assert after_periods(other, asked, clock, 1) == after_periods(boundaries, asked, clock, 1)


@given(
    sums=st.lists(st.floats(0, 1e6), min_size=168, max_size=168),
    short=st.integers(1, 500),
    long=st.integers(1, 500),
)
def test_a_proposal_fits_the_short_windows(sums: list[float], short: int, long: int) -> None:
    proposed = propose(cut(short, long), np.array(sums))

    assert proposed is None or 256 <= proposed <= 32_768
