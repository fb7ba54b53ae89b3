from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, workload
from tests.unit.routers.test_canary import Last, Refusing
from wrp_proxy.routers.balanced import Balanced
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.session import Session
from wrp_proxy.routers.shadow import Shadow

A, B = model("a"), model("b")
BOTH = [A, B]


def shadow(candidate: Router) -> Shadow:
    return Shadow(FixedOrder(), candidate, clock=Clock())


def agreement(router: Shadow) -> list[float]:
    return router.statistics[0].dump()["all"][0]


def test_the_wrapped_strategy_decides_and_the_other_is_written_down() -> None:
    decision = shadow(Last()).select(workload(), BOTH)

    assert decision.ranking == (A, B)
    assert decision.router == "shadow(fixed_order, last)"
    assert decision.propensity == 1.0
    assert decision.fired == ("last would have chosen b",)


def test_agreement_is_counted() -> None:
    router = shadow(Last())

    says = [router.select(workload(), candidates).fired[0] for candidates in (BOTH, [A], [B])]

    assert says == ["last would have chosen b", "last agrees", "last agrees"]
    assert agreement(router) == [3.0, 2.0]


def test_a_refusal_of_the_other_changes_nothing() -> None:
    router = shadow(Refusing())

    decision = router.select(workload(), BOTH)

    assert decision.ranking == (A, B)
    assert decision.fired == ("refusing would have refused: not for you",)
    assert agreement(router) == [1.0, 0.0]


def test_both_learn() -> None:
    candidate = Last()
    router = shadow(candidate)
    ended, example = outcome(), Example(workload=workload(), scores={}, costs_usd={})

    router.learn(ended)
    router.fit([example], BOTH)

    assert candidate.learnt == [ended]
    assert candidate.examples == [example]


def test_signals_and_statistics_are_those_of_both() -> None:
    router = Shadow(Balanced(clock=Clock()), Session(Balanced(clock=Clock())), clock=Clock())

    assert router.signals == {"category", "conversation", "warmth"}
    names = [statistics.name for statistics in router.statistics]
    assert names[0] == "agreement"
    assert "inner.qualities" in names
    assert "candidate.inner.qualities" in names
