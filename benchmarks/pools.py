"""Compare balancers before three upstreams of which one is ten times slower, or becomes so.

README.md beside this file tells what the columns mean.
"""

import asyncio
import json
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from statistics import mean, median, quantiles
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
import yaml

from children import ChildError, get, on_cores
from connection import BadReplyError
from pools_lab import aligned, providers_at, upstreams
from pools_load import Load, first_contents_ms
from pools_upstream import SLOW
from session import cores_apart
from targets import Proxy, wrp_proxy
from wrp_proxy.pool.registry import BALANCERS

UPSTREAM = Path(__file__).with_name("pools_upstream.py")
REFERENCES = ("round_robin", "least_busy")
WINDOW = 30
"""Requests in a row by which it is told whether the slow one is avoided."""
HEADINGS = (
    "balancer",
    "P50 ms",
    "P99 ms",
    *(f"P99 of {name} / its own" for name in REFERENCES),
    "to the slow one",
    "to the later slow one",
    "P99 ms once slow",
    "sent before avoided",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    rounds: int
    requests: int
    """Of each balancer, in each round of each scenario."""
    rate: float
    slow_ms: int
    seed: int


@dataclass(slots=True)
class Seen:
    """Of one balancer."""

    taken_ms: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    """Of the slow one, by round."""
    before: list[float] = field(default_factory=list)
    """Shares of the one that will become slow."""
    changed_ms: list[float] = field(default_factory=list)
    """Of requests after one has become slow."""
    sent: list[float] = field(default_factory=list)
    """To the one that has become slow before it was avoided, by round; infinite: it never was."""


Results = dict[str, Seen]
_SLOW_AFTER = {"slow": 0.0, "changing": 0.5}
"""Scenario -> the part of its requests after which one upstream is slow."""


def main(  # noqa: PLR0913 - one argument per option of the command line
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of every balancer.")] = 5,
    requests: Annotated[int, typer.Option(min=100, help="In each round.")] = 600,
    rate: Annotated[float, typer.Option(help="Requests/s, at random times.")] = 100,
    slow_ms: Annotated[int, typer.Option(help="Mean time to first content of the slow one.")] = 200,
    seed: Annotated[int, typer.Option(help="Of arrivals and times of service.")] = 1,
    balancer: Annotated[list[str] | None, typer.Option(help="Default: all.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One short round.")] = False,
    proxy_command: Annotated[str, typer.Option(help="Instead of the installed one.")] = "",
) -> None:
    """Load one proxy with a model per balancer, in turns, and print one table."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = Plan(
        rounds=1 if quick else rounds,
        requests=250 if quick else requests,
        rate=rate,
        slow_ms=slow_ms,
        seed=seed,
    )
    names = [*REFERENCES, *sorted(set(balancer or BALANCERS) - set(REFERENCES))]
    try:
        print(table(measure(plan, names, wrp_proxy(proxy_command, rate))))
    except (ChildError, BadReplyError, TimeoutError) as error:
        sys.exit(f"pools: {error or 'requests were still unanswered when the time was over'}")


def measure(plan: Plan, names: Sequence[str], proxy: Proxy) -> Results:
    """Start everything, run all rounds, end everything."""
    load_cores, proxy_cores = cores_apart(pin=True)
    results: Results = defaultdict(Seen)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="pools-")))
        stack.enter_context(on_cores(load_cores))
        *ports, control = stack.enter_context(upstreams(UPSTREAM))
        before = replace(proxy, config=_config(plan, names, ports))
        target = stack.enter_context(before.running(control, proxy_cores, folder))
        for number, name, scenario in _turns(plan, names):
            print(f"round {number + 1}: {name}, {scenario}", file=sys.stderr, flush=True)
            load = Load(
                port=target.port,
                model=_model(name, scenario, number),
                seed=plan.seed + number,
                rate=plan.rate,
                requests=plan.requests,
            )
            _run(plan, load, scenario, control, results[name])
    return results


def _turns(plan: Plan, names: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    for number in range(plan.rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            yield from ((number, name, scenario) for scenario in _SLOW_AFTER)


def _run(plan: Plan, load: Load, scenario: str, control: int, seen: Seen) -> None:
    after = round(load.requests * _SLOW_AFTER[scenario])
    get(control, f"/round/{load.seed}/{plan.slow_ms}/{after}")
    taken_ms = asyncio.run(first_contents_ms(load))
    places = json.loads(get(control, "/arrivals")[1])
    if len(places) != load.requests:
        raise ChildError(f"{len(places)} of {load.requests} requests reached an upstream")
    if scenario == "slow":
        seen.taken_ms += taken_ms
        seen.shares.append(places.count(SLOW) / len(places))
    else:
        seen.changed_ms += taken_ms[after:]
        seen.before.append(places[:after].count(SLOW) / after)
        seen.sent.append(_sent_before_avoided(places[after:]))


def _sent_before_avoided(places: Sequence[int]) -> float:
    """Count what the slow one got until from then on it got a tenth of any window at most."""
    begin = len(places) - WINDOW
    while begin >= 0 and places[begin : begin + WINDOW].count(SLOW) <= WINDOW / 10:
        begin -= 1
    return inf if begin == len(places) - WINDOW else places[: begin + WINDOW].count(SLOW)


def _model(name: str, scenario: str, number: int) -> str:
    """Name a model that nothing is known of yet, so that each round begins alike."""
    return f"{name}-{scenario}-{number}"


def _config(plan: Plan, names: Sequence[str], ports: Sequence[int]) -> str:
    providers = providers_at(ports)
    models = {
        _model(name, scenario, number): {
            "endpoints": [
                {"provider": provider, "model": _model(name, scenario, number)}
                for provider in providers
            ],
            "balance": name,
            "price": {"input": 0.1, "output": 0.4},
        }
        for number, name, scenario in _turns(plan, names)
    }
    config = {"workload": {"embed": False}, "providers": providers, "models": models}
    return yaml.safe_dump(config)


def table(results: Results) -> str:
    """Return a row per balancer as aligned text."""
    p99s = {name: _percentile(seen.taken_ms, 99) for name, seen in results.items()}
    lines = [HEADINGS, *(_cells(name, seen, p99s) for name, seen in results.items())]
    return aligned(lines)


def _cells(name: str, seen: Seen, p99s: Mapping[str, float]) -> tuple[str, ...]:
    return (
        name,
        f"{_percentile(seen.taken_ms, 50):.0f}",
        f"{p99s[name]:.0f}",
        *(f"{p99s[reference] / p99s[name]:.2f}" for reference in REFERENCES),
        f"{mean(seen.shares):.1%}",
        f"{mean(seen.before):.1%}",
        f"{_percentile(seen.changed_ms, 99):.0f}",
        f"{median(seen.sent):.0f}",
    )


def _percentile(taken_ms: Sequence[float], percent: int) -> float:
    return quantiles(taken_ms, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    typer.run(main)
