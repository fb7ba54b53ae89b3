"""`wrp-proxy simulate`: what would a fleet cost, and how fast would it be?"""

import json
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wrp_proxy.cli_errors import explaining

if TYPE_CHECKING:
    from wrp_proxy.simulation.trace import Trace

app = typer.Typer(no_args_is_help=True)


class Archetype(StrEnum):
    """How the lengths of made-up requests lie."""

    concentrated_below = "concentrated_below"
    dispersed = "dispersed"
    concentrated_above = "concentrated_above"


@app.command()
def simulate(  # noqa: PLR0913 - one per option
    pools: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="YAML: the pools, see configs/.")
    ],
    journal: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A proxy's own journal."),
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Lines of JSON or CSV, packed or not: arrival_s, input_tokens, output_tokens.",
        ),
    ] = None,
    synthetic: Annotated[
        Archetype | None, typer.Option(help="Requests made up, with lengths such as these.")
    ] = None,
    requests: Annotated[int, typer.Option(min=1, help="How many are made up.")] = 40_000,
    rate: Annotated[float, typer.Option(min=0.001, help="Of those, per second.")] = 200.0,
    route: Annotated[str | None, typer.Option(help="Of the journal; else all.")] = None,
    slo: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            help=r"Seconds to the first token, kept at P99. \[default: of the pools; 3]",
        ),
    ] = None,
    max_tpot: Annotated[
        float | None,
        typer.Option(
            min=0.000001,
            help=r"Seconds per token of an answer, kept at P99. \[default: of the pools; any]",
        ),
    ] = None,
    most_utilisation: Annotated[
        float, typer.Option(min=0.05, max=1, help="Of slots and of prefill.")
    ] = 0.85,
    boundary: Annotated[
        list[int] | None,
        typer.Option(min=1, help=r"To try; may come again. \[default: nine of 1024 to 32768]"),
    ] = None,
    search: Annotated[
        bool, typer.Option("--search/--no-search", help="Search sizes and boundary.")
    ] = True,
    sizing_requests: Annotated[
        int, typer.Option(min=1000, help="Sizes fit the busiest so many in a row.")
    ] = 40_000,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the cost over the boundary: .png or .svg.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    seed: Annotated[int, typer.Option(help="Of the requests made up.")] = 0,
) -> None:
    """Replay requests against pools: cost, TTFT, utilisation, preemptions and energy.

    Compares the pools as written, one pool for all, and a short and a long pool of the sizes and
    with the boundary that keep the SLO at the least cost.
    """
    if [journal, trace, synthetic].count(None) != 2:
        raise typer.BadParameter("give one of --journal, --trace and --synthetic")
    if plot is not None and not search:
        raise typer.BadParameter("it draws what a search finds", param_hint="--plot")
    from wrp_proxy.simulation.simulate import BOUNDARIES, Options
    from wrp_proxy.simulation.simulate import simulate as measure
    from wrp_proxy.simulation.sizing import Target

    with explaining():
        from wrp_proxy.simulation.pools_file import read_pools

        file = read_pools(pools)
        if plot is not None and len(file.pools) == 1:
            raise typer.BadParameter("there is nothing to search in one pool", param_hint="--plot")
        options = Options(
            target=Target(
                ttft_p99_s=slo or file.slo.ttft_p99_s,
                tpot_p99_s=max_tpot or file.slo.tpot_p99_s or inf,
                utilisation=most_utilisation,
            ),
            boundaries=(boundary or BOUNDARIES) if search else (),
            sizing_requests=sizing_requests,
        )
        replayed = _read(journal, trace, route)
        if replayed is None:
            replayed = _made_up(synthetic, requests, rate, seed)
        figures = measure(replayed, file, options)
        _show(figures, plot, as_json=as_json)


def _read(journal: Path | None, trace: Path | None, route: str | None) -> "Trace | None":
    if journal is not None:
        from wrp_proxy.simulation.trace_journal import read_journal

        return read_journal(journal, route)
    if trace is not None:
        from wrp_proxy.simulation.trace_file import read_trace

        return read_trace(trace)
    return None


def _made_up(archetype: Archetype | None, requests: int, rate: float, seed: int) -> "Trace":
    from wrp_proxy.simulation.synthetic import synthetic

    name = archetype or Archetype.concentrated_below
    return synthetic(name.value, requests=requests, rate=rate, seed=seed)


def _show(figures: dict[str, Any], plot: Path | None, *, as_json: bool) -> None:
    from wrp_proxy.simulation.report import lines_of

    if plot is not None:
        from wrp_proxy.simulation.picture import draw

        draw(figures, plot)
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for line in lines_of(figures):
        typer.echo(line)
