"""Proposes a boundary between two pools whose sizes are given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wrp_proxy.simulation.trace import Counts, Vector

_GRAIN = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two pools, as it is."""

    slots: int
    """Of all its endpoints together."""
    window: int
    prefill_tokens_per_s: float = 10_000.0
    step_s: float = 0.02
    """Seconds per token of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Where to cut, and what comes of it."""

    boundary_tokens: int
    short_share: float
    """Of the requests."""
    short_load: float
    """Of the slots, where the busier of both pools has 1."""
    long_load: float


def propose_boundary(
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    short: Side,
    long: Side,
    counts: ArrayLike | None = None,
) -> Proposal | None:
    """Return the boundary that keeps the busier of two pools the least busy; None for no lengths.

    Takes a sample of lengths, or with `counts` a histogram. The rate does not matter: a request's
    work is the time it keeps a slot. The boundary is a multiple of 256 within the short window.
    """
    inputs, outputs = np.asarray(input_tokens, float), np.asarray(output_tokens, float)
    weights = np.ones(len(inputs)) if counts is None else np.asarray(counts, float)
    if not len(inputs) or not weights.sum():
        return None
    boundaries = np.arange(min(_GRAIN, short.window), short.window + 1, _GRAIN)
    totals = inputs + outputs
    shares = _up_to(boundaries, totals, weights / weights.sum())
    short_loads = _up_to(boundaries, totals, _load(short, inputs, outputs) * weights)
    for_long = np.where(totals <= long.window, _load(long, inputs, outputs) * weights, 0.0)
    long_loads = float(for_long.sum()) - _up_to(boundaries, totals, for_long)
    busier = np.maximum(short_loads, long_loads)
    best = int(np.argmin(busier))
    highest = float(busier[best]) or 1.0
    return Proposal(
        boundary_tokens=int(boundaries[best]),
        short_share=float(shares[best]),
        short_load=float(short_loads[best]) / highest,
        long_load=float(long_loads[best]) / highest,
    )


def _load(side: Side, inputs: Vector, outputs: Vector) -> Vector:
    """Return which part of the pool each request keeps busy, and for how long."""
    return (inputs / side.prefill_tokens_per_s + outputs * side.step_s) / side.slots


def _up_to(boundaries: Counts, totals: Vector, values: Vector) -> Vector:
    """Return for each boundary the sum of the values of requests that are no longer."""
    order = np.argsort(totals, kind="stable")
    ends = np.searchsorted(totals[order], boundaries, side="right")
    sums: Vector = np.concatenate([[0.0], np.cumsum(values[order])])[ends]
    return sums
