"""Measure routing: what every strategy scores, at what cost, and how fast it decides.

    python benchmarks/routing.py --data FOLDER [--pictures docs] [--only SET] [--check]

FOLDER (or the variable WRP_DATA) holds recorded outcomes, or a folder `routing` that does. Each
public set is split again by a hash; strategies learn from one part and are measured on the other.
Decision times are right on an idle machine only.
"""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer

from routing_cascade import measured_cascade
from routing_changes import measured_changes
from routing_offline import measured_set
from routing_online import SET, learners, measured_online
from routing_report import cascade_lines, online_lines, set_lines, target_lines
from routing_sets import set_names
from routing_targets import targets
from wrp_proxy.evaluation.picture import draw


def main(
    data: Annotated[Path, typer.Option(envvar="WRP_DATA", help="Folder of recorded outcomes.")],
    pictures: Annotated[Path | None, typer.Option(help="Folder to draw frontiers into.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Sets; may come again.")] = None,
    raw: Annotated[Path | None, typer.Option(help="File for all figures, as JSON.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 where a target is missed.")
    ] = False,
) -> None:
    """Print tables of Markdown."""
    names = [name for name in set_names(data) if not only or name in only]
    figures = measured(data, names)
    if raw is not None:
        raw.write_text(json.dumps(figures, indent=1))
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        for name, one in figures["sets"].items():
            draw(one, pictures / f"routing-{name}.svg", title=f"{name}, {one['models']} models")
    reached = list(targets(figures["sets"], figures["online"], figures["cascade"]))
    for line in [*lines(figures), *target_lines(reached)]:
        print(line)
    sys.exit(1 if check and not all(target.met for target in reached) else 0)


def measured(data: Path, names: list[str]) -> dict[str, Any]:
    """Measure with a process per core; the largest set begins."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        sets = {name: pool.submit(measured_set, data, name) for name in names}
        tried = learners() if SET in names else []
        online = {name: pool.submit(measured_online, data, name) for name in tried}
        changes = {name: pool.submit(measured_changes, data, name) for name in tried}
        return {
            "sets": _results(sets),
            "online": {"name": SET, "online": _results(online), "changes": _results(changes)},
            "cascade": measured_cascade(),
        }


def lines(figures: dict[str, Any]) -> Iterator[str]:
    for one in figures["sets"].values():
        yield from set_lines(one)
    if figures["online"]["online"]:
        yield from online_lines(figures["online"])
    yield from cascade_lines(figures["cascade"])


def _results(futures: dict[str, Future[dict[str, Any]]]) -> dict[str, Any]:
    return {name: future.result() for name, future in futures.items()}


if __name__ == "__main__":
    typer.run(main)
