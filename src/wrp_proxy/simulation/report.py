"""Figures of a simulation as tables for people."""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
_COLUMNS = (
    ("replicas", ("replicas",), "d"),
    ("GPUs", ("gpus",), "d"),
    ("USD/h", ("cost_usd_per_h",), ".2f"),
    ("TTFT p50", ("ttft_s", "p50"), ".3f"),
    ("p90", ("ttft_s", "p90"), ".3f"),
    ("p99", ("ttft_s", "p99"), ".3f"),
    ("wait p99", ("queue_wait_s", "p99"), ".3f"),
    ("TPOT p50", ("tpot_s", "p50"), ".4f"),
    ("p99", ("tpot_s", "p99"), ".4f"),
    ("load", ("load",), ".1%"),
    ("slots", ("utilisation",), ".1%"),
    ("prefill", ("prefill_utilisation",), ".1%"),
    ("preempted", ("preemptions",), "d"),
    ("tokens/J", ("output_tokens_per_joule",), ".3f"),
)
"""Title, where it stands, and form; seconds, and what is not there is a dash."""


def lines_of(figures: Json) -> Iterator[str]:
    """Yield the fleet as it is written, then what the search has found."""
    trace = figures["trace"]
    yield (
        f"{trace['requests']} requests in {trace['span_s']:.0f} s, "
        f"{trace['requests_per_s']:.1f} a second; in the mean {trace['mean_input_tokens']:.0f} "
        f"tokens, and {trace['mean_output_tokens']:.0f} of answer"
    )
    yield ""
    yield "as written"
    yield from _fleet_lines(figures["as_written"])
    if search := figures.get("search"):
        yield ""
        yield from _search_lines(search)


def _search_lines(search: Json) -> Iterator[str]:
    yield f"one pool that keeps, at P99, {target_of(search)}"
    yield from _fleet_lines(search["homogeneous"])
    yield ""
    yield from _boundary_lines(search)
    best = search["best"]
    if best is None:
        yield "no boundary keeps the target with two pools"
        return
    yield ""
    yield (
        f"two pools, cut at {best['boundary_tokens']} tokens: "
        f"{_difference(best['saving'], 'cheaper', 'dearer')}, "
        f"{_difference(best['gpu_saving'], 'fewer', 'more')} GPUs"
    )
    yield from _fleet_lines(best)


def target_of(search: Json) -> str:
    """Return in words what 99 % of the requests of each pool have to get."""
    tpot_s = search["slo_tpot_p99_s"]
    ttft = f"a TTFT of {search['slo_ttft_p99_s']:g} s"
    return ttft if tpot_s is None else f"{ttft} and a TPOT of {tpot_s:g} s"


def _difference(saving: float, less: str, more: str) -> str:
    return f"{abs(saving):.1%} {less if saving >= 0 else more}"


def _fleet_lines(fleet: Json) -> Iterator[str]:
    rows = {**fleet["pools"], "total": fleet["total"]}
    width = max(len(name) for name in rows)
    yield "  ".join([" " * width, *(title.rjust(9) for title, _, _ in _COLUMNS)])
    for name, row in rows.items():
        yield "  ".join(
            [name.ljust(width), *(_cell(row, path, form) for _, path, form in _COLUMNS)]
        )
    if not fleet.get("keeps_target", True):
        yield "the target is NOT kept on the whole trace"
    total = fleet["total"]
    yield (
        f"served {total['served']}, refused {total['refused']}, cut short {total['truncated']}; "
        f"spilled {total['spilled_share']:.2%}, sent to the wrong pool "
        f"{total['misrouted_share']:.2%}; {total['cost_usd']:.2f} USD in {total['span_s']:.0f} s"
    )


def _cell(row: Json, path: tuple[str, ...], form: str) -> str:
    value: Any = row
    for key in path:
        value = value.get(key)
    return ("-" if value is None else format(value, form)).rjust(9)


def _boundary_lines(search: Json) -> Iterator[str]:
    yield (
        "boundary   short    long      USD/h   saving  of the best   predicted  "
        "short requests   gain"
    )
    for row in search["boundaries"]:
        of_best = row["share_of_best_saving"]
        yield (
            f"{row['boundary_tokens']:>8}{row['short']['replicas']:>8}{row['long']['replicas']:>8}"
            f"{row['usd_per_h']:>11.2f}{row['saving']:>9.1%}"
            f"{'-' if of_best is None else format(of_best, '.0%'):>13}"
            f"{row['predicted_saving']:>12.1%}{row['short_share']:>16.1%}"
            f"{row['throughput_gain']:>7.2f}"
        )
    for boundary, reason in search["failures"].items():
        yield f"{boundary:>8}  {reason}"
    yield ""
    yield "a step of the boundary adds to the short pool, and saves in the long one, USD/h"
    for step in search["marginal_costs"]:
        yield (
            f"{step['from_tokens']:>8} ->{step['to_tokens']:>6}"
            f"{step['short_added_usd_per_h']:>11.2f}{step['long_saved_usd_per_h']:>11.2f}"
        )
