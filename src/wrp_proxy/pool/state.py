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
    """The upstream refused the key; None: it did not, or has taken it since."""
    kills: int = 0
    """How often in a row: it may be refused again right after it has seemed good."""
    troubled: dict[Endpoint, float] = field(default_factory=dict)
    """When which of its endpoints last failed by what may be the account's or the server's fault.
    """

    def refuse(self, ticket: int, now: float) -> None:
        """The upstream has refused it, unless that is an old story."""
        if self.breaker.is_current(ticket):
            self.kill(now)

    def kill(self, now: float) -> None:
        """Take it out of service; after the longest rest one request may try it all the same."""
        if self.breaker.is_off:
            return
        self.killed_at = now
        self.kills += 1
        self.breaker.shut(now)

    def follow(self, now: float, rest_s: float) -> None:
        """Another replica's key was refused, and it is the same one."""
        if not self.breaker.is_off and not self.breaker.is_probed:
            self.killed_at = self.killed_at or now
            self.breaker.follow(now, rest_s)

    def revive(self) -> None:
        self.killed_at = None
        self.kills = 0
        self.troubled.clear()
        self.breaker.close()

    def blame(self, endpoint: Endpoint, ticket: int, now: float) -> None:
        """Count a failure of an endpoint; what only one endpoint meets with is not the key's."""
        self.troubled[endpoint] = now
        others = [at for other, at in self.troubled.items() if other != endpoint]
        if any(now - at < _FRESH_S for at in others):
            self.breaker.fail(ticket, now)
        else:
            self.breaker.abandon(ticket)

    def is_out(self, now: float) -> bool:
        return self.breaker.is_open(now)


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
        breaker, key = self.breaker, self.key.breaker
        if breaker.opened_at is None and key.opened_at is None:
            return self.is_draining  # nearly always, and asked for each endpoint of each request
        return self.is_draining or breaker.is_open(now) or key.is_open(now)

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
        if not self.is_out(now):
            return ""
        if self.key.killed_at is not None and self.key.is_out(now):
            return "has no valid key"
        return "rests at its rate limit" if self.is_limited else "rests after failures"

    def let_try(self, now: float) -> None:
        """Its server is well: let a request try, unless it rests for a rate limit."""
        if not self.is_limited:
            self.breaker.half_open(now)

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
