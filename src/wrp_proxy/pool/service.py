"""What the pool keeps for one listed model."""

import asyncio
from collections.abc import Callable, Sequence

from wrp_proxy.errors import AllLimitedError, AllRestingError, NoEndpointError, PoolFullError
from wrp_proxy.pool.base import Balancer, Clock, Demand
from wrp_proxy.pool.line import Line
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Model

_USUAL_S = 1.0
"""Of an answer, where nothing is known."""


class Service:
    """Endpoints, the balancer between them, and who waits for them.

    Sets of endpoints are bits here, in the order of `states`: that makes it cheap to tell whom
    in line a free one can serve.
    """

    def __init__(
        self,
        model: Model,
        balancer: Balancer,
        states: Sequence[EndpointState],
        longest_line: int,
        clock: Clock,
    ) -> None:
        self.model = model
        self.balancer = balancer
        self.states = states
        self.is_cut = model.is_cut
        self.line = Line(model.name, longest_line, clock, self._turn_s)
        self._clock = clock
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: float | None = None

    def able(self, demand: Demand) -> int:
        """Return the endpoints that may serve a demand, in service or not."""
        return sum(
            1 << place
            for place, state in enumerate(self.states)
            if demand.is_met_by(state.endpoint)
        )

    def look(self, now: float) -> tuple[int, int]:
        """Return the endpoints that are in service, and those of them that have a free slot."""
        up = free = 0
        bit = 1
        for state in self.states:
            if not state.is_out(now):
                up |= bit
                if not state.is_full:
                    free |= bit
            bit <<= 1
        return up, free

    def renew(self, model: Model, states: Sequence[EndpointState]) -> None:
        """Take over a model that was listed anew, perhaps with other endpoints."""
        self.model = model
        if list(states) == list(self.states):
            return
        self.states = states
        self.is_cut = model.is_cut
        self.line.renew(self.able)

    def watch(self, now: float, look_again: Callable[[], None]) -> None:
        """Have those in line look again when the first endpoint may be back."""
        resting = [one for one in self.states if one.is_out(now) and not one.is_draining]
        ends = [max(one.breaker.open_until, one.key.breaker.open_until) for one in resting]
        soonest = min(ends, default=None) if self.line else None
        if soonest == self._alarm_at:
            return
        self.rest()
        if soonest is not None:
            self._alarm_at = soonest
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(soonest - now, self._ring, look_again)

    def rest(self) -> None:
        """Stop watching."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._alarm_at = None

    def is_full(self) -> PoolFullError:
        """Say that nothing is free, and when something may be."""
        return PoolFullError(
            f"Every endpoint of model '{self.model.name}' is busy; try again shortly.",
            retry_after_s=self.line.retry_after_s(),
        )

    def nobody_for(self, demand: Demand, now: float) -> NoEndpointError:
        """Say why a demand cannot be served, and when it may be; a rate limit is told as one."""
        name = self.model.name
        able = [state for state in self.states if demand.is_met_by(state.endpoint)]
        if not able:
            return NoEndpointError(f"No endpoint of model '{name}' is left to try.")
        ends = [end for state in able if (end := state.back_at()) is not None]
        after_s = max(min(ends) - now, 1.0) if ends else None
        if all(state.is_limited and state.back_at() is not None for state in able):
            said = f"Every endpoint of model '{name}' is at its upstream's rate limit."
            return AllLimitedError(said, retry_after_s=after_s)
        why = "; ".join(f"{state.endpoint.name} {state.why_out(now)}" for state in able)
        said = f"Every endpoint of model '{name}' is out of service: {why}."
        return AllRestingError(said, retry_after_s=after_s)

    def _ring(self, look_again: Callable[[], None]) -> None:
        self._alarm = self._alarm_at = None
        look_again()

    def _turn_s(self) -> float:
        """Estimate how long it takes until a slot comes free: service time over slots."""
        now = self._clock()
        up = [state for state in self.states if not state.is_out(now)]
        known = [state.pace.service_s for state in up if state.pace.service_s is not None]
        slots = sum(state.endpoint.max_concurrency or 1 for state in up)
        return (sum(known) / len(known) if known else _USUAL_S) / max(slots, 1)
