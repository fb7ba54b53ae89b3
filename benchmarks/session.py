"""One benchmark from start to end: start everything, measure in turns, end everything."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from children import ChildError, end_group, on_cores, process_tree
from rounds import Plan, Samples, measure_in_turns, warm_up
from targets import Proxy, Target

UPSTREAM = Path(__file__).with_name("fake_upstream.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a finished benchmark leaves: the targets (the upstream first), samples, memory."""

    targets: Sequence[Target]
    samples: Samples
    rss_mb: dict[str, float]
    """Resident memory after the rounds, children included."""


def cores_apart(pin: bool) -> tuple[frozenset[int], frozenset[int]]:
    """Return cores for the load and for the targets; empty ones where there is no choice."""
    if not pin or not hasattr(os, "sched_setaffinity"):
        return frozenset(), frozenset()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return frozenset(), frozenset()
    return frozenset(cores[:1]), frozenset(cores[-1:])


def compare(
    plan: Plan, proxies: Sequence[Proxy], others: Sequence[Target], cores: frozenset[int]
) -> Session:
    """Measure the upstream, the proxies started here on these cores, and what runs already."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="overhead-")))
        upstream = stack.enter_context(running_upstream(plan))
        targets = [upstream]
        for proxy in proxies:
            own = folder / proxy.name
            own.mkdir()
            targets.append(stack.enter_context(proxy.running(upstream.port, cores, own)))
        targets.extend(others)
        warm_up(plan, targets)
        samples = measure_in_turns(plan, targets)
        return Session(
            targets=targets,
            samples=samples,
            rss_mb={target.name: _rss_mb(target) for target in targets},
        )


@contextmanager
def running_upstream(plan: Plan) -> Iterator[Target]:
    with on_cores(plan.load_cores):
        process = subprocess.Popen(
            [sys.executable, str(UPSTREAM), "--port", str(plan.upstream_port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    try:
        port = process.stdout.readline() if process.stdout else ""
        if not port:
            raise ChildError("the upstream did not start")
        yield Target(name="direct", port=int(port), pid=process.pid, rate=plan.rate, ready_s=0)
    finally:
        end_group(process)


def _rss_mb(target: Target) -> float:
    return sum(member.memory_info().rss / 1e6 for member in process_tree(target.pid))
