"""What this process knows of its endpoints and their keys, now."""

from dataclasses import dataclass, field

from wrp_proxy.pool.breaker import Breaker
from wrp_proxy.pool.pace import Pace
from wrp_proxy.types import Endpoint

_FRESH_S = 30.0


@dataclass(slots=True, eq=False)
class KeyState:
    """One account or server, with its key; all its endpoints go out of service with it."""

    provider: str
    breaker: Breaker
    killed_at: float | None = None
    """The upstream refused the key; None: it did not."""
    limited: dict[Endpoint, float] = field(default_factory=dict)
    """When which of its endpoints was last told to slow down."""

    def kill(self, now: float) -> None:
        if self.killed_at is None and not self.breaker.is_off:
            self.killed_at = now

    def revive(self) -> None:
        self.killed_at = None
        self.breaker.close()

    def limit(self, endpoint: Endpoint, now: float) -> None:
        """Count a rate limit; one that only one endpoint meets with is not the key's."""
        self.limited[endpoint] = now
        fresh = [at for at in self.limited.values() if now - at < _FRESH_S]
        if len(fresh) > 1:
            self.breaker.fail(now)

    def is_out(self, now: float) -> bool:
        return self.killed_at is not None or self.breaker.is_open(now)


@dataclass(slots=True, eq=False)
class EndpointState:
    """One endpoint; changed by the pool alone, on the event loop."""

    endpoint: Endpoint
    breaker: Breaker
    key: KeyState
    weight: float = 1.0
    """Share of the traffic; at first as configured."""
    is_draining: bool = False
    """It gets no new requests."""
    in_flight: int = 0
    elsewhere: int = 0
    """In flight from other replicas, as they said lately."""
    unanswered: dict[object, float] = field(default_factory=dict)
    """Lease -> when it began, of those without any content yet; the oldest first."""
    pace: Pace = field(default_factory=Pace)
    is_limited: bool = False
    """The last thing that it said was a rate limit."""

    def is_out(self, now: float) -> bool:
        """Tell whether it is out of service."""
        return self.is_draining or self.breaker.is_open(now) or self.key.is_out(now)

    @property
    def is_full(self) -> bool:
        """Tell whether all its slots are taken; one that is being tried has no other."""
        limit = self.endpoint.max_concurrency
        if limit is not None and self.in_flight >= limit:
            return True
        return self.breaker.is_probed or self.key.breaker.is_probed

    def back_at(self) -> float | None:
        """Return when it may be tried again; None: that is not known."""
        if self.is_draining or self.key.killed_at is not None:
            return None
        return max(self.breaker.open_until, self.key.breaker.open_until)

    def why_out(self, now: float) -> str:
        """Say why it is out of service; empty: it is not."""
        if self.is_draining:
            return "is drained"
        if self.key.killed_at is not None:
            return "has no valid key"
        return "rests after failures" if self.is_out(now) else ""

    def load(self) -> int:
        """Return what is in flight, here and elsewhere."""
        return self.in_flight + self.elsewhere

    def latency_s(self, now: float) -> float:
        """Return the peak EWMA of the time to first content, or how long the oldest waits for it.

        So that an endpoint that hangs is noticed before it has failed. 0: never asked.
        """
        known = self.pace.peak_s(now)
        if not self.unanswered:
            return known
        return max(known, now - next(iter(self.unanswered.values())))

    def expected_wait_s(self) -> float:
        """Return the queue estimate times the service time, over the slots; 0 where one is free."""
        slots = self.endpoint.max_concurrency
        if slots is None or self.in_flight < slots:
            return 0.0
        return (self.in_flight + 1 - slots) * (self.pace.service_s or 1.0) / max(slots, 1)
