"""Tells what each threshold would do to an operator's own pairs of questions."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from wrp_proxy.cache.calibration import Pair, Served, calibrate, suggested
from wrp_proxy.cache.policy import PRESETS, make_policy
from wrp_proxy.cache_maker import make_verifier


class _Row(msgspec.Struct):
    text_a: str
    text_b: str
    same: bool | int


def calibration_lines(data: Path, verifier: str, preset: str) -> Iterator[str]:
    """Yield a table, one row per threshold; raise ValueError for a file that has no pairs."""
    policy = make_policy(PRESETS["exact-only"], {"preset": preset, "verifier": verifier})
    rows = calibrate(_pairs(data), make_verifier(policy))
    yield f"{rows[0].pairs} pairs, {rows[0].same} of them the same; verifier {verifier}"
    yield "threshold  served  found of the same  wrong of the served (95 %)"
    for row in rows:
        yield _line(row)
    best = suggested(rows, policy.error_budget)
    budget = f"{policy.error_budget:.0%}"
    if best is None:
        yield f"no threshold is shown to keep within {budget}: label more pairs, or be stricter"
    else:
        yield f"from {best.threshold:.2f} on at most {budget} are wrong, as far as these pairs tell"


def _line(row: Served) -> str:
    low, high = row.wrong_bounds
    return (
        f"{row.threshold:>9.2f}  {row.hit_rate:>6.1%}  {row.recall:>17.1%}  "
        f"{row.wrong_share:>6.1%} ({low:.1%} to {high:.1%})"
    )


def _pairs(data: Path) -> list[Pair]:
    from wrp_proxy.cache.embedders.onnx import OnnxMiniLM

    rows = list(_rows(data))
    if not rows:
        raise ValueError(f"there is no pair in {data}")
    model = OnnxMiniLM()
    model.load()
    ours = model.embed_batch([row.text_a for row in rows])
    theirs = model.embed_batch([row.text_b for row in rows])
    return [
        Pair(
            text_a=row.text_a,
            text_b=row.text_b,
            same=bool(row.same),
            similarity=float(one @ other),
        )
        for row, one, other in zip(rows, ours, theirs, strict=True)
    ]


def _rows(data: Path) -> Iterator[_Row]:
    with data.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield msgspec.json.decode(line, type=_Row)
            except msgspec.DecodeError as error:
                raise ValueError(f"line {number} of {data} is no pair: {error}") from error
