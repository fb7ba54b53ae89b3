"""From raw samples to one row per target and a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from rounds import latency_at
from samples import Sample
from session import Session
from targets import Target

REFERENCE = "wrp-proxy"
HEADINGS = (
    "target",
    "requests/s per core",
    "CPU us/request",
    "CPU us/chunk separate",
    "CPU us/chunk burst",
    "added p50/p99 ms",
    "RSS MB",
    "ready s",
    f"CPU vs {REFERENCE}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is reported of one target."""

    name: str
    cpu_us: float
    separate_us: float
    burst_us: float
    rate: float
    added_p50_ms: float
    added_p99_ms: float
    rss_mb: float
    ready_s: float | None


def rows(session: Session) -> list[Row]:
    """Return one row per target, the upstream first."""
    return [_row(session, target) for target in session.targets]


def table(reported: Sequence[Row]) -> str:
    """Return the rows as aligned text."""
    reference = next((row.cpu_us for row in reported if row.name == REFERENCE), None)
    lines = [HEADINGS, *(_cells(row, reference) for row in reported)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_aligned(line, widths) for line in lines)


def baselines(session: Session) -> str:
    """Return what the added latency was added to, a line per rate."""
    upstream = session.samples[session.targets[0].name]
    lines = []
    for rate in sorted({target.rate for target in session.targets}):
        rounds = upstream[latency_at(rate)]
        p50, p99 = (
            median(_percentile(sample, percent) for sample in rounds) for percent in (50, 99)
        )
        lines.append(f"direct at {rate:g} requests/s: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    return "\n".join(lines)


def _row(session: Session, target: Target) -> Row:
    own, upstream = session.samples[target.name], session.samples[session.targets[0].name]
    measure = latency_at(target.rate)
    relayed, direct = own[measure], upstream[measure]
    return Row(
        name=target.name,
        cpu_us=median(map(_cpu_us, own["request"])),
        separate_us=_chunk_us(own["separate, few"], own["separate, many"]),
        burst_us=_chunk_us(own["burst, few"], own["burst, many"]),
        rate=target.rate,
        added_p50_ms=_added_ms(relayed, direct, 50),
        added_p99_ms=_added_ms(relayed, direct, 99),
        rss_mb=session.rss_mb[target.name],
        ready_s=target.ready_s,
    )


def _cpu_us(sample: Sample) -> float:
    return sample.cpu_s / sample.requests * 1e6


def _chunk_us(few: Sequence[Sample], many: Sequence[Sample]) -> float:
    pairs = zip(few, many, strict=True)
    return median(
        (_cpu_us(longer) - _cpu_us(shorter)) / (_events(longer) - _events(shorter))
        for shorter, longer in pairs
    )


def _added_ms(relayed: Sequence[Sample], direct: Sequence[Sample], percent: int) -> float:
    pairs = zip(relayed, direct, strict=True)
    return median(_percentile(own, percent) - _percentile(base, percent) for own, base in pairs)


def _percentile(sample: Sample, percent: int) -> float:
    return quantiles(sample.latencies_ms, n=100, method="inclusive")[percent - 1]


def _events(sample: Sample) -> float:
    return sample.events / sample.requests


def _cells(row: Row, reference: float | None) -> tuple[str, ...]:
    return (
        row.name,
        f"{1e6 / row.cpu_us:,.0f}",
        f"{row.cpu_us:,.0f}",
        f"{row.separate_us:,.1f}",
        f"{row.burst_us:,.1f}",
        f"{row.added_p50_ms:.2f} / {row.added_p99_ms:.2f}",
        f"{row.rss_mb:,.0f}",
        "-" if row.ready_s is None else f"{row.ready_s:.2f}",
        f"{row.cpu_us / reference:.2f}" if reference else "-",
    )


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)])
