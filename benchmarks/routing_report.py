"""Figures of routing as tables of Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from routing_targets import Target

Figures = Mapping[str, Any]
_OF_SET = (
    *("strategy", "accuracy", "over best single (95 %)", "USD per 1,000", "AIQ (95 %)"),
    *("cost at best single", "quality at 25 % cost", "p50 / p99 us"),
)
_OF_STREAMS = (
    *("strategy", "offline", "warm start", "cold", "10 % feedback", "30 % of it wrong"),
    "budget of 30 %",
)
_OF_CHANGES = ("strategy", "change", "first 500 after it", "next 1,000", "known beforehand")


def set_lines(figures: Figures) -> Iterator[str]:
    """Yield the table of one set, the best AIQ first."""
    yield f"### {figures['name']}: {figures['models']} models, {figures['queries']:,} test queries"
    yield ""
    yield from _table(_OF_SET, _rows(figures))
    yield ""


def online_lines(online: Figures) -> Iterator[str]:
    yield f"### {online['name']} online, five orders, feedback for the chosen model only"
    yield ""
    rows = [
        (
            name,
            *(f"{row[key]:.4f}" for key in ("offline", "warm", "cold", "rare", "wrong")),
            f"{row['at_budget']:.4f}, spent {row['spent']:.1%}",
        )
        for name, row in online["online"].items()
    ]
    yield from _table(_OF_STREAMS, rows)
    yield ""
    yield from _table(
        _OF_CHANGES,
        [
            (name, what, *(f"{change[key]:.4f}" for key in ("at_once", "later", "informed")))
            for name, row in online["changes"].items()
            for what, change in row.items()
        ],
    )
    yield ""


def cascade_lines(cascade: Figures) -> Iterator[str]:
    yield "### A cascade on simulated tool calls"
    yield ""
    rows = [(name, f"{quality:.4f}", f"{cost:.3f}") for name, (cost, quality) in cascade.items()]
    yield from _table(("", "accuracy", "USD per 1,000"), rows)
    yield ""


def target_lines(targets: Iterable[Target]) -> Iterator[str]:
    yield "### Targets"
    yield ""
    rows = [(one.what, one.asked, one.reached, "" if one.met else "missed") for one in targets]
    yield from _table(("target", "asked", "reached", ""), rows)


def _rows(figures: Figures) -> Iterator[Sequence[str]]:
    ranked = sorted(figures["strategies"].items(), key=lambda item: -item[1]["aiq"])
    for name, row in ranked:
        low, high = row["ci95"]
        least, most = row["aiq_ci95"]
        over = f"{row['accuracy_over_best_single']:+.4f} ({low:+.4f} to {high:+.4f})"
        yield (
            f"{name} (simulated verifier)" if row.get("simulated_verifier") else name,
            f"{row['accuracy']:.4f}",
            over,
            _money(row["cost_per_1k_usd"]),
            f"{row['aiq']:.4f} ({least:.4f} to {most:.4f})",
            _money(row["cost_at_best_single"]),
            _share(row["quality_at_25pct"]),
            f"{row['decision_us_p50']:.0f} / {row['decision_us_p99']:.0f}",
        )
    for name, row in figures["references"].items():
        title = f"*best single: {row['model']}*" if "model" in row else f"*{name}*"
        cost = _money(row["cost_per_1k_usd"])
        yield (title, f"{row['accuracy']:.4f}", "", cost, f"{row['aiq']:.4f}", "", "", "")


def _money(value: float | None) -> str:
    return "never" if value is None else f"{value:.4g}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
