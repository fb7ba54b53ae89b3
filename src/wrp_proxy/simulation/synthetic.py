"""Traces out of nothing: Poisson arrivals, and lengths of the three archetypes.

The archetypes are those of FleetOpt (arXiv 2603.16514): nearly all requests far below the usual
boundary, lengths over several powers of two, or most of them above it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wrp_proxy.simulation.trace import Counts, Trace, Vector, trace_of

_LONGEST = 65_536
_SMALLEST_ANSWER, _LONGEST_ANSWER = 1, 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Prompts of two log-normal kinds, and answers of one."""

    short_median: int
    short_sigma: float
    long_median: int
    long_sigma: float
    long_share: float
    output_median: int
    output_sigma: float


ARCHETYPES: Mapping[str, Lengths] = {
    "concentrated_below": Lengths(
        short_median=850,
        short_sigma=0.9,
        long_median=14_000,
        long_sigma=0.5,
        long_share=0.05,
        output_median=180,
        output_sigma=0.8,
    ),
    "dispersed": Lengths(
        short_median=2_200,
        short_sigma=1.3,
        long_median=16_000,
        long_sigma=0.6,
        long_share=0.25,
        output_median=220,
        output_sigma=0.8,
    ),
    "concentrated_above": Lengths(
        short_median=2_500,
        short_sigma=0.8,
        long_median=20_000,
        long_sigma=0.45,
        long_share=0.75,
        output_median=300,
        output_sigma=0.8,
    ),
}


def synthetic(archetype: str, *, requests: int, rate: float, seed: int) -> Trace:
    """Draw a trace of `rate` requests per second; raise KeyError for another archetype."""
    lengths = ARCHETYPES[archetype]
    draw = np.random.default_rng(seed)
    arrivals = np.cumsum(draw.exponential(1 / rate, requests))
    is_long = draw.random(requests) < lengths.long_share
    inputs = np.where(
        is_long,
        draw.lognormal(np.log(lengths.long_median), lengths.long_sigma, requests),
        draw.lognormal(np.log(lengths.short_median), lengths.short_sigma, requests),
    )
    outputs = draw.lognormal(np.log(lengths.output_median), lengths.output_sigma, requests)
    answered = _between(outputs, _SMALLEST_ANSWER, _LONGEST_ANSWER)
    return trace_of(arrivals, _between(inputs, 1, _LONGEST - _LONGEST_ANSWER), answered)


def _between(lengths: Vector, smallest: int, longest: int) -> Counts:
    clipped: Counts = np.clip(lengths, smallest, longest).astype(np.int64)
    return clipped
