"""Thresholds of verifiers that score, from answers of which it is known whether they are good."""

from collections.abc import Iterable


def threshold_for(labelled: Iterable[tuple[float, bool]], precision: float) -> float | None:
    """Return the lowest threshold at which at least this share of what passes is good.

    `labelled`: score of an answer, and whether it is good. None: there is no such threshold.
    """
    found: float | None = None
    good = 0
    ranked = sorted(labelled, reverse=True)
    for count, (score, is_good) in enumerate(ranked, 1):
        good += is_good
        is_last_of_score = count == len(ranked) or ranked[count][0] < score
        if is_last_of_score and good >= precision * count:
            found = score
    return found
