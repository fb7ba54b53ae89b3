"""Two endpoints are asked the same: when, which one answers, and what is left of the other."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import chat_request, workload
from tests.unit.racing import CHEAP, USUAL_S, A, Act, Answer, B, Theatre, run, slots
from wrp_proxy.errors import DisconnectedError, RejectedError, UpstreamTimeoutError
from wrp_proxy.held_answer import HeldAnswer, begin, give
from wrp_proxy.pool.base import Demand
from wrp_proxy.pooling import Hedging
from wrp_proxy.race import Race
from wrp_proxy.trace import Trace
from wrp_proxy.types import Endpoint, Outcome, Price

QUICK, SLOW, HANGS = Act(after_s=0.05), Act(after_s=1.0), Act(after_s=1e6)


def ask_once(*acts: Act, **more: Any) -> tuple[Answer, list[Outcome]]:
    """Ask once; `more` is of the run, or else of the request."""
    of_run = {name: more.pop(name) for name in ("hedging", "endpoints", "known") if name in more}

    async def script(theatre: Theatre) -> tuple[Answer, list[Outcome]]:
        answer = await theatre.ask(**more)
        await asyncio.sleep(0.001)
        return answer, theatre.outcomes

    result: tuple[Answer, list[Outcome]] = run(acts, script, **of_run)
    return result


def told(outcomes: list[Outcome]) -> list[tuple[str, str, str, int]]:
    """Endpoint, role, finish, and which attempt, in the order of the attempts."""
    ordered = sorted(outcomes, key=lambda one: one.attempt)
    return [((o.endpoint or "")[0], o.hedge, o.finish, o.attempt) for o in ordered]


def test_an_answer_that_is_not_late_has_no_twin() -> None:
    answer, outcomes = ask_once(QUICK, QUICK)

    assert answer.whose == "a"
    assert told(outcomes) == [("a", "", "complete", 1)]
    assert answer.trace.hedge == ""


def test_a_second_endpoint_answers_where_the_first_is_late() -> None:
    answer, outcomes = ask_once(SLOW, QUICK)

    assert answer.whose == "b"
    assert told(outcomes) == [("a", "first", "cancelled", 1), ("b", "second", "complete", 2)]
    assert [one.name for one in answer.trace.tried] == ["a/mock", "b/mock"]
    assert answer.trace.hedge == "second"
    assert answer.trace.answered is outcomes[-1]


def test_the_loser_is_cancelled_at_once() -> None:
    answer, _ = ask_once(SLOW, QUICK)

    assert (answer.open_at_first, answer.in_flight_at_first) == (1, 1)


def test_a_late_first_that_still_is_first_wins() -> None:
    answer, outcomes = ask_once(Act(after_s=USUAL_S + 0.02), QUICK)

    assert answer.whose == "a"
    assert told(outcomes) == [("a", "first", "complete", 1), ("b", "second", "cancelled", 2)]
    assert [one.name for one in answer.trace.tried] == ["b/mock", "a/mock"]
    assert (answer.open_at_first, answer.in_flight_at_first) == (1, 1)


def test_of_two_at_the_same_moment_one_answers() -> None:
    answer, outcomes = ask_once(Act(after_s=2 * USUAL_S), Act(after_s=USUAL_S))

    assert len(answer.whose) == 1
    assert (answer.open_at_first, answer.in_flight_at_first) == (1, 1)
    assert sorted(one.finish for one in outcomes) == ["cancelled", "complete"]


def test_what_the_loser_cost_is_on_record() -> None:
    _, outcomes = ask_once(SLOW, QUICK)

    lost = next(one for one in outcomes if one.finish == "cancelled")
    assert lost.usage is not None
    assert (lost.usage.prompt_tokens, lost.usage.estimated) == (100, True)
    assert lost.cost_usd == CHEAP.cost_usd(lost.usage)
    assert lost.first_content_s is None


def test_the_second_is_asked_after_the_quantile_of_the_first() -> None:
    async def script(theatre: Theatre) -> list[tuple[str, float]]:
        await theatre.ask()
        return theatre.stage.asked

    (_, first_at), (_, second_at) = run((SLOW, QUICK), script)

    assert second_at - first_at == pytest.approx(USUAL_S)


def test_the_delay_has_a_least() -> None:
    answer, outcomes = ask_once(Act(after_s=0.4), QUICK, hedging=Hedging(least_delay_s=0.5))

    assert answer.whose == "a"
    assert len(outcomes) == 1


def test_a_first_that_fails_before_the_delay_is_failed_over_as_ever() -> None:
    answer, outcomes = ask_once(Act(after_s=0.05, how="break"), QUICK)

    assert answer.whose == "b"
    assert told(outcomes) == [("a", "", "failed", 1), ("b", "", "complete", 2)]
    assert answer.trace.hedge == ""


def test_a_first_that_fails_after_the_delay_leaves_the_second_alone() -> None:
    answer, outcomes = ask_once(Act(after_s=0.15, how="break"), SLOW)

    assert answer.whose == "b"
    assert told(outcomes) == [("a", "first", "failed", 1), ("b", "second", "complete", 2)]


def test_a_second_that_fails_leaves_the_first_alone() -> None:
    answer, outcomes = ask_once(SLOW, Act(after_s=0.01, how="break"), QUICK)

    assert answer.whose == "a"
    assert told(outcomes) == [("a", "first", "complete", 1), ("b", "second", "failed", 2)]


def test_where_both_fail_a_third_endpoint_is_tried() -> None:
    broken = Act(after_s=0.2, how="break")
    answer, outcomes = ask_once(broken, broken, QUICK)

    assert answer.whose == "c"
    assert told(outcomes) == [
        ("a", "first", "failed", 1),
        ("b", "second", "failed", 2),
        ("c", "", "complete", 3),
    ]
    assert answer.trace.hedge == ""


def test_where_all_fail_the_client_is_told_of_the_last() -> None:
    broken = Act(after_s=0.2, how="break")
    answer, outcomes = ask_once(broken, broken)

    assert isinstance(answer.error, DisconnectedError)
    assert len(outcomes) == 2


@pytest.mark.parametrize("place", [0, 1])
def test_a_refusal_of_the_request_ends_both(place: int) -> None:
    acts = [HANGS, HANGS, QUICK]
    acts[place] = Act(after_s=0.3, how="reject")
    answer, outcomes = ask_once(*acts)

    assert isinstance(answer.error, RejectedError)
    assert [finish for *_, finish, _ in told(outcomes)] == [
        "failed" if at == place else "cancelled" for at in (0, 1)
    ]
    assert answer.trace.tried[-1].provider == "ab"[place]


def test_an_answer_that_breaks_off_is_not_asked_for_again() -> None:
    answer, outcomes = ask_once(SLOW, Act(after_s=0.05, how="cut"), QUICK)

    assert isinstance(answer.error, DisconnectedError)
    assert told(outcomes) == [("a", "first", "cancelled", 1), ("b", "second", "failed", 2)]
    assert answer.trace.answered is outcomes[-1]


@pytest.mark.parametrize(
    ("leaves_s", "cancelled"), [(0.0, 1), (0.05, 1), (USUAL_S, None), (0.15, 2), (0.9, 2)]
)
def test_a_client_that_leaves_cancels_all(leaves_s: float, cancelled: int | None) -> None:
    async def script(theatre: Theatre) -> list[Outcome]:
        asking = asyncio.create_task(theatre.ask())
        await asyncio.sleep(leaves_s)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0.001)
        assert theatre.in_flight == 0
        return theatre.outcomes

    outcomes = run((SLOW, SLOW), script)

    assert cancelled is None or len(outcomes) == cancelled
    assert {one.finish for one in outcomes} <= {"cancelled"}


def test_a_client_that_leaves_in_mid_answer_closes_the_winner() -> None:
    answer, outcomes = ask_once(SLOW, QUICK, leaves_after=1)

    assert len(answer.pieces) == 1
    assert [finish for *_, finish, _ in told(outcomes)] == ["cancelled", "cancelled"]
    assert [one.first_content_s is None for one in outcomes] == [True, False]


def test_a_slot_is_freed_of_a_copy_that_was_cancelled_before_it_could_begin() -> None:
    async def script(theatre: Theatre) -> None:
        wish = workload()
        race = Race(Trace(chat_request()), theatre.attempts, theatre.model, wish, set())
        race.enter(await theatre.pool.lease(theatre.model, Demand(wish)))
        race.end()
        await asyncio.sleep(0.001)
        assert theatre.in_flight == 0
        assert theatre.stage.asked == []

    run((SLOW, QUICK), script)


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "tool_loop"},
        {"kind": "batch"},
        {"bound_to": "a"},
        {"native_only": "mcp_servers", "api": "chat"},
        {"stream": False},
        {"input_tokens": 60_000},
    ],
)
def test_some_requests_never_have_a_twin(wish: dict[str, Any]) -> None:
    answer, outcomes = ask_once(SLOW, QUICK, **wish)

    assert len(outcomes) == 1
    assert answer.trace.hedge == ""


def test_without_a_known_quantile_nobody_is_late() -> None:
    _, outcomes = ask_once(SLOW, QUICK, known=19)

    assert [one.endpoint for one in outcomes] == ["a/mock"]


@pytest.mark.parametrize(
    "other",
    [
        replace(B, price=None),
        replace(B, price=Price(input=1000.0, output=0.0)),
        replace(B, context_window=10),
    ],
)
def test_an_endpoint_that_is_dear_or_short_is_not_asked_second(other: Endpoint) -> None:
    _, outcomes = ask_once(SLOW, QUICK, endpoints=(A, other))

    assert [one.endpoint for one in outcomes] == ["a/mock"]


def test_a_dear_endpoint_is_passed_over_for_a_cheap_one() -> None:
    dear = replace(B, price=Price(input=1000.0, output=0.0))
    cheap = replace(B, provider="c")
    answer, _ = ask_once(SLOW, QUICK, QUICK, endpoints=(A, dear, cheap))

    assert answer.whose == "c"


def test_a_model_of_one_endpoint_is_never_hedged() -> None:
    _, outcomes = ask_once(SLOW)

    assert len(outcomes) == 1


def test_a_second_endpoint_that_is_full_is_not_waited_for_and_costs_no_budget() -> None:
    async def script(theatre: Theatre) -> list[str]:
        taken = theatre.pool.states_of(theatre.model)[1]
        taken.in_flight += 1
        for _ in range(10):
            await theatre.ask()
        taken.in_flight -= 1
        seen = len(theatre.outcomes)
        await theatre.ask()
        return [one.hedge for one in theatre.outcomes[seen:]]

    assert sorted(run((SLOW, QUICK), script, endpoints=(A, slots(B, 1)))) == ["first", "second"]


def test_an_endpoint_that_usually_takes_longer_is_not_asked_second() -> None:
    async def script(theatre: Theatre) -> list[Outcome]:
        slower = theatre.pool.states_of(theatre.model)[1]
        for _ in range(128):
            slower.pace.note_late(10.0)
        await theatre.ask()
        return theatre.outcomes

    assert [one.endpoint for one in run((SLOW, QUICK), script)] == ["a/mock"]


def test_no_more_than_a_share_of_the_requests_has_a_twin() -> None:
    async def script(theatre: Theatre) -> int:
        for _ in range(400):
            await theatre.ask()
        return sum(one.hedge == "second" for one in theatre.outcomes)

    # The second is as slow as the first, which was quick before: all are late.
    hedged = run((Act(after_s=0.2), Act(after_s=0.2)), script, hedging=Hedging(share=0.05))

    assert 20 <= hedged <= 400 * 0.05 + 5


def test_requests_that_may_not_be_hedged_count_as_requests() -> None:
    async def script(theatre: Theatre) -> int:
        for _ in range(5):
            await theatre.ask()  # takes what is in reserve
        for _ in range(20):
            await theatre.ask(kind="tool_loop")
        seen = len(theatre.outcomes)
        await theatre.ask()
        return len(theatre.outcomes) - seen

    assert run((Act(after_s=0.2), Act(after_s=0.2)), script) == 2


def test_a_route_without_hedging_asks_once() -> None:
    async def script(theatre: Theatre) -> list[Outcome]:
        theatre.route = replace(theatre.route, hedging=None)
        await theatre.ask()
        return theatre.outcomes

    assert [one.endpoint for one in run((SLOW, QUICK), script)] == ["a/mock"]


def test_a_loser_counts_among_the_slow_ones_of_its_endpoint() -> None:
    async def script(theatre: Theatre) -> tuple[float | None, float | None]:
        lost = theatre.pool.states_of(theatre.model)[0].pace
        before = lost.first_content_quantile(0.0)
        await theatre.ask()
        return before, lost.first_content_quantile(0.0)

    before, after = run((SLOW, QUICK), script)

    # By the clock of the wall, which has hardly gone on, it was quick.
    assert before == USUAL_S
    assert after < USUAL_S


def test_an_answer_that_is_held_for_a_check_is_hedged_as_any_other() -> None:
    async def script(theatre: Theatre) -> tuple[HeldAnswer, Trace]:
        trace = Trace(chat_request(stream=True))
        trace.route, trace.decision = theatre.route, theatre.decision
        held = begin(theatre.fail_over, trace, workload(), theatre.model)
        await held.collect_whole(10_000)
        give(trace, held, [held])
        return held, trace

    held, trace = run((SLOW, QUICK), script)

    assert b'"b"' in b"".join(held.pieces)
    assert (trace.hedge, trace.tried[-1].provider, len(trace.asked)) == ("second", "b", 2)
    assert trace.answered is not None
    assert (trace.answered.finish, trace.answered.attempt) == ("complete", 2)


def test_two_that_hang_end_with_the_time_limit() -> None:
    answer, outcomes = ask_once(HANGS, HANGS)

    assert isinstance(answer.error, UpstreamTimeoutError)
    assert [finish for *_, finish, _ in told(outcomes)] == ["failed", "failed"]


acts = st.builds(
    Act,
    after_s=st.sampled_from([0.01, 0.1, 0.11, 0.2, 0.21, 0.3, 1.0, 1e6]),
    how=st.sampled_from(["answer", "answer", "break", "reject", "cut"]),
)


@given(
    acts=st.lists(acts, min_size=1, max_size=3),
    leaves_s=st.none() | st.sampled_from([0.0, 0.01, 0.1, 0.11, 0.2, 0.21, 0.22]),
    leaves_after=st.none() | st.just(1),
)
def test_whatever_happens_one_answer_or_one_error_comes_of_it(
    acts: list[Act], leaves_s: float | None, leaves_after: int | None
) -> None:
    async def script(theatre: Theatre) -> tuple[Answer | None, Theatre]:
        asking = asyncio.create_task(theatre.ask(leaves_after=leaves_after))
        if leaves_s is not None:
            await asyncio.sleep(leaves_s)
            asking.cancel()
        try:
            return await asking, theatre
        except asyncio.CancelledError:
            return None, theatre

    answer, theatre = run(acts, script)

    outcomes = theatre.outcomes
    assert len(outcomes) == len(theatre.stage.asked)
    assert sorted(one.attempt for one in outcomes) == list(range(1, len(outcomes) + 1))
    assert sum(one.finish == "complete" for one in outcomes) <= 1
    assert sorted(one.hedge for one in outcomes if one.hedge) in ([], ["first", "second"])
    if answer is not None:
        assert (len(answer.whose) == 1) or (answer.error is not None)
        assert answer.trace.tried
        assert answer.trace.answered in outcomes
        if answer.whose and answer.error is None:
            assert answer.trace.tried[-1].provider == answer.whose
