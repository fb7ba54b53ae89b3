"""What routing is to reach, and whether it does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]
DEFAULT = "task_table"
RIVALS = ("nearest", "cluster router")
_SETS = ("llmrouter14", "mmlupro", "zeroeval")
_CANDIDATES = 16
_LATER = 0.02
"""Accuracy that a change may still cost when it has been followed: about two standard errors."""


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the table."""

    what: str
    asked: str
    reached: str
    met: bool


def targets(sets: Mapping[str, Figures], online: Figures, cascade: Figures) -> Iterator[Target]:
    """Yield all of which there are figures."""
    for name in _SETS:
        if name in sets and DEFAULT in sets[name]["strategies"]:
            yield from _over_references(name, sets[name])
    yield from _decision_time(sets)
    yield from _online(online)
    yield from _cascade(cascade)


def _over_references(name: str, figures: Figures) -> Iterator[Target]:
    rows = figures["strategies"]
    own = rows[DEFAULT]["aiq"]
    others = {"best single": figures["references"]["best_single"]["aiq"]}
    others |= {rival: rows[rival]["aiq"] for rival in RIVALS if rival in rows}
    for other, aiq in others.items():
        yield Target(
            f"{name}: AIQ of {DEFAULT} over {other}", f"> {aiq:.4f}", f"{own:.4f}", own > aiq
        )


def _decision_time(sets: Mapping[str, Figures]) -> Iterator[Target]:
    for figures in sets.values():
        if figures["models"] != _CANDIDATES:
            continue
        for name, row in figures["strategies"].items():
            if name in RIVALS[1:]:
                continue
            p99 = row["decision_us_p99"]
            what = f"decision of {name}, p99, {_CANDIDATES} candidates"
            yield Target(what, "<= 300 us", f"{p99:.0f} us", p99 <= 300)


def _online(online: Figures) -> Iterator[Target]:
    rows, changes = online["online"], online["changes"]
    if not rows:
        return
    table = rows.get(DEFAULT, next(iter(rows.values())))["offline"]
    best = max(row["warm"] for row in rows.values())
    yield Target(
        "online, warm, over the offline table",
        ">= -.012",
        f"{best - table:+.4f}",
        best - table >= -0.012,
    )
    for name, row in rows.items():
        spent, cost = row["spent"], row["rare"] - row["wrong"]
        yield Target(
            f"{name}: spent of a budget of 30 %",
            "within 1 %",
            f"{spent:.1%}",
            abs(spent - 1) <= 0.01,
        )
        yield Target(
            f"{name}: 10 % feedback, 30 % of it wrong", "costs <= .02", f"{cost:.4f}", cost <= 0.02
        )
    for name, row in changes.items():
        for what, change in row.items():
            lost = change["informed"] - change["later"]
            yield Target(
                f"{name}: {what}, after 500 requests",
                f"costs <= {_LATER}",
                f"{lost:.4f}",
                lost <= _LATER,
            )


def _cascade(cascade: Figures) -> Iterator[Target]:
    (cost, accuracy), (best_cost, _), (_, oracle) = (
        cascade[name] for name in ("cascade", "best single", "oracle")
    )
    share = accuracy / oracle
    yield Target("cascade: accuracy over the oracle's", ">= 95 %", f"{share:.1%}", share >= 0.95)
    share = cost / best_cost
    yield Target("cascade: cost over the best single's", "<= 50 %", f"{share:.1%}", share <= 0.5)
