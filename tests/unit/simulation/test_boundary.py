"""A boundary is proposed that keeps two pools of given sizes equally busy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from wrp_proxy.simulation.boundary import Side, propose_boundary

SHORT, LONG = Side(slots=128, window=8192), Side(slots=16, window=65536)
DRAWN = np.random.default_rng(1).lognormal(7.5, 1.2, 5_000).astype(int)


def test_both_pools_are_equally_busy_where_the_lengths_allow_it() -> None:
    found = propose_boundary(DRAWN, DRAWN // 4, Side(slots=32, window=32768), LONG)

    assert found is not None
    assert found.short_load == pytest.approx(found.long_load, abs=0.1)
    assert max(found.short_load, found.long_load) == 1


def test_more_slots_for_long_requests_lower_the_boundary() -> None:
    wide = Side(slots=128, window=32768)
    few = propose_boundary(DRAWN, DRAWN // 4, wide, LONG)
    many = propose_boundary(DRAWN, DRAWN // 4, wide, Side(slots=64, window=65536))

    assert few is not None
    assert many is not None
    assert many.boundary_tokens < few.boundary_tokens


def test_longer_requests_raise_the_boundary() -> None:
    wide = Side(slots=64, window=32768)
    now = propose_boundary(DRAWN, DRAWN // 4, wide, LONG)
    later = propose_boundary(2 * DRAWN, DRAWN // 2, wide, LONG)

    assert now is not None
    assert later is not None
    assert later.boundary_tokens > now.boundary_tokens


def test_a_histogram_stands_for_a_sample() -> None:
    lengths, counts = np.unique(DRAWN, return_counts=True)

    sample = propose_boundary(DRAWN, DRAWN // 4, SHORT, LONG)
    histogram = propose_boundary(lengths, lengths // 4, SHORT, LONG, counts)

    assert sample is not None
    assert histogram is not None
    assert histogram.boundary_tokens == sample.boundary_tokens
    assert histogram.short_share == pytest.approx(sample.short_share)


def test_without_lengths_nothing_is_proposed() -> None:
    assert propose_boundary([], [], SHORT, LONG) is None
    assert propose_boundary([5], [5], SHORT, LONG, [0]) is None


@given(some.lists(some.tuples(some.integers(0, 70_000), some.integers(0, 9_000)), min_size=1))
def test_no_boundary_is_better(lengths: list[tuple[int, int]]) -> None:
    inputs, outputs = zip(*lengths, strict=True)

    found = propose_boundary(inputs, outputs, SHORT, LONG)

    def busier(boundary: int) -> float:
        work = [
            (tokens + answer <= boundary, tokens / 10_000 + answer * 0.02)
            for tokens, answer in lengths
            if tokens + answer <= LONG.window
        ]
        short = sum(load for is_short, load in work if is_short) / SHORT.slots
        return max(short, sum(load for is_short, load in work if not is_short) / LONG.slots)

    assert found is not None
    assert found.boundary_tokens <= SHORT.window
    best = min(busier(boundary) for boundary in range(256, SHORT.window + 1, 256))
    assert busier(found.boundary_tokens) == pytest.approx(best, abs=1e-9)
