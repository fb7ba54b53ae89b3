"""Whatever happens to an endpoint, in whatever order."""

from dataclasses import dataclass
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from wrp_proxy.pool.breaker import Breaker, BreakerRules

RULES = BreakerRules(cooldown_s=5, max_cooldown_s=60, window_s=30, failures=3, failure_share=0.5)
LONGEST_S = 300.0


@dataclass(eq=False)
class Going:
    """An attempt that has begun."""

    ticket: int
    began_at: float
    tries: bool
    """It began while the breaker was half open."""


class BreakerMachine(RuleBasedStateMachine):
    """Asks like the pool: nothing while it is open, one at a time while it is half open."""

    attempts: Bundle[Going] = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.breaker = Breaker(RULES, Random(1))  # noqa: S311 - jitter
        self.going: set[Going] = set()
        self.asked_until = 0.0

    @rule(by_s=st.sampled_from([0.1, 1.0, 5.0, 7.0, 20.0, 61.0, 400.0]))
    def wait(self, by_s: float) -> None:
        self.now += by_s

    @rule(target=attempts)
    def begin(self) -> Going:
        may_ask = not (self.breaker.is_open(self.now) or self.breaker.is_probed)
        tries = may_ask and self.breaker.opened_at is not None
        going = Going(self.breaker.begin(self.now), self.now, tries)
        if may_ask:
            self.going.add(going)
        return going

    @rule(going=consumes(attempts))
    def succeed(self, going: Going) -> None:
        was_open = self.breaker.opened_at is not None
        rested_from = self.breaker.open_until
        self.breaker.succeed(going.ticket, self.now)
        if was_open and self.breaker.opened_at is None:
            assert going.tries
            assert going in self.going
            assert going.began_at >= rested_from
            self.asked_until = 0.0
        self.going.discard(going)

    @rule(going=consumes(attempts))
    def fail(self, going: Going) -> None:
        until, was_open = self.breaker.open_until, self.breaker.is_open(self.now)
        was_not_closed = self.breaker.opened_at is not None
        self.breaker.fail(going.ticket, self.now)
        if was_open or (was_not_closed and not going.tries):
            assert self.breaker.open_until == until
        self.going.discard(going)

    @rule(going=consumes(attempts))
    def leave(self, going: Going) -> None:
        before = (self.breaker.opened_at, self.breaker.open_until)
        self.breaker.abandon(going.ticket)
        assert (self.breaker.opened_at, self.breaker.open_until) == before
        self.going.discard(going)

    @rule(going=consumes(attempts), asked_s=st.floats(0, 1000))
    def back_off(self, going: Going, asked_s: float) -> None:
        self.breaker.back_off(going.ticket, self.now, asked_s)
        if asked_s:
            self.asked_until = max(self.asked_until, self.now + min(asked_s, LONGEST_S))
        self.going.discard(going)

    @rule(rest_s=st.floats(-10, 1000))
    def follow(self, rest_s: float) -> None:
        self.breaker.follow(self.now, rest_s)

    @rule()
    def let_try(self) -> None:
        self.breaker.half_open(self.now)

    @rule()
    def count_a_failure_of_a_probe(self) -> None:
        until = self.breaker.open_until
        was_closed = self.breaker.opened_at is None
        self.breaker.count_failure(self.now)
        assert was_closed or self.breaker.open_until == until

    @rule()
    def revive(self) -> None:
        self.breaker.close()
        self.asked_until = 0.0

    @invariant()
    def one_at_most_tries(self) -> None:
        if self.breaker.is_probed:
            trying = [going for going in self.going if self.breaker.is_current(going.ticket)]
            assert len(trying) == 1

    @invariant()
    def a_rest_is_never_shorter_than_it_was_asked_for(self) -> None:
        if self.now < self.asked_until:
            assert self.breaker.is_open(self.now)

    @invariant()
    def a_rest_ends(self) -> None:
        assert self.breaker.open_until - self.now <= LONGEST_S + 1e-6


BreakerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_breaker = BreakerMachine.TestCase
