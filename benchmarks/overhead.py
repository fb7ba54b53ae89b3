"""Compare what proxies cost: CPU per request and per streamed chunk, latency, memory, start.

README.md beside this file tells what the columns mean and what to beware of.
"""

import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from children import ChildError
from limits import misses
from report import Row, baselines, rows, table
from rounds import Plan
from session import Session, compare, cores_apart
from targets import Proxy, litellm, running_target, wrp_proxy


def main(  # noqa: PLR0913 - one argument per option of the command line
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of every target.")] = 7,
    seconds: Annotated[float, typer.Option(min=0.05, help="Length of one round.")] = 1.0,
    connections: Annotated[int, typer.Option(min=1, help="Clients at the same time.")] = 16,
    chunks: Annotated[int, typer.Option(min=2, help="Events of the shorter streams.")] = 20,
    gap_us: Annotated[int, typer.Option(min=0, help="Pause between separate chunks.")] = 1000,
    rate: Annotated[float, typer.Option(help="Requests/s while latency is measured.")] = 300,
    litellm_rate: Annotated[float, typer.Option(help="The same for LiteLLM.")] = 20,
    pin: Annotated[bool, typer.Option(help="Load on one core, targets on another.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="Two very short rounds.")] = False,
    proxy_command: Annotated[str, typer.Option(help="Instead of the installed one.")] = "",
    litellm_command: Annotated[str, typer.Option(help="Instead of .venv-litellm's.")] = "",
    with_litellm: Annotated[bool, typer.Option("--litellm/--no-litellm")] = True,
    target: Annotated[list[str] | None, typer.Option(help="A proxy's NAME=URL,PID.")] = None,
    upstream_port: Annotated[int, typer.Option(help="Where a --target expects it.")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="For raw samples.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Fail if wrp-proxy is too dear.")] = False,
) -> None:
    """Load the upstream itself and proxies before it in turns, and print one table."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    load_cores, target_cores = cores_apart(pin)
    plan = Plan(
        rounds=2 if quick else rounds,
        seconds=0.15 if quick else seconds,
        connections=connections,
        chunks=10 if quick else chunks,
        gap_us=gap_us,
        rate=rate,
        upstream_port=upstream_port,
        load_cores=load_cores,
    )
    wanted = [wrp_proxy(proxy_command, rate)]
    wanted += [litellm(litellm_command, litellm_rate)] if with_litellm else []
    try:
        others = [running_target(text, rate) for text in target or []]
        session = compare(plan, _installed(wanted), others, target_cores)
    except (ChildError, ValueError) as error:
        sys.exit(f"overhead: {error}")
    reported = rows(session)
    print(table(reported), baselines(session), sep="\n\n")
    if json_file:
        json_file.write_text(_as_json(plan, session, reported))
    if check and (missed := misses(reported)):
        sys.exit("\n".join(missed))


def _installed(proxies: Sequence[Proxy]) -> list[Proxy]:
    for proxy in proxies:
        if not proxy.is_installed():
            print(f"{proxy.name} is left out: there is no {proxy.command[0]}", file=sys.stderr)
    return [proxy for proxy in proxies if proxy.is_installed()]


def _as_json(plan: Plan, session: Session, reported: Sequence[Row]) -> str:
    content = {
        "plan": asdict(plan) | {"load_cores": sorted(plan.load_cores)},
        "rows": [asdict(row) for row in reported],
        "samples": {
            name: {measure: list(map(asdict, taken)) for measure, taken in measures.items()}
            for name, measures in session.samples.items()
        },
    }
    return json.dumps(content, indent=1)


if __name__ == "__main__":
    typer.run(main)
