"""Takes an endpoint, or a key, out of service after too many failures, and lets it back carefully.

Closed: everything passes, failures are counted in a window. Open: nothing passes until the rest is
over. Half open: one request at a time tries; an answer closes it, a failure opens it for longer.
(Nygard, Release It!, 2nd edition, chapter 5.) What began before it opened tells nothing of what
has been since: every attempt has a ticket, and those of an earlier round are not heard.
"""

from dataclasses import dataclass
from math import inf
from random import Random

from wrp_proxy.pool.window import Window

_LONGEST_RETRY_AFTER_S = 300.0
"""No `Retry-After` keeps anything out for longer."""
_GROWTH = 2.0
_JITTER = 0.2
"""Share by which a rest is longer at random, so that not all come back at once."""
_UNHEARD = -1
"""The ticket of an attempt that nobody should have begun."""


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


class Breaker:
    """Of one endpoint or key; times are monotonic seconds, given by the caller."""

    __slots__ = (
        "_asked_until",
        "_random",
        "_rest_s",
        "_round",
        "_rules",
        "_window",
        "is_probed",
        "open_until",
        "opened_at",
        "succeeded_at",
    )

    def __init__(self, rules: BreakerRules, random: Random) -> None:
        self._rules = rules
        self._random = random
        self._window = Window(rules.window_s)
        self._rest_s = 0.0
        self._asked_until = 0.0
        """The upstream itself asked not to be asked before."""
        self._round = 0
        self.opened_at: float | None = None
        """None: closed."""
        self.open_until = 0.0
        self.is_probed = False
        """Half open, and somebody tries."""
        self.succeeded_at = -inf

    @property
    def is_off(self) -> bool:
        """Tell whether nothing is ever taken out of service."""
        return not self._rules.cooldown_s

    def is_open(self, now: float) -> bool:
        """Tell whether it rests."""
        return self.opened_at is not None and now < self.open_until

    def is_half_open(self, now: float) -> bool:
        """Tell whether it has rested, and nobody has had an answer since."""
        return self.opened_at is not None and now >= self.open_until

    def failures(self, now: float) -> int:
        """Count those in the window."""
        return self._window.counts(now)[1]

    def begin(self, now: float) -> int:
        """Return the ticket of an attempt that begins; while half open it is the one that tries."""
        if self.opened_at is None:
            return self._round
        if self.is_probed or now < self.open_until:
            return _UNHEARD
        self.is_probed = True
        self._round += 1
        return self._round

    def is_current(self, ticket: int) -> bool:
        """Tell whether nothing has changed since the attempt began."""
        return ticket == self._round

    def abandon(self, ticket: int) -> None:
        """An attempt has ended without telling anything, as when its client left."""
        if ticket == self._round:
            self.is_probed = False

    def succeed(self, ticket: int, now: float) -> None:
        if ticket != self._round:
            return
        self.succeeded_at = now
        self.is_probed = False
        if self.opened_at is None:
            self._window.add(now, failed=False)
        elif now >= self.open_until:
            self.close()

    def fail(self, ticket: int, now: float) -> None:
        """Count a failure; open where there are too many, or where the one that tried failed."""
        if ticket != self._round:
            return
        self.is_probed = False
        if self.opened_at is None:
            self.count_failure(now)
        elif now >= self.open_until:
            self._open(now)

    def count_failure(self, now: float) -> None:
        """Count what no attempt has met with, while it is closed."""
        if self.opened_at is not None:
            return
        self._window.add(now, failed=True)
        successes, failures = self._window.counts(now)
        share = failures / (successes + failures)
        if failures >= self._rules.failures and share >= self._rules.failure_share:
            self._open(now)

    def back_off(self, ticket: int, now: float, retry_after_s: float) -> None:
        """Open at once, for as long as the upstream asks for, whenever the attempt began."""
        if self.is_off or (ticket != self._round and not retry_after_s):
            return
        if ticket == self._round:
            self.is_probed = False
            if not self.is_open(now):
                self._open(now)
        asked_s = min(retry_after_s, _LONGEST_RETRY_AFTER_S)
        if asked_s:
            self._asked_until = max(self._asked_until, now + asked_s)
            self._stay_open(now, self._asked_until)

    def shut(self, now: float) -> None:
        """Open at once for the longest rest."""
        if not self.is_off:
            self._rest_s = self._longest_s
            self._open(now)

    def follow(self, now: float, rest_s: float) -> None:
        """Rest as long as another replica does, unless somebody tries already."""
        if not self.is_off and not self.is_probed and rest_s > 0:
            longest_s = max(self._longest_s * (1 + _JITTER), _LONGEST_RETRY_AFTER_S)
            self._rest_s = max(self._rest_s, self._rules.cooldown_s)
            self._stay_open(now, now + min(rest_s, longest_s))

    def half_open(self, now: float) -> None:
        """Let the next request try, before the rest is over but for what the upstream asked for."""
        self.open_until = max(min(self.open_until, now), self._asked_until)

    def close(self) -> None:
        if self.opened_at is not None:
            self._round += 1
        self.opened_at = None
        self.open_until = self._rest_s = self._asked_until = 0.0
        self.is_probed = False
        self._window.clear()

    @property
    def _longest_s(self) -> float:
        return max(self._rules.max_cooldown_s, self._rules.cooldown_s)

    def _open(self, now: float) -> None:
        if self.is_off:
            return
        grown_s = max(self._rest_s * _GROWTH, self._rules.cooldown_s)
        self._rest_s = min(grown_s, self._longest_s)
        self.opened_at = now
        self.open_until = self._asked_until
        self._stay_open(now, now + self._rest_s * (1 + _JITTER * self._random.random()))
        self._round += 1
        self.is_probed = False

    def _stay_open(self, now: float, until: float) -> None:
        if self.opened_at is None:
            self.opened_at = now
            self._round += 1
        self.open_until = max(self.open_until, until)
        self._window.clear()
