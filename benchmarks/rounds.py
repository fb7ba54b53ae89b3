"""Measure all targets in turns: many short rounds, so that a disturbance meets everyone."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from children import ChildError, get, on_cores, process_tree
from load import DRAIN_S
from samples import Measure, Order, Sample
from targets import Target

LOAD = Path(__file__).with_name("load.py")
LONGER = 5
"""The longer streams have so many times the chunks of the shorter ones."""

Samples = dict[str, dict[str, list[Sample]]]
"""By the target's name, then the measure's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured, and where it runs."""

    rounds: int
    seconds: float
    connections: int
    chunks: int
    gap_us: int
    rate: float
    """Requests per second while latency is measured."""
    upstream_port: int
    load_cores: frozenset[int]


def latency_at(rate: float) -> str:
    """Return the name of the measure of latency at this rate."""
    return f"latency at {rate:g}/s"


def measure_in_turns(plan: Plan, targets: Sequence[Target]) -> Samples:
    """Run all rounds; the first target is the upstream itself, and the others relay to it."""
    samples: Samples = {target.name: {} for target in targets}
    for number in range(plan.rounds):
        print(f"round {number + 1} of {plan.rounds}", file=sys.stderr, flush=True)
        for target, measure in _turns(plan, targets, number):
            sample = _run(plan, targets[0], target, measure)
            samples[target.name].setdefault(measure.name, []).append(sample)
    return samples


def warm_up(plan: Plan, targets: Sequence[Target]) -> None:
    """Let each target import, compile and connect what it does at first use only."""
    brief = replace(plan, seconds=min(plan.seconds, 0.3))
    for target in targets:
        for measure in (Measure(name="request"), Measure(name="stream", chunks=plan.chunks)):
            _run(brief, targets[0], target, measure)


def _turns(plan: Plan, targets: Sequence[Target], number: int) -> Iterator[tuple[Target, Measure]]:
    first = number % len(targets)
    turned = (*targets[first:], *targets[:first])
    for measure in _closed_measures(plan):
        yield from ((target, measure) for target in turned)
    upstream = targets[0]
    for rate in sorted({target.rate for target in targets}):
        measure = Measure(name=latency_at(rate), rate=rate)
        yield from (
            (target, measure) for target in turned if target.rate == rate or target is upstream
        )


def _closed_measures(plan: Plan) -> tuple[Measure, ...]:
    few, many, gap_us = plan.chunks, plan.chunks * LONGER, plan.gap_us
    return (
        Measure(name="request"),
        Measure(name="separate, few", chunks=few, gap_us=gap_us),
        Measure(name="separate, many", chunks=many, gap_us=gap_us),
        Measure(name="burst, few", chunks=few, burst=True),
        Measure(name="burst, many", chunks=many, burst=True),
    )


def _run(plan: Plan, upstream: Target, target: Target, measure: Measure) -> Sample:
    order = Order(
        port=target.port,
        path=target.path,
        pids=[member.pid for member in process_tree(target.pid)],
        measure=measure,
        connections=plan.connections,
        seconds=plan.seconds,
    )
    before = _served(upstream)
    sample = load(order, target, plan.load_cores)
    relayed = _served(upstream) - before
    if relayed < sample.requests + sample.warm_up:
        raise ChildError(f"{target.name} answered without asking the upstream: is a cache on?")
    return sample


def load(order: Order, target: Target, cores: frozenset[int]) -> Sample:
    """Run one round in a process of its own; raise ChildError where it fails."""
    with on_cores(cores):
        finished = subprocess.run(
            [sys.executable, str(LOAD)],
            input=json.dumps(asdict(order)),
            capture_output=True,
            text=True,
            check=False,
            timeout=order.seconds + DRAIN_S + 15,
        )
    if finished.returncode:
        reason = finished.stderr.strip()
        raise ChildError(f"{target.name}, {order.measure.name}: {reason}")
    return Sample(**json.loads(finished.stdout))


def _served(upstream: Target) -> int:
    chats: int = json.loads(get(upstream.port, "/served")[1])["chats"]
    return chats
