"""What the benchmark asks of a load generator, and what it hears back."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One way of loading a target; the same for every target that is compared by it."""

    name: str
    chunks: int = 0
    """Streamed events per request; 0 asks for an answer in one piece."""
    gap_us: int = 0
    """Pause between two chunks of the upstream."""
    burst: bool = False
    """All chunks in one write."""
    rate: float | None = None
    """Requests per second, whatever the answers do; None: the next one when one is answered."""
    same: bool = False
    """All requests are one, at temperature 0: a cache may answer them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One round of one target."""

    port: int
    path: str
    pids: list[int]
    """The target's processes, whose CPU time is read."""
    measure: Measure
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one round measured."""

    requests: int
    warm_up: int
    """Requests before the clock was started."""
    seconds: float
    cpu_s: float
    events: int = 0
    """SSE events received; the closing `[DONE]` is one."""
    reads: int = 0
    """Reads in which they came: fewer than events when chunks were joined on the way."""
    latencies_ms: list[float] = field(default_factory=list)
