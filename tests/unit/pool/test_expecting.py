"""What a pool expects of its endpoints."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from tests.unit.nouns import endpoint, workload
from tests.unit.pool.answering import Answering, told
from wrp_proxy.pool.breaker import Breaker, BreakerRules
from wrp_proxy.pool.expecting import expectation
from wrp_proxy.pool.state import EndpointState, KeyState
from wrp_proxy.pool_view import UNSEEN

ASKED = workload(input_tokens=1000, expected_output_tokens=100)
QUICK = Answering(base_s=0.1, tokens_per_s=10_000, tpot_s=0.01, noise=0.0)
SLOW = Answering(base_s=1.0, tokens_per_s=1000, tpot_s=0.05, noise=0.0)


def state(
    answering: Answering | None = None,
    *,
    slots: int | None = None,
    taken: int = 0,
    waiting_since: Sequence[float] = (),
    window: int | None = None,
) -> EndpointState:
    def breaker() -> Breaker:
        return Breaker(BreakerRules(), Random(0))  # noqa: S311 - reproducible, not secret

    answers = replace(answering).answers(30) if answering else ()
    return EndpointState(
        endpoint(max_concurrency=slots, context_window=window),
        breaker(),
        KeyState("lab", breaker()),
        in_flight=taken,
        unanswered={object(): since for since in waiting_since},
        pace=told(*answers),
    )


def test_the_quickest_endpoint_tells() -> None:
    seen = expectation([state(SLOW), state(QUICK)], ASKED, now=30.0)

    assert seen.ttft_s == pytest.approx(0.2, rel=0.05)
    assert seen.tpot_s == pytest.approx(0.01, rel=0.05)
    assert seen.answer_s == pytest.approx(1.2, rel=0.05)
    assert (seen.wait_s, seen.is_down) == (0.0, False)


def test_of_endpoints_that_were_never_asked_nothing_is_known() -> None:
    assert expectation([state(), state()], ASKED, now=0.0) == UNSEEN


def test_an_endpoint_that_was_never_asked_hides_no_other() -> None:
    assert expectation([state(), state(SLOW)], ASKED, now=30.0).ttft_s == pytest.approx(
        2.0, rel=0.05
    )


def test_out_of_service_or_too_short_a_window_is_down() -> None:
    drained = state(QUICK)
    drained.is_draining = True

    assert expectation([drained, state(QUICK, window=500)], ASKED, now=30.0).is_down


def test_a_full_endpoint_is_passed_over_while_another_is_free() -> None:
    seen = expectation([state(QUICK, slots=1, taken=1), state(SLOW)], ASKED, now=30.0)

    assert seen.ttft_s == pytest.approx(2.0, rel=0.05)
    assert seen.wait_s == 0.0


@pytest.mark.parametrize(("waiting", "turns"), [(0, 1), (5, 6)])
def test_the_wait_is_the_queue_over_what_is_completed_in_a_second(waiting: int, turns: int) -> None:
    full = [state(QUICK, slots=4, taken=4), state(QUICK, slots=4, taken=4)]
    service_s = full[0].pace.service_s
    assert service_s is not None

    seen = expectation(full, ASKED, 30.0, waiting)

    assert seen.wait_s == pytest.approx(turns * service_s / 8)
    assert seen.ttft_s == pytest.approx(seen.wait_s + 0.2, rel=0.05)
    assert seen.load == 1.0


def test_a_wait_is_known_before_anything_has_been_answered() -> None:
    seen = expectation([state(slots=1, taken=1)], ASKED, 0.0, waiting=2)

    assert (seen.wait_s, seen.ttft_s) == (3.0, None)


def test_what_has_lasted_for_long_is_expected_to_last_as_long_again() -> None:
    seen = expectation([state(QUICK, slots=1, taken=1, waiting_since=[10.0])], ASKED, now=40.0)

    assert seen.wait_s == pytest.approx(30.0)


def test_an_endpoint_that_hangs_is_expected_to_go_on_hanging() -> None:
    hanging, usual = state(QUICK, taken=1, waiting_since=[20.0]), state(SLOW)

    assert expectation([hanging, usual], ASKED, now=40.0).ttft_s == pytest.approx(2.0, rel=0.05)
    assert (expectation([hanging], ASKED, now=40.0).ttft_s or 0) > 18


def test_the_load_is_that_of_the_slots_that_there_are() -> None:
    states = [state(slots=3, taken=3), state(slots=1, taken=0), state(taken=9)]

    assert expectation(states, ASKED, now=0.0).load == 0.75
