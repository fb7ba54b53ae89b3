"""When an endpoint rests, for how long, and what lets it back."""

from random import Random

import pytest

from tests.unit.clock import Clock
from wrp_proxy.pool.breaker import Breaker, BreakerRules

RULES = BreakerRules(cooldown_s=5, max_cooldown_s=60, window_s=30, failures=3, failure_share=0.5)


class NoJitter(Random):
    def random(self) -> float:
        return 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(RULES, NoJitter())


def fail(breaker: Breaker, clock: Clock, times: int = 1) -> None:
    for _ in range(times):
        breaker.fail(breaker.begin(clock.now), clock.now)


def succeed(breaker: Breaker, clock: Clock, times: int = 1) -> None:
    for _ in range(times):
        breaker.succeed(breaker.begin(clock.now), clock.now)


def rest_s(breaker: Breaker, clock: Clock) -> float:
    return breaker.open_until - clock.now if breaker.is_open(clock.now) else 0.0


def test_it_takes_several_failures_to_open(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, clock, 2)
    before = rest_s(breaker, clock)
    fail(breaker, clock)

    assert (before, rest_s(breaker, clock)) == (0.0, 5.0)


def test_failures_among_many_successes_do_not_open(breaker: Breaker, clock: Clock) -> None:
    succeed(breaker, clock, 4)
    fail(breaker, clock, 3)
    before = rest_s(breaker, clock)
    fail(breaker, clock)

    assert (before, rest_s(breaker, clock)) == (0.0, 5.0)


def test_failures_are_forgotten_after_the_window(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, clock, 2)
    clock.now += 31
    fail(breaker, clock, 2)

    assert not breaker.is_open(clock.now)


def test_after_the_rest_one_at_a_time_tries(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, clock, 3)
    clock.now += 5
    breaker.begin(clock.now)

    assert breaker.is_probed
    assert not breaker.is_open(clock.now)


def test_each_rest_after_a_failed_try_is_twice_as_long_up_to_a_limit(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, clock, 3)
    rests = []
    for _ in range(6):
        rests.append(rest_s(breaker, clock))
        clock.now = breaker.open_until
        fail(breaker, clock)

    assert rests == [5, 10, 20, 40, 60, 60]


def test_a_success_closes_and_the_growth_is_forgotten(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, clock, 3)
    clock.now += 5
    fail(breaker, clock)
    clock.now += 10
    succeed(breaker, clock)
    fail(breaker, clock, 3)

    assert rest_s(breaker, clock) == 5


def test_a_rest_is_a_little_longer_at_random(clock: Clock) -> None:
    rests = set()
    for seed in range(20):
        breaker = Breaker(RULES, Random(seed))  # noqa: S311 - jitter
        fail(breaker, clock, 3)
        rests.add(rest_s(breaker, clock))

    assert len(rests) == 20
    assert 5 <= min(rests) < max(rests) <= 6


def test_what_began_before_it_opened_tells_nothing_after(breaker: Breaker, clock: Clock) -> None:
    late = [breaker.begin(clock.now) for _ in range(3)]
    fail(breaker, clock, 3)
    until = breaker.open_until

    clock.now += 1
    breaker.succeed(late[0], clock.now)
    breaker.fail(late[1], clock.now)
    breaker.back_off(late[2], clock.now, 0.0)

    assert breaker.open_until == until
    assert breaker.is_open(clock.now)


def test_what_began_before_it_opened_does_not_meddle_with_the_try(
    breaker: Breaker, clock: Clock
) -> None:
    late = [breaker.begin(clock.now) for _ in range(3)]
    fail(breaker, clock, 3)
    clock.now += 5
    tries = breaker.begin(clock.now)

    breaker.abandon(late[0])
    breaker.fail(late[1], clock.now)
    breaker.succeed(late[2], clock.now)
    assert breaker.is_probed
    assert breaker.opened_at is not None

    breaker.succeed(tries, clock.now)
    assert breaker.opened_at is None


def test_failures_from_before_it_closed_are_not_held_against_it(
    breaker: Breaker, clock: Clock
) -> None:
    late = [breaker.begin(clock.now) for _ in range(9)]
    fail(breaker, clock, 3)
    clock.now += 5
    succeed(breaker, clock)

    for ticket in late:
        breaker.fail(ticket, clock.now)

    assert breaker.opened_at is None


def test_a_try_that_is_given_up_leaves_its_place_to_the_next(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, clock, 3)
    clock.now += 5
    breaker.abandon(breaker.begin(clock.now))

    assert not breaker.is_probed
    assert breaker.is_half_open(clock.now)


@pytest.mark.parametrize(
    ("asked_s", "expected_s"), [(0, 5), (1, 5), (7, 7), (299, 299), (1e6, 300)]
)
def test_it_backs_off_at_once_as_long_as_it_is_asked_to(
    breaker: Breaker, clock: Clock, asked_s: float, expected_s: float
) -> None:
    breaker.back_off(breaker.begin(clock.now), clock.now, asked_s)

    assert rest_s(breaker, clock) == expected_s


def test_what_the_upstream_asks_for_counts_whenever_the_attempt_began(
    breaker: Breaker, clock: Clock
) -> None:
    late = breaker.begin(clock.now)
    fail(breaker, clock, 3)

    breaker.back_off(late, clock.now, 100.0)

    assert rest_s(breaker, clock) == 100
    clock.now += 100
    fail(breaker, clock)
    assert rest_s(breaker, clock) == 10


def test_a_success_does_not_cut_what_the_upstream_has_asked_for_since(
    breaker: Breaker, clock: Clock
) -> None:
    late = breaker.begin(clock.now)
    fail(breaker, clock, 3)
    clock.now += 5
    tries = breaker.begin(clock.now)
    breaker.back_off(late, clock.now, 100.0)

    breaker.succeed(tries, clock.now)

    assert rest_s(breaker, clock) == 100


def test_it_can_be_let_try_early_but_not_against_the_upstreams_word(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, clock, 3)
    breaker.half_open(clock.now)
    early = breaker.is_half_open(clock.now)
    breaker.back_off(breaker.begin(clock.now), clock.now, 60.0)
    breaker.half_open(clock.now)

    assert early
    assert rest_s(breaker, clock) == 60


def test_it_rests_with_others_no_longer_than_they_do(breaker: Breaker, clock: Clock) -> None:
    breaker.follow(clock.now, 3.0)
    followed = rest_s(breaker, clock)
    breaker.follow(clock.now, 1e9)

    assert followed == 3
    assert rest_s(breaker, clock) == 300


def test_it_does_not_follow_others_while_it_is_tried(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, clock, 3)
    clock.now += 5
    tries = breaker.begin(clock.now)

    breaker.follow(clock.now, 60.0)
    breaker.succeed(tries, clock.now)

    assert breaker.opened_at is None


def test_without_a_cooldown_nothing_ever_opens(clock: Clock) -> None:
    breaker = Breaker(BreakerRules(cooldown_s=0), NoJitter())

    fail(breaker, clock, 20)
    breaker.back_off(breaker.begin(clock.now), clock.now, 60.0)
    breaker.shut(clock.now)
    breaker.follow(clock.now, 60.0)

    assert breaker.opened_at is None
