"""The figures of a replay, per pool and in all, as JSON."""

from typing import Any

import numpy as np

from wrp_proxy.simulation.replay import Replay
from wrp_proxy.simulation.trace import Rows, Vector

Json = dict[str, Any]
_PERCENTILES = (50, 90, 99)


def figures_of(run: Replay) -> Json:
    """Return what a fleet did with a trace; times are seconds, None where none was served."""
    pools = {pool.name: _pool_figures(run, number) for number, pool in enumerate(run.fleet.pools)}
    rows = list(pools.values())
    is_served = run.pool >= 0
    energy_j = sum(row["energy_j"] for row in rows)
    return {
        "pools": pools,
        "total": {
            "requests": len(run.trace),
            "served": int(is_served.sum()),
            "refused": int((~is_served).sum()),
            "truncated": _truncated(run, is_served),
            "replicas": sum(row["replicas"] for row in rows),
            "gpus": sum(row["gpus"] for row in rows),
            "cost_usd": sum(row["cost_usd"] for row in rows),
            "cost_usd_per_h": sum(row["cost_usd_per_h"] for row in rows),
            **_latencies(run, is_served),
            "utilisation": _weighted([row["utilisation"] for row in rows], _slots(run)),
            "preemptions": sum(row["preemptions"] for row in rows),
            "energy_j": energy_j,
            "output_tokens_per_joule": _ratio(_output(run, is_served), energy_j),
            "spilled_share": _ratio(_spilled(run), len(run.trace)),
            "misrouted_share": _ratio(misrouted(run), len(run.trace)),
            "span_s": run.span_s,
        },
    }


def _pool_figures(run: Replay, number: int) -> Json:
    pool, did = run.fleet.pools[number], run.runs[number]
    is_here = run.pool == number
    here = run.trace.part(is_here)
    arriving_s = run.trace.span_s or 1.0
    return {
        "replicas": pool.replicas,
        "gpus": pool.replicas * pool.gpus,
        "slots": pool.slots,
        "window": pool.window,
        "served": int(is_here.sum()),
        "truncated": _truncated(run, is_here),
        "cost_usd": pool.cost_usd(here, run.span_s),
        "cost_usd_per_h": pool.usd_per_h(here, run.trace.span_s),
        **_latencies(run, is_here),
        "load": _ratio(pool.load(here, run.trace.rate * len(here) / len(run.trace)), pool.replicas),
        "utilisation": _ratio(did.busy_slot_s, pool.replicas * pool.slots * arriving_s),
        "prefill_utilisation": _ratio(did.prefill_s, pool.replicas * arriving_s),
        "preemptions": did.preemptions,
        "energy_j": did.energy_j,
        "output_tokens_per_joule": _ratio(_output(run, is_here), did.energy_j),
    }


def _latencies(run: Replay, rows: Rows) -> Json:
    """Return percentiles; the wait is that for a slot, TTFT has the prompt in it as well."""
    tpot_s = run.tpot_s[rows]
    return {
        "ttft_s": _percentiles(run.ttft_s[rows]),
        "queue_wait_s": _percentiles((run.start_s - run.trace.arrival_s)[rows]),
        "tpot_s": _percentiles(tpot_s[~np.isnan(tpot_s)]),
    }


def _percentiles(values: Vector) -> Json:
    if not len(values):
        return {f"p{share}": None for share in _PERCENTILES}
    found = np.percentile(values, _PERCENTILES)
    return {f"p{share}": float(value) for share, value in zip(_PERCENTILES, found, strict=True)}


def _truncated(run: Replay, rows: Rows) -> int:
    """Count answers that the window ended."""
    return int((run.served_tokens < run.trace.output_tokens)[rows].sum())


def _output(run: Replay, rows: Rows) -> int:
    return int(run.served_tokens[rows].sum())


def _spilled(run: Replay) -> int:
    return int(((run.pool != run.preferred) & (run.pool >= 0)).sum())


def misrouted(run: Replay) -> int:
    """Count requests that would prefer the other pool, were their length known on arrival."""
    if len(run.fleet.pools) == 1:
        return 0
    is_short = run.trace.total_tokens <= run.fleet.boundary_tokens
    return int(((run.preferred == 0) != is_short)[run.preferred >= 0].sum())


def _slots(run: Replay) -> list[int]:
    return [pool.replicas * pool.slots for pool in run.fleet.pools]


def _weighted(values: list[float], weights: list[int]) -> float:
    return float(np.average(values, weights=weights))


def _ratio(value: float, of: float) -> float:
    return value / of if of else 0.0
