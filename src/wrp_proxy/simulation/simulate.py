"""`wrp-proxy simulate`: replays a fleet as it is written, and searches a better one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from wrp_proxy.simulation.figures import figures_of
from wrp_proxy.simulation.fleet import Fleet, PoolSpec
from wrp_proxy.simulation.pools import PoolsFile
from wrp_proxy.simulation.replay import Replay, replay
from wrp_proxy.simulation.search import Cut, Found, Search, Sized, marginal_costs
from wrp_proxy.simulation.sizing import Target
from wrp_proxy.simulation.trace import Trace

Json = dict[str, Any]
BOUNDARIES = (1024, 2048, 4096, 6144, 8192, 12288, 16384, 24576, 32768)
_MOST_ADDED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to search for; without boundaries there is no search."""

    target: Target
    boundaries: Sequence[int] = BOUNDARIES
    sizing_requests: int = 40_000
    """Sizes are searched for the busiest so many requests in a row."""


def simulate(trace: Trace, file: PoolsFile, options: Options) -> Json:
    """Return the figures of the fleet as written, and of one and two pools at an equal target.

    Raise ValueError for an empty trace, or a target that no size keeps.
    """
    if not len(trace):
        raise ValueError("there are no requests to replay")
    figures: Json = {
        "trace": _trace_figures(trace),
        "as_written": figures_of(replay(trace, file.fleet())),
    }
    if len(file.pools) == 2 and options.boundaries:
        figures["search"] = _search(trace, file, options)
    return figures


def _trace_figures(trace: Trace) -> Json:
    return {
        "requests": len(trace),
        "span_s": trace.span_s,
        "requests_per_s": trace.rate,
        "mean_input_tokens": float(trace.input_tokens.mean()),
        "mean_output_tokens": float(trace.output_tokens.mean()),
    }


def _search(trace: Trace, file: PoolsFile, options: Options) -> Json:
    fleet = file.fleet()
    short, long = fleet.pools
    busiest = trace.busiest(options.sizing_requests)
    found = Search(busiest, options.target).find(file.one_pool(), (short, long), options.boundaries)
    one = _enough(trace, Fleet(pools=(found.one.pool,)), options.target)
    figures: Json = {
        "slo_ttft_p99_s": options.target.ttft_p99_s,
        "slo_tpot_p99_s": options.target.tpot_p99_s
        if isfinite(options.target.tpot_p99_s)
        else None,
        "most_utilisation": options.target.utilisation,
        "homogeneous": {"sized": _sized_figures(found.one), **_judged(one, options.target)},
        "boundaries": [_cut_figures(found, cut) for cut in found.cuts],
        "failures": {str(boundary): why for boundary, why in found.failures.items()},
        "marginal_costs": marginal_costs(found.cuts),
        "best": None,
    }
    if (best := found.best) is not None:
        cut_fleet = replace(
            fleet, pools=(best.short.pool, best.long.pool), boundary_tokens=best.boundary_tokens
        )
        two = _judged(_enough(trace, cut_fleet, options.target), options.target)
        figures["best"] = {
            "boundary_tokens": best.boundary_tokens,
            "saving": _saving(two, figures["homogeneous"], "cost_usd_per_h"),
            "gpu_saving": _saving(two, figures["homogeneous"], "gpus"),
            **two,
        }
    return figures


def _enough(trace: Trace, fleet: Fleet, target: Target) -> Replay:
    """Replay the whole trace; add replicas where the part that was sized was too easy."""
    for _ in range(_MOST_ADDED):
        run = replay(trace, fleet)
        late = _late(figures_of(run), target)
        if not late:
            break
        fleet = replace(fleet, pools=tuple(_grown(pool, late) for pool in fleet.pools))
    return run


def _judged(run: Replay, target: Target) -> Json:
    figures = figures_of(run)
    return {"keeps_target": not _late(figures, target), **figures}


def _late(figures: Json, target: Target) -> set[str]:
    """Return the names of the pools that do not keep the target."""
    return {name for name, row in figures["pools"].items() if not _keeps(row, target)}


def _grown(pool: PoolSpec, late: set[str]) -> PoolSpec:
    return replace(pool, replicas=pool.replicas + (pool.name in late))


def _keeps(row: Json, target: Target) -> bool:
    busiest = max(row["load"], row["utilisation"], row["prefill_utilisation"])
    is_quick = (row["ttft_s"]["p99"] or 0.0) <= target.ttft_p99_s
    return busiest <= target.utilisation and is_quick and _is_fluent(row, target)


def _is_fluent(row: Json, target: Target) -> bool:
    return bool((row["tpot_s"]["p99"] or 0.0) <= target.tpot_p99_s)


def _saving(two: Json, one: Json, key: str) -> float:
    of = one["total"][key]
    return 1 - two["total"][key] / of if of else 0.0


def _sized_figures(sized: Sized) -> Json:
    return {
        "replicas": sized.pool.replicas,
        "replicas_in_theory": sized.guess,
        "slots": sized.pool.slots,
        "usd_per_h": sized.usd_per_h,
    }


def _cut_figures(found: Found, cut: Cut) -> Json:
    best = found.best
    most = found.saving(best) if best else 0.0
    saving = found.saving(cut)
    return {
        "boundary_tokens": cut.boundary_tokens,
        "short": _sized_figures(cut.short),
        "long": _sized_figures(cut.long),
        "usd_per_h": cut.usd_per_h,
        "saving": saving,
        "share_of_best_saving": saving / most if most > 0 else None,
        "short_share": cut.short_share,
        "short_work_share": cut.work_share,
        "throughput_gain": cut.gain,
        "predicted_saving": cut.predicted_saving,
    }
