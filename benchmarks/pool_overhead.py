"""Measure the CPU time that the pool takes of a request: lease, begin, settle and exit.

    python benchmarks/pool_overhead.py [--check]

Answers are made up beforehand, so that nothing but the pool and its balancers is measured.
"""

import asyncio
import sys
from random import Random
from statistics import median
from time import process_time_ns
from typing import Annotated

import typer

from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool.registry import BALANCERS
from wrp_proxy.pooling import Balancing
from wrp_proxy.types import Endpoint, Model, Outcome, Price, Usage, Workload

SIZES = (1, 3, 16)
CHECKED = 3
LIMIT_US = 15.0
REQUESTS = 500
GAP_S = 0.01


class Clock:
    """Goes on by a little with every request."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def main(
    rounds: Annotated[int, typer.Option(help="Rounds of 500 requests each.")] = 60,
    *,
    check: Annotated[bool, typer.Option(help="Exit 1 if too slow for 3 endpoints.")] = False,
) -> None:
    figures = asyncio.run(measured_us(rounds))
    print("CPU microseconds per request, median of rounds")
    print("balancer".ljust(20) + "".join(f"{size} endpoints".rjust(14) for size in SIZES))
    for name in BALANCERS:
        print(name.ljust(20) + "".join(f"{figures[name, size]:14.1f}" for size in SIZES))
    slowest = max(figures[name, CHECKED] for name in BALANCERS)
    print(f"slowest with {CHECKED} endpoints: {slowest:.1f}, limit {LIMIT_US:g}")
    sys.exit(1 if check and slowest > LIMIT_US else 0)


async def measured_us(rounds: int) -> dict[tuple[str, int], float]:
    """Measure all in turns, so that a disturbance meets everyone; the first round only warms up."""
    subjects = {(name, size): Subject(name, size) for name in BALANCERS for size in SIZES}
    taken: dict[tuple[str, int], list[float]] = {key: [] for key in subjects}
    for _ in range(rounds + 1):
        for key, subject in subjects.items():
            taken[key].append(await subject.round_us())
    return {key: median(each[1:]) for key, each in taken.items()}


class Subject:
    """A pool of its own, with one model."""

    def __init__(self, name: str, size: int) -> None:
        random = Random(1)  # noqa: S311 - repeatable
        self._clock = Clock()
        self._pool = LocalPool(clock=self._clock, random=random)
        self._model = model_of(name, size)
        self._asked = [(workload_of(n % 97), outcome_of(random)) for n in range(REQUESTS)]

    async def round_us(self) -> float:
        pool, model, clock = self._pool, self._model, self._clock
        began = process_time_ns()
        for workload, outcome in self._asked:
            clock.now += GAP_S
            with await pool.lease(model, Demand(workload)) as lease:
                lease.begin(is_stream=True)
                lease.settle(outcome, None)
        return (process_time_ns() - began) / REQUESTS / 1000


def model_of(name: str, size: int) -> Model:
    endpoints = tuple(
        Endpoint(
            provider=f"provider-{place}",
            model="upstream-model",
            max_concurrency=32,
            context_window=32_768,
            price=Price(input=1.0, output=2.0),
        )
        for place in range(size)
    )
    return Model(name="model", endpoints=endpoints, balancing=Balancing(name=name))


def workload_of(place: int) -> Workload:
    return Workload(
        input_tokens=100 + place,
        tokens_exact=True,
        text_bytes=400,
        max_output_tokens=None,
        expected_output_tokens=50,
        kind="chat",
        needs=frozenset(),
        tenant="tenant",
        session=f"session-{place}",
        fingerprint=f"prompt-{place % 7}",
    )


def outcome_of(random: Random) -> Outcome:
    first_s = random.uniform(0.2, 0.4)
    return Outcome(
        request_id="request",
        started_at=1000.0,
        tenant="tenant",
        session=None,
        route="auto",
        model="model",
        endpoint="provider-0/upstream-model",
        router="fixed_order",
        reason="",
        propensity=1.0,
        workload=workload_of(0),
        usage=Usage(prompt_tokens=random.randrange(100, 200), completion_tokens=50),
        cost_usd=0.001,
        first_content_s=first_s,
        duration_s=first_s + random.uniform(0.5, 1.0),
        finish="complete",
        error=None,
        attempt=1,
        cached="bypass",
        stream=True,
    )


if __name__ == "__main__":
    typer.run(main)
