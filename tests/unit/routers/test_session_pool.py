"""What the session layer makes of the state of the pool."""

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import workload
from tests.unit.routers.test_session import ALL, BONUS, A, B, Scoring, answered, asked
from tests.unit.routers.views import Seen
from wrp_proxy.pool_view import Expectation
from wrp_proxy.routers.session import Session
from wrp_proxy.types import Decision, Workload


def decided(pool: Seen, gain: float, now: Workload | None = None) -> Decision:
    """Ask when `b` has the session, and `a` would gain so much."""
    router = Session(Scoring(a=0.9, b=0.9 - gain, c=0.0), clock=Clock(), pool=pool)
    router.learn(answered("b"))
    return router.select(now or asked(), ALL)


@pytest.mark.parametrize(
    ("warmth", "bonus"), [(0.0, 0.0), (0.25, BONUS / 2), (0.5, BONUS), (1.0, BONUS)]
)
def test_a_cold_prompt_cache_is_worth_less_and_an_unknown_one_as_much_as_a_warm_one(
    warmth: float, bonus: float
) -> None:
    pool = Seen(b=Expectation(warmth=warmth))

    assert decided(pool, bonus + 0.04).ranking[0] is B
    assert decided(pool, bonus + 0.06).ranking[0] is A


@pytest.mark.parametrize(("wait_s", "bonus"), [(0.0, BONUS), (1.0, BONUS / 2), (9.0, 0.0)])
def test_a_model_that_keeps_one_waiting_loses_its_bonus(wait_s: float, bonus: float) -> None:
    pool = Seen(b=Expectation(wait_s=wait_s))

    assert decided(pool, bonus + 0.04).ranking[0] is B
    assert decided(pool, bonus + 0.06).ranking[0] is A


def test_where_the_other_one_is_as_full_nothing_is_gained_by_leaving() -> None:
    pool = Seen(b=Expectation(wait_s=9.0), a=Expectation(wait_s=9.0))

    assert decided(pool, BONUS + 0.04).ranking[0] is B


@pytest.mark.parametrize("kind", ["chat", "tool_loop"])
def test_a_model_that_is_out_of_service_is_left(kind: str) -> None:
    decision = decided(Seen(b=Expectation(is_down=True)), 0.01, asked(kind=kind))

    assert decision.ranking[0] is A
    assert decision.fired == ("the session leaves b, which is out of service",)


def test_a_tool_loop_stays_however_full_or_cold_its_model_is() -> None:
    pool = Seen(b=Expectation(wait_s=9.0, warmth=0.0))

    assert decided(pool, 0.5, asked(kind="tool_loop")).ranking[0] is B


def test_without_a_session_the_pool_is_not_asked() -> None:
    pool = Seen()
    Session(Scoring(a=0.9, b=0.1, c=0.0), clock=Clock(), pool=pool).select(workload(), ALL)

    assert pool.asked == []
