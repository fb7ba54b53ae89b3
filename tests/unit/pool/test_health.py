"""What each kind of failure says of an endpoint and of its key."""

from random import Random

import pytest

from tests.unit.nouns import endpoint
from wrp_proxy.errors import (
    DisconnectedError,
    NotReadyError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamMissingError,
    UpstreamTimeoutError,
)
from wrp_proxy.pool.breaker import Breaker, BreakerRules
from wrp_proxy.pool.health import (
    begin,
    note_failure,
    note_given_up,
    note_nothing,
    note_success,
)
from wrp_proxy.pool.state import EndpointState, KeyState

RULES = BreakerRules(cooldown_s=5, max_cooldown_s=60, failures=3)


def breaker() -> Breaker:
    return Breaker(RULES, Random(1))  # noqa: S311 - jitter


@pytest.fixture
def key() -> KeyState:
    return KeyState("lab", breaker())


@pytest.fixture
def state(key: KeyState) -> EndpointState:
    return EndpointState(endpoint("a"), breaker(), key)


@pytest.fixture
def sibling(key: KeyState) -> EndpointState:
    return EndpointState(endpoint("b"), breaker(), key)


def fail(state: EndpointState, error: UpstreamError, times: int = 1, now: float = 1.0) -> None:
    for _ in range(times):
        note_failure(state, begin(state, now), error, now)


@pytest.mark.parametrize(
    "error",
    [
        UpstreamError("500"),
        DisconnectedError("gone"),
        UpstreamTimeoutError("slow"),
        UpstreamMissingError("no such model"),
    ],
)
def test_it_takes_several_failures_to_rest(
    state: EndpointState, key: KeyState, error: UpstreamError
) -> None:
    fail(state, error, 2)
    before = state.is_out(1.0)
    fail(state, error)

    assert (before, state.is_out(1.0), key.is_out(1.0)) == (False, True, False)


@pytest.mark.parametrize(
    "error", [RejectedError("no"), UpstreamContextError("long"), NotReadyError("loading")]
)
def test_what_blames_the_request_says_nothing(state: EndpointState, error: UpstreamError) -> None:
    fail(state, error, 50)

    assert not state.is_out(1.0)
    assert state.breaker.failures(1.0) == 0


def test_a_rate_limit_rests_the_endpoint_at_once_and_not_its_sibling(
    state: EndpointState, sibling: EndpointState
) -> None:
    fail(state, RateLimitedError("slow down", retry_after_s=20))

    assert state.is_out(20.9)
    assert not state.is_out(21.1)
    assert not sibling.is_out(1.0)


def test_a_retry_after_is_obeyed_whatever_it_comes_with(state: EndpointState) -> None:
    fail(state, UpstreamError("503", retry_after_s=20))

    assert state.is_out(20.9)
    assert not state.is_limited


def test_what_several_endpoints_of_a_key_meet_with_rests_the_key(
    state: EndpointState, sibling: EndpointState, key: KeyState
) -> None:
    for now in (1.0, 2.0):
        fail(state, DisconnectedError("gone"), now=now)
        fail(sibling, DisconnectedError("gone"), now=now)

    third = EndpointState(endpoint("c"), breaker(), key)
    assert third.is_out(2.0)


def test_a_model_that_is_missing_everywhere_is_not_the_keys_fault(
    state: EndpointState, sibling: EndpointState, key: KeyState
) -> None:
    fail(state, UpstreamMissingError("no"), 3)
    fail(sibling, UpstreamMissingError("no"), 3)

    assert not key.is_out(1.0)


def test_a_refused_key_takes_all_its_endpoints_out_at_once(
    state: EndpointState, sibling: EndpointState
) -> None:
    fail(state, UnauthorisedError("401"))

    assert sibling.why_out(1.0) == "has no valid key"
    assert sibling.back_at() is None
    assert state.breaker.opened_at is None


def test_a_refused_key_is_tried_by_one_request_after_the_longest_rest(
    state: EndpointState, sibling: EndpointState, key: KeyState
) -> None:
    fail(state, UnauthorisedError("401"))
    later = 1.0 + 60 * 1.2
    out = state.is_out(60.9)
    tickets = begin(state, later)

    assert (out, state.is_out(later), sibling.is_full) == (True, False, True)

    note_success(state, tickets, later)
    assert key.killed_at is None
    assert not sibling.is_full


def test_a_key_that_is_refused_again_goes_out_again(state: EndpointState, key: KeyState) -> None:
    fail(state, UnauthorisedError("401"))
    key.breaker.half_open(31.0)
    fail(state, UnauthorisedError("402"), now=32.0)

    assert state.is_out(90.0)
    assert key.kills == 2


def test_a_refusal_from_before_a_key_was_revived_does_not_kill_it(
    state: EndpointState, key: KeyState
) -> None:
    late = begin(state, 1.0)
    fail(state, UnauthorisedError("401"))
    key.revive()

    note_failure(state, late, UnauthorisedError("401"), 2.0)

    assert key.killed_at is None


def test_an_old_success_does_not_revive_a_key(state: EndpointState, key: KeyState) -> None:
    late = begin(state, 1.0)
    fail(state, UnauthorisedError("401"))

    note_success(state, late, 2.0)

    assert key.killed_at is not None


def test_a_try_that_its_client_leaves_makes_room_for_the_next(state: EndpointState) -> None:
    fail(state, UpstreamError("500"), 3)
    tickets = begin(state, 8.0)
    full = state.is_full
    note_nothing(state, tickets)

    assert (full, state.is_full) == (True, False)


def test_who_is_given_up_after_far_too_long_has_failed(state: EndpointState) -> None:
    for _ in range(3):
        note_given_up(state, begin(state, 1.0), 11.0, 1.0)

    assert state.is_out(1.0)


@pytest.mark.parametrize(("usual_s", "waited_s"), [(None, 9.0), (0.1, 9.0), (3.0, 25.0)])
def test_who_is_given_up_sooner_has_not(
    state: EndpointState, usual_s: float | None, waited_s: float
) -> None:
    state.pace.latency_s = usual_s
    for _ in range(20):
        note_given_up(state, begin(state, 1.0), waited_s, 1.0)

    assert not state.is_out(1.0)
