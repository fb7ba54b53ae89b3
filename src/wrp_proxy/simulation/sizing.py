"""How many replicas a pool needs: a first guess by theory, made true by replays."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

from wrp_proxy.simulation.fleet import Fleet, PoolSpec
from wrp_proxy.simulation.replay import replay
from wrp_proxy.simulation.theory import wait_percentile_s
from wrp_proxy.simulation.trace import Trace, Vector

_TAIL = 0.99
_MOST_REPLICAS = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a fleet has to keep."""

    ttft_p99_s: float
    tpot_p99_s: float = inf
    """Seconds per token of an answer, as 99 % of the answers of each pool have it on average."""
    utilisation: float = 0.85
    """Of full batches, of the slots, and of the lanes of prompts; what is left takes the bursts."""


class NoSizeError(ValueError):
    """No number of replicas keeps the target."""


def size_in_theory(pool: PoolSpec, trace: Trace, rate: float, target: Target) -> int:
    """Return the replicas of an M/G/c queue that keeps a target, in batches as full as it allows.

    `rate` is that of these requests, per second. Raise NoSizeError where the prompts alone, or
    the steps of a sequence alone, take too long.
    """
    if not len(trace):
        return 1
    pool = replace(pool, slots=_largest_batch(pool, target))
    service_s = pool.service_s(trace)
    alone_s = float(np.quantile(pool.prefill_s(trace), _TAIL))
    if alone_s > target.ttft_p99_s:
        raise NoSizeError(
            f"prompts of pool '{pool.name}' take {alone_s:.2f} s themselves at P99: allow a later "
            "first token (--slo), or give it a faster prefill"
        )
    mean_s = float(np.mean(service_s))
    variation = float(np.var(service_s)) / mean_s**2 if mean_s else 0.0

    def holds(replicas: int) -> bool:
        wait_s = wait_percentile_s(replicas * pool.slots, rate, mean_s, variation, _TAIL)
        return alone_s + wait_s <= target.ttft_p99_s

    return _fewest(holds, _least(pool, trace, rate, target), pool)


def _largest_batch(pool: PoolSpec, target: Target) -> int:
    """Return how many sequences may share a replica whose steps keep the target."""
    if pool.step_s(pool.slots) <= target.tpot_p99_s:
        return pool.slots
    if pool.step_s(1) > target.tpot_p99_s:
        raise NoSizeError(
            f"steps of pool '{pool.name}' take {pool.step_s(1):.4f} s even alone: allow more "
            "seconds per token (--max-tpot), or give it faster steps"
        )
    return max(1, int((target.tpot_p99_s - pool.base_s) / pool.per_sequence_s))


def size_by_replay(pool: PoolSpec, trace: Trace, rate: float, guess: int, target: Target) -> int:
    """Return the fewest replicas that keep a target when these requests are replayed.

    Never fewer than the utilisation asks for in full batches: in a short trace, empty slots would
    hide that more comes in than goes out. Raise NoSizeError where there is no such number.
    """
    if not len(trace):
        return 1

    def holds(replicas: int) -> bool:
        return keeps(replace(pool, replicas=replicas), trace, target)

    return _fewest(holds, _least(pool, trace, rate, target), pool, guess)


def keeps(pool: PoolSpec, trace: Trace, target: Target) -> bool:
    """Tell whether a pool alone keeps a target."""
    run = replay(trace, Fleet(pools=(pool,)))
    (did,) = run.runs
    available_s = target.utilisation * pool.replicas * trace.span_s
    if did.busy_slot_s > available_s * pool.slots or did.prefill_s > available_s:
        return False
    tpot_s = run.tpot_s
    return (
        _tail(run.ttft_s[run.pool >= 0]) <= target.ttft_p99_s
        and _tail(tpot_s[~np.isnan(tpot_s)]) <= target.tpot_p99_s
    )


def _tail(seconds: Vector) -> float:
    return float(np.quantile(seconds, _TAIL)) if len(seconds) else 0.0


def _least(pool: PoolSpec, trace: Trace, rate: float, target: Target) -> int:
    return max(1, ceil(pool.load(trace, rate) / target.utilisation))


def _fewest(holds: Callable[[int], bool], least: int, pool: PoolSpec, guess: int = 0) -> int:
    """Return the fewest from the least on; a good guess spares trials."""
    too_few, enough, step = least - 1, max(least, guess), 1
    while not holds(enough):
        too_few, enough, step = enough, enough + step, step * 2
        if enough > _MOST_REPLICAS:
            raise NoSizeError(f"pool '{pool.name}' keeps the target with no number of replicas")
    step = 1
    while enough - too_few > 1:
        middle = max(enough - step, (enough + too_few) // 2)
        if holds(middle):
            enough, step = middle, step * 2
        else:
            too_few = middle
    return enough
