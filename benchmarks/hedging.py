"""Compare two routes before upstreams of which a few answers take long: one hedges, one does not.

README.md beside this file tells what the columns mean.
"""

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import yaml

from children import ChildError, get, on_cores
from connection import BadReplyError
from pools_lab import aligned, providers_at, upstreams
from pools_load import Load, first_contents_ms
from session import cores_apart
from targets import Proxy, Target, wrp_proxy

UPSTREAM = Path(__file__).with_name("hedging_upstream.py")
ROUTES = ("plain", "hedged")
WARM_UP = 200
"""Requests of each route before any is measured: twenty tell how long an endpoint usually takes."""
HEADINGS = ("route", "requests", "P50 ms", "P95 ms", "P99 ms", "hedged", "extra cost", "left")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured, and of what."""

    rounds: int
    requests: int
    """Of each route, in each round."""
    rate: float
    seed: int
    upstream: tuple[str, ...]
    """Its options."""


@dataclass(slots=True)
class Seen:
    """Of one route."""

    taken_ms: list[float] = field(default_factory=list)
    hedged: int = 0
    cost_usd: float = 0.0
    hedge_cost_usd: float = 0.0
    left: int = 0
    """Requests whose client, the proxy, was seen to leave by an upstream."""


def main(  # noqa: PLR0913 - one argument per option of the command line
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each route.")] = 5,
    requests: Annotated[int, typer.Option(min=100, help="In each round.")] = 600,
    rate: Annotated[float, typer.Option(help="Requests/s, at random times.")] = 60,
    usual_ms: Annotated[float, typer.Option(help="Mean time to first content.")] = 60,
    late_share: Annotated[float, typer.Option(help="Of the answers that take long.")] = 0.03,
    late_times: Annotated[float, typer.Option(help="So many times as long.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the arrivals.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="One short round.")] = False,
    proxy_command: Annotated[str, typer.Option(help="Instead of the installed one.")] = "",
) -> None:
    """Load one proxy with both routes, in turns, and print one table."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = {"usual-ms": usual_ms, "late-share": late_share, "late-times": late_times}
    plan = Plan(
        rounds=1 if quick else rounds,
        requests=250 if quick else requests,
        rate=rate,
        seed=seed,
        upstream=tuple(f"--{name}={value}" for name, value in options.items()),
    )
    try:
        print(table(measure(plan, wrp_proxy(proxy_command, rate))))
    except (ChildError, BadReplyError, TimeoutError) as error:
        sys.exit(f"hedging: {error or 'requests were still unanswered when the time was over'}")


def measure(plan: Plan, proxy: Proxy) -> dict[str, Seen]:
    """Start everything, run all rounds, end everything."""
    load_cores, proxy_cores = cores_apart(pin=True)
    results = {name: Seen() for name in ROUTES}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="hedging-")))
        stack.enter_context(on_cores(load_cores))
        ports = stack.enter_context(upstreams(UPSTREAM, *plan.upstream))
        before = replace(proxy, config=_config(ports))
        target = stack.enter_context(before.running(ports[0], proxy_cores, folder))
        for name in ROUTES:
            warm_up = replace(plan, requests=WARM_UP)
            asyncio.run(first_contents_ms(_load(warm_up, target, name, -1)))
        usage_before = _usage(target)
        for number in range(plan.rounds):
            for name in ROUTES if number % 2 else ROUTES[::-1]:
                print(f"round {number + 1}: {name}", file=sys.stderr, flush=True)
                left_before = _left(ports[0])
                load = _load(plan, target, name, number)
                results[name].taken_ms += asyncio.run(first_contents_ms(load))
                results[name].left += _left(ports[0]) - left_before
        _add_usage(results, usage_before, _usage(target))
    return results


def _load(plan: Plan, target: Target, route: str, number: int) -> Load:
    return Load(
        port=target.port,
        model=route,
        seed=plan.seed + number,
        rate=plan.rate,
        requests=plan.requests,
    )


def _left(port: int) -> int:
    return int(json.loads(get(port, "/")[1])["left"])


def _usage(target: Target) -> dict[str, dict[str, Any]]:
    get(target.port, "/metrics")  # has the proxy write what is pending
    rows = json.loads(get(target.port, "/v1/usage?group_by=route&since=24h")[1])["data"]
    return {row["route"]: row for row in rows}


def _add_usage(
    results: dict[str, Seen], before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]
) -> None:
    for name, seen in results.items():
        for figure in ("hedged", "cost_usd", "hedge_cost_usd"):
            setattr(seen, figure, after[name][figure] - before[name][figure])


def _config(ports: Sequence[int]) -> str:
    """Give each route a model of its own, so that neither learns from the other."""
    providers = providers_at(ports)
    models = {
        f"of-{name}": {
            "endpoints": [{"provider": provider, "model": name} for provider in providers],
            "price": {"input": 0.1, "output": 0.4},
        }
        for name in ROUTES
    }
    routes = {
        name: {"models": [f"of-{name}"], "strategy": "fixed_order", "hedge": name == "hedged"}
        for name in ROUTES
    }
    config = {
        "workload": {"embed": False},
        "cache": {"default": "off"},
        "providers": providers,
        "models": models,
        "routes": routes,
    }
    return yaml.safe_dump(config)


def table(results: dict[str, Seen]) -> str:
    """Return a row per route as aligned text, and by how much hedging is better."""
    lines = [HEADINGS, *(_cells(name, seen) for name, seen in results.items())]
    ratios = [
        f"P{percent} {plain / hedged:.2f}"
        for percent in (50, 95, 99)
        for plain, hedged in [[_percentile(results[name].taken_ms, percent) for name in ROUTES]]
    ]
    return "\n".join([aligned(lines), f"plain / hedged: {', '.join(ratios)}"])


def _cells(name: str, seen: Seen) -> tuple[str, ...]:
    return (
        name,
        str(len(seen.taken_ms)),
        *(f"{_percentile(seen.taken_ms, percent):.0f}" for percent in (50, 95, 99)),
        f"{seen.hedged / len(seen.taken_ms):.1%}",
        f"{seen.hedge_cost_usd / (seen.cost_usd - seen.hedge_cost_usd):.1%}",
        str(seen.left),
    )


def _percentile(taken_ms: Sequence[float], percent: int) -> float:
    return quantiles(taken_ms, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    typer.run(main)
