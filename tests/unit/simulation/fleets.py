"""Pools and traces with everything filled in; a test names only what it is about."""

from typing import Any

import numpy as np

from wrp_proxy.simulation.fleet import Fleet, PoolSpec
from wrp_proxy.simulation.replay import Replay, replay
from wrp_proxy.simulation.trace import Trace, Vector, trace_of


def pool(**more: Any) -> PoolSpec:
    """A pool whose prompts take no time, and whose steps take a second in any batch."""
    usual: dict[str, Any] = {
        "name": "one",
        "replicas": 1,
        "slots": 1,
        "window": 1000,
        "prefill_tokens_per_s": 1e12,
        "base_s": 1.0,
        "per_sequence_s": 0.0,
    }
    return PoolSpec(**{**usual, **more})


def trace(*requests: tuple[float, int, int]) -> Trace:
    """Return requests of (arrival, input, output)."""
    columns = zip(*requests, strict=True) if requests else [(), (), ()]
    return trace_of(*columns)


def alone(pool: PoolSpec, requests: Trace) -> Replay:
    return replay(requests, Fleet(pools=(pool,)))


def waits(run: Replay) -> Vector:
    waited: Vector = run.start_s - run.trace.arrival_s
    return waited


def drawn(servers: int, utilisation: float, variation: float, count: int, seed: int) -> Trace:
    """Draw an M/G/c queue's requests, of a second of service in the mean, in steps of 0.1 ms.

    Both means are made exact: most of what a sample of waits is off by is that of its load.
    """
    draw = np.random.default_rng(seed)
    gaps = draw.exponential(1, count)
    service = np.ones(count) if variation == 0 else draw.gamma(1 / variation, variation, count)
    arrivals = np.cumsum(gaps / gaps.mean()) / (servers * utilisation)
    return trace_of(arrivals, np.zeros(count), service / service.mean() * 10_000)
