"""Queueing theory, and whether the simulator agrees with it."""

from heapq import heapreplace
from math import exp, inf

import numpy as np
import pytest

from tests.unit.simulation.fleets import alone, drawn, pool, waits
from wrp_proxy.simulation.theory import erlang_c, mean_wait_s, wait_percentile_s
from wrp_proxy.simulation.trace import Trace, Vector


def recursion(requests: Trace, servers: int, step_s: float) -> Vector:
    """Return the waits of a queue before equal servers (Kiefer and Wolfowitz, 1955)."""
    free_s, found = [0.0] * servers, []
    service = (requests.output_tokens * step_s).tolist()
    for arrival_s, service_s in zip(requests.arrival_s.tolist(), service, strict=True):
        wait_s = max(0.0, free_s[0] - arrival_s)
        found.append(wait_s)
        heapreplace(free_s, arrival_s + wait_s + service_s)
    return np.array(found)


@pytest.mark.parametrize(
    ("servers", "load", "chance"),
    [(1, 0.7, 0.7), (2, 1.0, 1 / 3), (10, 8.0, 0.4092), (5, 5.0, 1.0), (3, 0.0, 0.0)],
)
def test_erlang_c_is_that_of_the_tables(servers: int, load: float, chance: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(chance, abs=1e-4)


def test_one_server_waits_as_pollaczek_and_khinchine_say() -> None:
    for variation in (0.0, 0.5, 1.0, 3.0):
        mean = mean_wait_s(1, 0.8, 1.0, variation)

        assert mean == pytest.approx(0.8 * (1 + variation) / 2 / 0.2)


def test_a_share_waits_no_longer_than_the_percentile() -> None:
    longest = wait_percentile_s(4, 3.2, 1.0, share=0.99)

    assert erlang_c(4, 3.2) * exp(-(4 - 3.2) * longest) == pytest.approx(0.01)


def test_an_idle_queue_waits_not_and_a_full_one_for_ever() -> None:
    assert wait_percentile_s(100, 10.0, 1.0) == 0.0
    assert mean_wait_s(4, 0.0, 1.0) == 0.0
    assert mean_wait_s(4, 4.0, 1.0) == inf


@pytest.mark.parametrize(("replicas", "slots", "utilisation"), [(1, 1, 0.6), (2, 4, 0.7)])
def test_the_simulator_waits_as_erlang_c_says(
    replicas: int, slots: int, utilisation: float
) -> None:
    servers = replicas * slots
    requests = drawn(servers, utilisation, 1.0, 40_000, seed=3)

    waited = waits(alone(pool(replicas=replicas, slots=slots, base_s=1e-4, window=10**9), requests))

    rate = servers * utilisation
    assert (waited > 1e-9).mean() == pytest.approx(erlang_c(servers, rate), rel=0.05)
    assert waited.mean() == pytest.approx(mean_wait_s(servers, rate, 1.0), rel=0.05)
    assert np.quantile(waited, 0.99) == pytest.approx(
        wait_percentile_s(servers, rate, 1.0), rel=0.05
    )


@pytest.mark.parametrize("variation", [0.0, 0.5])
def test_the_simulator_waits_as_kimura_says(variation: float) -> None:
    requests = drawn(6, 0.7, variation, 40_000, seed=0)

    waited = waits(alone(pool(replicas=3, slots=2, base_s=1e-4, window=10**9), requests))

    assert waited.mean() == pytest.approx(mean_wait_s(6, 4.2, 1.0, variation), rel=0.05)


@pytest.mark.parametrize(("replicas", "slots"), [(1, 4), (4, 1), (3, 8)])
def test_the_simulator_is_the_recursion_of_a_queue_before_equal_servers(
    replicas: int, slots: int
) -> None:
    requests = drawn(replicas * slots, 0.9, 2.0, 3_000, seed=1)

    waited = waits(alone(pool(replicas=replicas, slots=slots, base_s=1e-4, window=10**9), requests))

    assert waited == pytest.approx(recursion(requests, replicas * slots, 1e-4), abs=1e-6)


@pytest.mark.parametrize(
    ("servers", "utilisation", "variation"),
    [(4, 0.7, 0.25), (8, 0.8, 0.5), (16, 0.8, 1.0), (16, 0.8, 0.0)],
)
def test_kimura_holds_for_more_requests_than_a_test_can_simulate(
    servers: int, utilisation: float, variation: float
) -> None:
    """The recursion, which the simulator is, stands for it."""
    requests = drawn(servers, utilisation, variation, 300_000, seed=3)

    waited = recursion(requests, servers, 1e-4)

    rate = servers * utilisation
    assert waited.mean() == pytest.approx(mean_wait_s(servers, rate, 1.0, variation), rel=0.05)
    if variation >= 0.5:
        tail_s = wait_percentile_s(servers, rate, 1.0, variation)
        assert np.quantile(waited, 0.99) == pytest.approx(tail_s, rel=0.05)
