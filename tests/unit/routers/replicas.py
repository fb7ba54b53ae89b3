"""What a store does through which replicas share what they have learnt."""

from collections.abc import Iterable

import numpy as np

from wrp_proxy.statistics import Change, Statistics

Totals = dict[str, tuple[list[float], float]]


def hand_over(changes: Iterable[Change], totals: Totals, half_life_s: float | None = None) -> None:
    """Add changes to the totals, both faded to the later of their times."""
    for change in changes:
        known = totals.get(change.key)
        totals[change.key] = _added_up(known, change, half_life_s)


def exchange(replicas: Iterable[Statistics], totals: Totals) -> None:
    """Add up the changes of all, and hand out the totals."""
    replicas = list(replicas)
    for statistics in replicas:
        hand_over(statistics.changes(), totals, statistics.half_life_s)
    for statistics in replicas:
        statistics.replace(totals)


def _added_up(
    known: tuple[list[float], float] | None, change: Change, half_life_s: float | None
) -> tuple[list[float], float]:
    if known is None:
        return [*change.added], change.at
    values, at = known
    latest = max(at, change.at)
    before, now = (
        1.0 if half_life_s is None else 0.5 ** ((latest - since) / half_life_s)
        for since in (at, change.at)
    )
    total = np.asarray(values) * (before * change.factor) + np.asarray(change.added) * now
    return total.tolist(), latest
