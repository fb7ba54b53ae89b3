"""Measure what an answer from the cache costs the whole proxy, beside one that is relayed.

    python benchmarks/cache_hits.py [--rounds N] [--seconds S]

CPU time of the proxy's process per request, in rounds that take turns.
"""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from children import ChildError, process_tree
from rounds import Plan, load
from samples import Measure, Order
from session import cores_apart, running_upstream
from targets import Target, wrp_proxy

HIT = Measure(name="exact hit", same=True)
MEASURES = (HIT, Measure(name="relayed answer"))
MOST_US = 150


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU microseconds per request, the median over the rounds."""

    hit_us: float
    relayed_us: float


def main(
    rounds: Annotated[int, typer.Option(min=1)] = 9,
    seconds: Annotated[float, typer.Option(min=0.1)] = 1.0,
    connections: Annotated[int, typer.Option(min=1)] = 16,
) -> None:
    """Print both, and their ratio."""
    try:
        cost = measure(rounds, seconds, connections)
    except ChildError as error:
        sys.exit(f"cache_hits: {error}")
    print(
        f"exact hit {cost.hit_us:.0f} us CPU (target {MOST_US}), relayed answer "
        f"{cost.relayed_us:.0f} us, ratio {cost.hit_us / cost.relayed_us:.2f}"
    )


def measure(rounds: int, seconds: float, connections: int) -> Cost:
    load_cores, target_cores = cores_apart(pin=True)
    plan = Plan(
        rounds=rounds,
        seconds=seconds,
        connections=connections,
        chunks=0,
        gap_us=0,
        rate=0,
        upstream_port=0,
        load_cores=load_cores,
    )
    taken: dict[str, list[float]] = {measure.name: [] for measure in MEASURES}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cache-hits-")))
        upstream = stack.enter_context(running_upstream(plan))
        proxy = wrp_proxy("", 0)
        target = stack.enter_context(proxy.running(upstream.port, target_cores, folder))
        for measure in MEASURES:
            load(_order(plan, target, measure), target, load_cores)
        for _ in range(rounds):
            for measure in MEASURES:
                sample = load(_order(plan, target, measure), target, load_cores)
                taken[measure.name].append(sample.cpu_s / sample.requests * 1e6)
    hit, relayed = (median(taken[measure.name]) for measure in MEASURES)
    return Cost(hit, relayed)


def _order(plan: Plan, target: Target, measure: Measure) -> Order:
    return Order(
        port=target.port,
        path=target.path,
        pids=[member.pid for member in process_tree(target.pid)],
        measure=measure,
        connections=plan.connections,
        seconds=plan.seconds,
    )


if __name__ == "__main__":
    typer.run(main)
