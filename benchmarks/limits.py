"""What wrp-proxy may cost at most."""

from collections.abc import Sequence
from dataclasses import dataclass

from report import REFERENCE, Row


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that wrp-proxy may take of something."""

    column: str
    most: float
    wording: str


LIMITS = (
    Limit("cpu_us", 400, "us CPU per request"),
    Limit("burst_us", 15, "us CPU per relayed chunk"),
    Limit("rss_mb", 120, "MB resident"),
    Limit("ready_s", 1.5, "s from start to ready"),
)


def misses(reported: Sequence[Row]) -> list[str]:
    """Return a sentence for each limit that wrp-proxy does not keep."""
    for row in reported:
        if row.name == REFERENCE:
            return [text for limit in LIMITS if (text := _miss(row, limit))]
    return [f"{REFERENCE} was not measured"]


def _miss(row: Row, limit: Limit) -> str | None:
    measured: float | None = getattr(row, limit.column)
    if measured is None or measured <= limit.most:
        return None
    return f"{REFERENCE} misses {limit.most:g} {limit.wording}: {measured:.2f}"
