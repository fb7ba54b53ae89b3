"""Link the benchmarks of configs/quality.yaml to each other; print the lines that it would change.

    python scripts/link_quality.py

Run it after scores were added. Benchmarks marked `by_hand` stay as they are. The others, those that
share most families with what is linked already first, get the floor and the ceiling that give these
families the same mean and the same spread on either (mean-sigma linking).
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import yaml

from wrp_proxy.shipped import quality_table_path

LOWEST, HIGHEST = 0.3, 0.95
SLACK = 0.02
"""How far beyond the scale a value may lie while linking, so that its ends stay ends."""
FEWEST = 4
"""Families that two benchmarks must share."""
Line = tuple[float, float]
"""Floor and ceiling."""
Scores = Mapping[str, Mapping[str, float]]
"""Benchmark -> family -> score."""


def read_scores(table: Mapping[str, Any]) -> Scores:
    found: dict[str, dict[str, list[float]]] = {name: {} for name in table["benchmarks"]}
    for family, row in table["families"].items():
        for stated in row["scores"].values():
            for benchmark, score in stated.items():
                found[benchmark].setdefault(family, []).append(score)
    return {
        benchmark: {family: fmean(scores) for family, scores in of.items()}
        for benchmark, of in found.items()
    }


def link(table: Mapping[str, Any]) -> dict[str, Line]:
    """Return the floor and the ceiling of every benchmark; raise ValueError if one is alone."""
    scores, rows = read_scores(table), table["benchmarks"]
    lines = {n: (row["floor"], row["ceiling"]) for n, row in rows.items() if row.get("by_hand")}
    left = [name for name in rows if name not in lines]
    while left:
        known = {name: _known(rows[name]["categories"][0], rows, scores, lines) for name in left}
        shared = {name: scores[name].keys() & known[name].keys() for name in left}
        name = max(left, key=lambda one: len(shared[one]))
        if len(shared[name]) < FEWEST:
            raise ValueError(f"{name} shares too few families: set floor, ceiling and by_hand")
        families = sorted(shared[name])
        given = [scores[name][family] for family in families]
        lines[name] = _fitted(given, [known[name][family] for family in families])
        left.remove(name)
    return lines


def _known(
    category: str, rows: Mapping[str, Any], scores: Scores, lines: Mapping[str, Line]
) -> dict[str, float]:
    """Return what the benchmarks that are linked say of each family in a category."""
    values: dict[str, list[float]] = {}
    for name, (floor, ceiling) in lines.items():
        if category not in rows[name]["categories"]:
            continue
        for family, score in scores[name].items():
            value = LOWEST + (HIGHEST - LOWEST) * (score - floor) / (ceiling - floor)
            clipped = min(max(value, LOWEST - SLACK), HIGHEST + SLACK)
            values.setdefault(family, []).append(clipped)
    return {family: fmean(found) for family, found in values.items()}


def _fitted(scores: list[float], values: list[float]) -> Line:
    slope = pstdev(values) / pstdev(scores)
    start = fmean(values) - slope * fmean(scores)
    return float(round((LOWEST - start) / slope)), float(round((HIGHEST - start) / slope))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=quality_table_path())
    table = yaml.safe_load(parser.parse_args().table.read_text(encoding="utf-8"))
    for name, (floor, ceiling) in link(table).items():
        row = table["benchmarks"][name]
        if (row["floor"], row["ceiling"]) != (floor, ceiling):
            print(f"{name}: {{floor: {floor:g}, ceiling: {ceiling:g}}}")


if __name__ == "__main__":
    main()
