"""Two changes of the same sums, one after the other, as one."""

from wrp_proxy.statistics import Change


def merged(before: Change | None, after: Change, half_life_s: float) -> Change:
    """Return what has the same effect as both; sums of another length begin anew."""
    if before is None or len(before.added) != len(after.added):
        return after
    age_s = max(after.at - before.at, 0.0)
    fading = 0.5 ** (age_s / half_life_s) if half_life_s else 1.0
    kept = fading * after.factor
    return Change(
        key=after.key,
        factor=before.factor * after.factor,
        added=[old * kept + new for old, new in zip(before.added, after.added, strict=True)],
        at=max(before.at, after.at),
    )
