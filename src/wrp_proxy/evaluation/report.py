"""Figures as a table for people."""

from collections.abc import Iterator, Mapping
from typing import Any

_COLUMNS = (
    ("accuracy", "accuracy", ".4f"),
    ("USD per 1,000", "cost_per_1k_usd", ".4g"),
    ("AIQ", "aiq", ".4f"),
    ("cost at best", "cost_at_best_single", ".4g"),
    ("at 25 % cost", "quality_at_25pct", ".4f"),
    ("p50 us", "decision_us_p50", ".0f"),
    ("p99 us", "decision_us_p99", ".0f"),
)
"""Title, key, and form; what is not there is a dash."""


def lines_of(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield a row per strategy and reference, then what is peculiar to a run."""
    if "logged" in figures["references"]:
        yield from _off_policy_lines(figures)
        return
    rows = {**figures["strategies"], **_named(figures["references"])}
    width = max(len(name) for name in rows)
    yield "  ".join([" " * width, *(title.rjust(13) for title, _, _ in _COLUMNS)])
    for name, row in rows.items():
        yield "  ".join([name.ljust(width), *(_cell(row, *column) for column in _COLUMNS)])
    for name, row in figures["strategies"].items():
        yield from _remarks(name, row)


def _named(references: Mapping[str, Any]) -> dict[str, Any]:
    best = references["best_single"]
    named = {f"best single, {best['model']}": best}
    return {**named, **{name: row for name, row in references.items() if row is not best}}


def _cell(row: Mapping[str, Any], title: str, key: str, form: str) -> str:
    value = row.get(key)
    return ("-" if value is None else format(value, form)).rjust(max(len(title), 13))


def _remarks(name: str, row: Mapping[str, Any]) -> Iterator[str]:
    low, high = row["ci95"]
    difference = row["accuracy_over_best_single"]
    yield f"{name}: {difference:+.4f} over the best single model (95 %: {low:+.4f} to {high:+.4f})"
    if "accuracy_std" in row:
        count, spread = len(row["orders"]), row["accuracy_std"]
        yield f"{name}: mean of {count} orders, which differ by {spread:.4f} (standard deviation)"
    if "budget" in row:
        yield f"{name}: spent {row['budget']['spent_share']:.1%} of its budget"
    if row.get("simulated_verifier"):
        yield f"{name}: answers were checked by a simulated verifier"


def _off_policy_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    logged = figures["references"]["logged"]
    yield f"logged: {logged['rows']} scored answers" + (
        f", mean score {logged['accuracy']:.4f}" if logged["rows"] else ""
    )
    for name, row in figures["strategies"].items():
        if "refused" in row:
            yield f"{name}: {row['refused']}"
            continue
        yield f"{name}: worth {row['effective_size']:.0f} answers of its own"
        for title in ("doubly_robust", "snips", "ips"):
            one = row[title]
            words = title.replace("_", " ")
            yield f"  {words:<13}  {one['value']:.4f}  ({one['low']:.4f} to {one['high']:.4f})"
        if row["unsupported_share"]:
            share = row["unsupported_share"]
            yield f"  {share:.0%} of the log had no choice: of these only the model's guess counts"
