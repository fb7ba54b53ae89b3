"""The search reproduces what is published of two pools against one."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.unit.simulation.fleets import alone, pool, trace
from wrp_proxy.simulation.figures import figures_of
from wrp_proxy.simulation.fleet import Fleet, PoolSpec
from wrp_proxy.simulation.pools_file import read_pools
from wrp_proxy.simulation.replay import replay
from wrp_proxy.simulation.search import Found, Search, marginal_costs
from wrp_proxy.simulation.sizing import NoSizeError, Target, keeps, size_in_theory
from wrp_proxy.simulation.synthetic import ARCHETYPES, synthetic
from wrp_proxy.simulation.trace import Trace

FILE = read_pools(Path(__file__).parents[3] / "configs" / "pools.yaml")
SHORT, LONG = FILE.fleet().pools
ONE = FILE.one_pool()
TARGET = Target(ttft_p99_s=3.0)
BOUNDARIES = (2048, 4096, 8192, 16384, 32768)


@pytest.fixture(scope="module")
def below() -> Trace:
    return synthetic("concentrated_below", requests=6_000, rate=300, seed=0)


@pytest.fixture(scope="module")
def found(below: Trace) -> Found:
    return Search(below, TARGET).find(ONE, (SHORT, LONG), BOUNDARIES)


def test_two_pools_save_17_to_42_percent_on_a_trace_concentrated_below(found: Found) -> None:
    assert found.best is not None
    saved = 1 - found.best.replicas / found.one.pool.replicas

    assert 0.17 <= saved <= 0.42
    assert found.saving(found.best) == pytest.approx(saved)


def test_the_saving_is_what_the_closed_form_predicts(found: Found) -> None:
    for cut in found.cuts:
        if cut.boundary_tokens in {4096, 8192, 16384}:
            assert found.saving(cut) == pytest.approx(cut.predicted_saving, abs=0.06)


def test_a_boundary_from_4k_to_16k_gets_most_of_the_optimum(found: Found) -> None:
    """Before replicas are whole: of a fleet this small, one more is two percent."""
    one_usd = found.one.smooth_usd_per_h
    savings = {
        cut.boundary_tokens: 1 - (cut.short.smooth_usd_per_h + cut.long.smooth_usd_per_h) / one_usd
        for cut in found.cuts
    }

    for boundary in (4096, 8192, 16384):
        assert savings[boundary] > 0.8 * max(savings.values())


def test_marginal_costs_cross_at_the_optimum(found: Found) -> None:
    steps = marginal_costs(found.cuts)
    smooth = [cut.short.smooth_usd_per_h + cut.long.smooth_usd_per_h for cut in found.cuts]
    best = int(np.argmin(smooth))

    gains = [step["long_saved_usd_per_h"] - step["short_added_usd_per_h"] for step in steps]
    assert all(gain > 0 for gain in gains[:best])
    assert all(gain < 0 for gain in gains[best:])


def test_sizes_keep_the_target_and_one_replica_fewer_would_not(below: Trace, found: Found) -> None:
    assert found.best is not None
    is_short = below.needed_tokens <= found.best.boundary_tokens
    for sized, part in (
        (found.one, below),
        (found.best.short, below.part(is_short)),
        (found.best.long, below.part(~is_short)),
    ):
        fewer = replace(sized.pool, replicas=sized.pool.replicas - 1)
        rate = below.rate * len(part) / len(below)
        assert keeps(sized.pool, part, TARGET)
        assert sized.pool.load(part, rate) <= TARGET.utilisation * sized.pool.replicas
        is_too_busy = sized.pool.load(part, rate) > TARGET.utilisation * fewer.replicas
        assert is_too_busy or not keeps(fewer, part, TARGET)


def test_a_limit_of_time_per_token_binds_both_alternatives(below: Trace, found: Found) -> None:
    step_s = 0.012
    fluent = Search(below, replace(TARGET, tpot_p99_s=step_s)).find(ONE, (SHORT, LONG), (8192,))

    (cut,) = fluent.cuts
    shorts = below.part(below.needed_tokens <= 8192)
    before = next(one for one in found.cuts if one.boundary_tokens == 8192).short.pool
    assert np.nanquantile(alone(before, shorts).tpot_s, 0.99) > step_s
    assert np.nanquantile(alone(cut.short.pool, shorts).tpot_s, 0.99) <= step_s
    assert not keeps(
        replace(cut.short.pool, replicas=cut.short.pool.replicas - 1),
        shorts,
        replace(TARGET, tpot_p99_s=step_s),
    )
    assert np.nanquantile(alone(fluent.one.pool, below).tpot_s, 0.99) <= step_s


def test_one_pool_takes_more_replicas_where_its_own_batches_are_too_slow(
    below: Trace, found: Found
) -> None:
    fluent = Search(below, replace(TARGET, tpot_p99_s=0.007)).find(ONE, (SHORT, LONG), ())

    assert fluent.one.pool.replicas > found.one.pool.replicas
    assert np.nanquantile(alone(fluent.one.pool, below).tpot_s, 0.99) <= 0.007


def test_steps_that_take_too_long_even_alone_have_no_size() -> None:
    with pytest.raises(NoSizeError, match="even alone"):
        size_in_theory(pool(), trace((0, 9, 10)), 1.0, replace(TARGET, tpot_p99_s=0.5))


def smooth_cost(requests: Trace, windows: tuple[int, ...]) -> float:
    """Return the replicas of a pool for each window, before they are whole."""
    low, replicas = 0, 0.0
    for window in windows:
        here = (requests.needed_tokens > low) & (requests.needed_tokens <= window)
        part = requests.part(here)
        replicas += SHORT.with_window(window).load(part, requests.rate * len(part) / len(requests))
        low = window
    return replicas


def test_a_third_pool_adds_little(below: Trace) -> None:
    cuts = [2**power for power in range(10, 16)]
    one = smooth_cost(below, (65536,))
    two = min(smooth_cost(below, (cut, 65536)) for cut in cuts)
    three = min(
        smooth_cost(below, (low, high, 65536)) for low in cuts for high in cuts if low < high
    )

    assert 0.25 < 1 - two / one < 0.42
    assert (two - three) / one < 0.02


def test_short_prompts_do_not_wait_behind_long_ones_in_a_pool_of_their_own(
    below: Trace, found: Found
) -> None:
    best = found.best
    assert best is not None
    fleet = Fleet(pools=(best.short.pool, best.long.pool), boundary_tokens=best.boundary_tokens)

    one = figures_of(alone(found.one.pool, below))["total"]["ttft_s"]
    two = figures_of(replay(below, fleet))["pools"]["short"]["ttft_s"]

    assert two["p50"] < one["p50"]
    assert two["p99"] < one["p99"] / 2


def tight(spec: PoolSpec, replicas: int) -> PoolSpec:
    """Return the pool with a small cache, of which 32 slots may ask for more than there is."""
    return replace(spec, kv_tokens=65_536, slots=32, replicas=replicas, has_fixed_slots=True)


def test_two_pools_preempt_much_less_than_one_of_as_many_gpus() -> None:
    """Published: 5.4 times less (arXiv 2604.08075)."""
    requests = synthetic("concentrated_below", requests=8_000, rate=110, seed=0)
    two = Fleet(pools=(tight(SHORT, 11), tight(LONG, 3)), boundary_tokens=8192)

    before = alone(tight(ONE, 14), requests).runs[0].preemptions
    after = sum(run.preemptions for run in replay(requests, two).runs)

    assert before > 5.4 * max(after, 1)


def test_prompts_that_take_too_long_themselves_have_no_size() -> None:
    requests = trace((0, 900, 10), (1, 900, 10))

    with pytest.raises(NoSizeError, match=r"90\.00 s themselves"):
        size_in_theory(pool(prefill_tokens_per_s=10.0), requests, 1.0, TARGET)


def test_a_boundary_beyond_the_windows_is_a_failure_and_not_the_end(below: Trace) -> None:
    few = below.part(slice(0, 500))

    found = Search(few, TARGET).find(
        ONE, (replace(SHORT, has_fixed_slots=True), LONG), (4096, 9000)
    )

    assert [cut.boundary_tokens for cut in found.cuts] == [4096]
    assert "8192 tokens at most" in found.failures[9000]


def test_archetypes_are_what_they_are_called() -> None:
    shares = {}
    for name in ARCHETYPES:
        made = synthetic(name, requests=10_000, rate=50, seed=3)
        shares[name] = float((made.total_tokens <= 8192).mean())
        assert made.rate == pytest.approx(50, rel=0.03)

    assert 0.8 <= shares["concentrated_below"] <= 0.96
    assert 0.4 <= shares["dispersed"] <= 0.75
    assert shares["concentrated_above"] <= 0.3
    assert all(low < high for high, low in pairwise(shares.values()))
