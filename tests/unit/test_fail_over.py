"""What is tried again, what that takes of the budget for it, and what is said of waits."""

import asyncio
from contextlib import suppress

import pytest

from tests.unit.nouns import model, workload
from tests.unit.racing import A, Act, B, Theatre, run, slots
from wrp_proxy.errors import DeadlineError
from wrp_proxy.pool.base import Demand

BREAKS, ANSWERS = Act(after_s=0.01, how="break"), Act(after_s=0.01)
NARROW_A, NARROW_B = slots(A, 1), slots(B, 1)


def left(theatre: Theatre) -> int:
    """Take all that is left of the budget for retries."""
    return sum(theatre.retries.take() for _ in range(10))


def test_each_try_again_takes_one_of_the_budget() -> None:
    async def script(theatre: Theatre) -> int:
        await theatre.ask()
        return left(theatre)

    assert run((BREAKS, ANSWERS), script) == 2
    assert run((BREAKS, BREAKS, ANSWERS), script) == 1


def test_what_cannot_be_tried_again_takes_nothing_of_the_budget() -> None:
    async def script(theatre: Theatre) -> int:
        for _ in range(2):
            answer = await theatre.ask()
            assert answer.error is not None
        return left(theatre)

    assert run((BREAKS,), script) == 3


def test_the_last_attempt_that_is_allowed_takes_nothing_of_the_budget() -> None:
    async def script(theatre: Theatre) -> int:
        answer = await theatre.ask()
        assert answer.error is not None
        return left(theatre)

    assert run((BREAKS, BREAKS, BREAKS), script) == 1


def test_without_a_budget_nothing_is_tried_again() -> None:
    async def script(theatre: Theatre) -> int:
        left(theatre)
        await theatre.ask()
        return len(theatre.stage.asked)

    assert run((BREAKS, ANSWERS), script) == 1


@pytest.mark.parametrize("timeout_s", [None, 2.0])
def test_who_leaves_the_line_instead_of_trying_again_takes_nothing_of_the_budget(
    timeout_s: float | None,
) -> None:
    async def script(theatre: Theatre) -> int:
        other = model("other", NARROW_B)
        with await theatre.pool.lease(other, Demand(workload())):
            asking = asyncio.create_task(theatre.ask(timeout_s=timeout_s))
            await asyncio.sleep(1)
            if timeout_s is None:
                asking.cancel()
            with suppress(asyncio.CancelledError):
                assert isinstance((await asking).error, DeadlineError)
        return left(theatre)

    assert run((BREAKS, ANSWERS), script, endpoints=(A, NARROW_B), max_wait_s=5) == 3


def test_the_waits_for_several_models_are_told_as_one() -> None:
    async def script(theatre: Theatre) -> float:
        theatre.others = (model("large", NARROW_B),)
        with await theatre.pool.lease(theatre.model, Demand(workload())):
            with await theatre.pool.lease(theatre.others[0], Demand(workload())):
                asking = asyncio.create_task(theatre.ask())
                await asyncio.sleep(2)
                theatre.pool.states_of(theatre.model)[0].is_draining = True
                theatre.pool.serve_lines()
                await asyncio.sleep(1)
            answer = await asking
        assert answer.whose == "b"
        return theatre.outcomes[-1].queued_s

    queued_s = run((ANSWERS, ANSWERS), script, endpoints=(NARROW_A,), max_wait_s=5)

    assert queued_s == pytest.approx(3)


def test_a_wait_is_told_of_the_first_of_two_copies() -> None:
    async def script(theatre: Theatre) -> list[tuple[str, float]]:
        wish = Demand(workload())
        taken = [await theatre.pool.lease(theatre.model, wish) for _ in theatre.model.endpoints]
        asking = asyncio.create_task(theatre.ask())
        await asyncio.sleep(2)
        with taken[0], taken[1]:
            pass
        await asking
        return [(one.hedge, round(one.queued_s, 3)) for one in theatre.outcomes]

    late = Act(after_s=1.0)
    told = run((late, late), script, endpoints=(NARROW_A, NARROW_B), max_wait_s=5)

    assert sorted(told) == [("first", 2), ("second", 0)]
