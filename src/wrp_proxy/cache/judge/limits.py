"""How much the judge may do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeLimits:
    """One call is under way at a time."""

    hit_share: float = 0.02
    """Share of hits that is audited."""
    miss_share: float = 0.1
    """Share of misses in the grey zone that is compared."""
    calls_per_minute: float = 30.0
    usd_per_day: float = 1.0
    """The call that reaches it is the last of its day; calls of unknown cost count nothing."""
    timeout_s: float = 30.0
    max_waiting: int = 256


class Spending:
    """Spaces calls evenly, and counts what they cost in each day of Unix time."""

    def __init__(
        self,
        limits: JudgeLimits,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[object]],
    ) -> None:
        self.total_usd = 0.0
        self._interval_s = 60.0 / limits.calls_per_minute
        self._usd_per_day = limits.usd_per_day
        self._clock = clock
        self._pause = pause
        self._next_call_at = 0.0
        self._day = 0.0
        self._day_usd = 0.0

    @property
    def is_over(self) -> bool:
        """The day's money is spent."""
        is_today = self._clock() // _DAY_S == self._day
        return (self._day_usd if is_today else 0.0) >= self._usd_per_day

    async def turn(self) -> None:
        """Wait until another call may be made, and take that call."""
        # No longer than the interval: the clock may have been put back.
        wait_s = min(self._next_call_at - self._clock(), self._interval_s)
        if wait_s > 0:
            await self._pause(wait_s)
        self._next_call_at = self._clock() + self._interval_s

    def add(self, cost_usd: float | None) -> None:
        day = self._clock() // _DAY_S
        if day != self._day:
            self._day, self._day_usd = day, 0.0
        self._day_usd += cost_usd or 0.0
        self.total_usd += cost_usd or 0.0
