"""What a replay comes to, in USD, seconds, joules and shares."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.unit.simulation.fleets import alone, pool, trace
from wrp_proxy.simulation.figures import figures_of
from wrp_proxy.simulation.fleet import Fleet, PoolSpec, Power, Price
from wrp_proxy.simulation.replay import replay
from wrp_proxy.simulation.trace import trace_of

FLAT = Power(idle_w=100.0, range_w=0.0)


def test_replicas_cost_by_the_hour_and_draw_power_when_idle_too() -> None:
    spec = pool(replicas=2, gpus=4, power=FLAT, price=Price(replica_hour_usd=36.0))

    figures = figures_of(alone(spec, trace((0, 0, 50))))["total"]

    assert figures["cost_usd"] == pytest.approx(2 * 36 * 50 / 3600)
    assert figures["cost_usd_per_h"] == pytest.approx(72)
    assert figures["energy_j"] == pytest.approx(2 * 4 * 100 * 50)
    assert figures["output_tokens_per_joule"] == pytest.approx(50 / 40_000)


def test_tokens_cost_by_the_million() -> None:
    spec = pool(price=Price(input_usd=2.0, output_usd=8.0))

    figures = figures_of(alone(spec, trace((0, 100, 50))))["total"]

    assert figures["cost_usd"] == pytest.approx((2 * 100 + 8 * 50) / 1e6)


def test_a_long_last_answer_makes_no_hour_cheaper() -> None:
    spec = pool(slots=3, price=Price(output_usd=8.0))

    figures = figures_of(alone(spec, trace((0, 0, 10), (36, 0, 900))))["total"]

    assert figures["cost_usd_per_h"] == pytest.approx(100 * 910 * 8 / 1e6)


def test_an_h100_draws_what_was_measured() -> None:
    power = Power()

    assert power.watts(0) == 300
    assert power.watts(1) == pytest.approx(304, abs=1)
    assert power.watts(128) == pytest.approx(583, abs=1)


def test_times_are_of_those_that_were_served() -> None:
    spec = pool(prefill_tokens_per_s=10.0)

    figures = figures_of(alone(spec, trace((0, 10, 4), (0, 10, 4), (0, 2000, 1))))["pools"]["one"]

    assert figures["queue_wait_s"]["p50"] == pytest.approx(2.5)
    assert figures["ttft_s"]["p50"] == pytest.approx(3.5)
    assert figures["tpot_s"]["p99"] == pytest.approx(1)
    assert figures["served"] == 2


def test_a_pool_that_served_nothing_has_no_times() -> None:
    figures = figures_of(alone(pool(), trace((0, 2000, 1))))

    assert figures["pools"]["one"]["ttft_s"] == {"p50": None, "p90": None, "p99": None}
    assert figures["total"]["refused"] == 1


def test_who_would_have_gone_elsewhere_by_its_true_length_is_misrouted() -> None:
    short, long = pool(name="short", window=50), pool(name="long", window=200)
    requests = trace_of([0, 1, 2, 3], [20] * 4, [10, 30, 10, 30], [30, 30, 60, 60])

    figures = figures_of(replay(requests, Fleet(pools=(short, long), boundary_tokens=40)))

    assert figures["total"]["misrouted_share"] == 0.5
    assert figures["total"]["spilled_share"] == 0


def test_utilisation_is_of_the_time_in_which_requests_came() -> None:
    run = alone(pool(slots=2), trace((0, 0, 10), (10, 0, 10), (20, 0, 500)))

    figures = figures_of(run)["pools"]["one"]

    assert figures["utilisation"] == pytest.approx(0.5)


def tokens_per_joule(spec: PoolSpec) -> float:
    """Return what one GPU yields with all slots taken."""
    return spec.slots / spec.step_s(spec.slots) / spec.power.watts(spec.slots)


def test_twice_the_window_halves_the_tokens_per_watt() -> None:
    """The published 17.6 at 4K and 1.5 at 64K on an H100 (arXiv 2603.17280)."""
    base = pool(kv_tokens=1_048_576, base_s=0.0245, has_fixed_slots=False)

    yields = [tokens_per_joule(base.with_window(2**power)) for power in range(12, 17)]

    assert yields[0] == pytest.approx(17.6, rel=0.01)
    assert yields[-1] == pytest.approx(1.5, rel=0.01)
    assert all(1.7 < wide / narrow <= 2 for narrow, wide in pairwise(yields[::-1]))


def test_a_simulated_replica_yields_what_its_slots_and_power_say() -> None:
    spec = replace(pool(slots=4, base_s=0.02), power=FLAT)
    requests = trace(*[(0, 0, 500)] * 4)

    figures = figures_of(alone(spec, requests))["total"]

    assert figures["output_tokens_per_joule"] == pytest.approx(4 / 0.02 / 100)
