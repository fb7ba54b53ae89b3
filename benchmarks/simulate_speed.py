"""Measure how many requests and events `wrp-proxy simulate` replays in a second.

    python benchmarks/simulate_speed.py [--requests 1000000] [--trace FILE] [--quick]

A request has three events: it arrives, its prompt is whole, its answer is whole. One core is used.
"""

import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from wrp_proxy.simulation.figures import figures_of
from wrp_proxy.simulation.fleet import Fleet
from wrp_proxy.simulation.pools_file import read_pools
from wrp_proxy.simulation.replay import replay
from wrp_proxy.simulation.synthetic import synthetic
from wrp_proxy.simulation.trace import Trace
from wrp_proxy.simulation.trace_file import read_trace

POOLS = Path(__file__).parents[1] / "configs" / "pools.yaml"
EVENTS = 3


def main(
    requests: Annotated[int, typer.Option(min=1000, help="How many are made up.")] = 1_000_000,
    rate: Annotated[float, typer.Option(min=1, help="Of those, per second.")] = 200.0,
    trace: Annotated[Path | None, typer.Option(help="Instead of made-up ones.")] = None,
    pools: Annotated[Path, typer.Option(help="The fleets to replay against.")] = POOLS,
    quick: Annotated[bool, typer.Option("--quick", help="A twentieth of them.")] = False,
) -> None:
    """Replay one trace against one pool and against two, and print what that took."""
    count = requests // 20 if quick else requests
    made_up = "concentrated_below"
    replayed = read_trace(trace) if trace else synthetic(made_up, requests=count, rate=rate, seed=0)
    file = read_pools(pools)
    fleets = {"one pool": Fleet(pools=(file.one_pool(),))}
    if len(file.pools) == 2:
        fleets |= {"two pools": file.fleet(), "no spillover": replace(file.fleet(), spillover=None)}
    titles = ("requests", "seconds", "requests/s", "events/s", "CPU us each")
    print("".join(["".ljust(14), *(title.rjust(13) for title in titles)]))
    for name, fleet in fleets.items():
        print(_measured(name, replayed, fleet))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory at its peak: {peak_mb:.0f} MB")


def _measured(name: str, trace: Trace, fleet: Fleet) -> str:
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    run = replay(trace, fleet)
    figures_of(run)
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    count = len(trace)
    events = EVENTS * int((run.pool >= 0).sum()) + sum(did.preemptions for did in run.runs)
    figures = (count, took_s, count / took_s, events / took_s, cpu_s / count * 1e6)
    forms = ("d", ".2f", ".0f", ".0f", ".1f")
    cells = (format(figure, form).rjust(13) for figure, form in zip(figures, forms, strict=True))
    return "".join([name.ljust(14), *cells])


if __name__ == "__main__":
    typer.run(main)
