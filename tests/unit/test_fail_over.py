"""What is tried again, and what that takes of the budget for it."""

from tests.unit.racing import Act, Theatre, run

BREAKS, ANSWERS = Act(after_s=0.01, how="break"), Act(after_s=0.01)


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
