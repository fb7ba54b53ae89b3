"""Takes an endpoint, or a key, out of service after too many failures, and lets it back carefully.

Closed: everything passes, failures are counted in a window. Open: nothing passes until the rest is
over. Half open: one request at a time tries; an answer closes it, a failure opens it for longer.
(Nygard, Release It!, 2nd edition, chapter 5.)
"""

from dataclasses import dataclass
from math import inf
from random import Random

_LONGEST_RETRY_AFTER_S = 300.0
"""No `Retry-After` keeps anything out for longer."""
_GROWTH = 2.0
_JITTER = 0.2
"""Share by which a rest is longer at random, so that not all come back at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When to open, and for how long."""

    cooldown_s: float = 5.0
    """The first rest; 0: never open."""
    max_cooldown_s: float = 300.0
    """Each rest after a failed try is twice as long as the last one, up to this."""
    window_s: float = 30.0
    failures: int = 3
    """In the window, at least."""
    failure_share: float = 0.5
    """Of the attempts in the window, at least."""


class Window:
    """Successes and failures of the last seconds, in two halves of which the older is dropped."""

    __slots__ = ("_half_s", "_now", "_past", "_since")

    def __init__(self, window_s: float) -> None:
        self._half_s = window_s / 2
        self._since = -inf
        self._now = [0, 0]
        self._past = [0, 0]

    def add(self, now: float, *, failed: bool) -> None:
        self._turn(now)
        self._now[failed] += 1

    def counts(self, now: float) -> tuple[int, int]:
        """Return successes and failures."""
        self._turn(now)
        return self._now[0] + self._past[0], self._now[1] + self._past[1]

    def clear(self) -> None:
        self._now, self._past = [0, 0], [0, 0]

    def _turn(self, now: float) -> None:
        age_s = now - self._since
        if age_s < self._half_s:
            return
        self._past = self._now if age_s < 2 * self._half_s else [0, 0]
        self._now, self._since = [0, 0], now


class Breaker:
    """Of one endpoint; times are monotonic seconds, given by the caller."""

    __slots__ = ("_random", "_rest_s", "_rules", "_window", "is_probed", "open_until", "opened_at")

    def __init__(self, rules: BreakerRules, random: Random) -> None:
        self._rules = rules
        self._random = random
        self._window = Window(rules.window_s)
        self._rest_s = 0.0
        self.opened_at: float | None = None
        """None: closed."""
        self.open_until = 0.0
        self.is_probed = False
        """Half open, and somebody tries."""

    @property
    def is_off(self) -> bool:
        """Tell whether nothing is ever taken out of service."""
        return not self._rules.cooldown_s

    def is_open(self, now: float) -> bool:
        """Tell whether it rests."""
        return self.opened_at is not None and now < self.open_until

    def begin(self) -> None:
        """An attempt begins; while half open it is the one that tries."""
        if self.opened_at is not None:
            self.is_probed = True

    def abandon(self) -> None:
        """An attempt has ended without telling anything, as when its client left."""
        self.is_probed = False

    def succeed(self, now: float) -> None:
        if self.opened_at is None:
            self._window.add(now, failed=False)
        else:
            self.close()

    def fail(self, now: float) -> None:
        """Count a failure; open where there are too many, or where the one that tried failed."""
        self.is_probed = False
        self._window.add(now, failed=True)
        if self.opened_at is not None:
            if now >= self.open_until:
                self.rest(now)
            return
        successes, failures = self._window.counts(now)
        share = failures / (successes + failures)
        if failures >= self._rules.failures and share >= self._rules.failure_share:
            self.rest(now)

    def rest(self, now: float, at_least_s: float = 0.0) -> None:
        """Open at once, as when the upstream asks for it; `at_least_s`: its `Retry-After`."""
        rules = self._rules
        self.is_probed = False
        if self.is_off:
            return
        if self.opened_at is None or now >= self.open_until:
            longest_s = max(rules.max_cooldown_s, rules.cooldown_s)
            self._rest_s = min(max(self._rest_s * _GROWTH, rules.cooldown_s), longest_s)
            self.opened_at = now
        rest_s = self._rest_s * (1 + _JITTER * self._random.random())
        rest_s = max(rest_s, min(at_least_s, _LONGEST_RETRY_AFTER_S))
        self.open_until = max(self.open_until, now + rest_s)
        self._window.clear()

    def half_open(self, now: float) -> None:
        """Let the next request try, before the rest is over."""
        self.open_until = min(self.open_until, now)

    def close(self) -> None:
        self.opened_at = None
        self.open_until = self._rest_s = 0.0
        self.is_probed = False
        self._window.clear()
