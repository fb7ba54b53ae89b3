from collections.abc import Sequence

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, usage, workload
from wrp_proxy.pool_view import NOTHING_SEEN
from wrp_proxy.routers import session as module
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.session import Session
from wrp_proxy.routers.weighted import Weighted
from wrp_proxy.signals import Parts, Score
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Price, Workload

A, B, C = model("a"), model("b"), model("c")
ALL = [A, B, C]


class Scoring(FixedOrder):
    """Ranks by scores that a test may change at any time."""

    def __init__(self, **scores: float) -> None:
        self.scores = scores
        self.propensity = 1.0
        self.learnt: list[Outcome] = []
        self.statistics = (Statistics("scores", clock=Clock()),)
        self.examples: list[Example] = []

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        ranking = sorted(candidates, key=lambda one: -self.scores[one.name])
        return Decision(
            ranking=tuple(ranking),
            router="scoring",
            reason="the highest score",
            propensity=self.propensity,
            scores={one.name: self.scores[one.name] for one in candidates},
            parts={one.name: Parts(quality=self.scores[one.name]) for one in candidates},
        )

    def learn(self, outcome: Outcome) -> None:
        self.learnt.append(outcome)

    def fit(self, examples: list[Example], models: list[Model]) -> None:
        self.examples += examples


def asked(session: str | None = "one", **more: object) -> Workload:
    usual: dict[str, object] = {"session": session, "tenant": "alice", "warmth": 0.8, "turn": 4}
    return workload(**{**usual, "input_tokens": 4096, **more})


def answered(name: str, session: str | None = "one", **more: object) -> Outcome:
    """An answer that leaves 4,096 tokens of history."""
    usual: dict[str, object] = {"model": name, "workload": asked(session), "usage": usage(4000, 96)}
    return outcome(**{**usual, **more})


def session(inner: Scoring, clock: Clock | None = None, **parameters: float) -> Session:
    return Session(inner, clock=clock or Clock(), pool=NOTHING_SEEN, **parameters)


def first(router: Session, asked_now: Workload | None = None) -> str:
    return router.select(asked_now or asked(), ALL).ranking[0].name


BONUS = 0.45 * 0.8 + 0.35 * 0.5 + 0.20 * 0.5
"""Of `asked` after `answered`, at once and without prices."""


def test_a_new_session_gets_what_the_wrapped_strategy_chooses() -> None:
    decision = session(Scoring(a=0.9, b=0.8, c=0.1)).select(asked(), ALL)

    assert decision.ranking == (A, B, C)
    assert decision.router == "session(fixed_order)"
    assert decision.reason == "the highest score"
    assert decision.fired == ("no warm session",)


@pytest.mark.parametrize(("gain", "stays"), [(BONUS + 0.04, True), (BONUS + 0.06, False)])
def test_a_switch_must_gain_the_bonus_and_a_margin(gain: float, stays: bool) -> None:
    router = session(Scoring(a=0.9, b=0.9 - gain, c=0.0))
    router.learn(answered("b"))

    decision = router.select(asked(), ALL)

    assert decision.ranking == ((B, A, C) if stays else (A, B, C))
    says = "the session stays with b: bonus 0.64" if stays else "the session switches from b"
    assert decision.fired[-1].startswith(says)
    assert decision.scores["a"] == 0.9
    assert decision.parts["a"] == Parts(quality=0.9)


def test_the_bonus_grows_with_reuse_history_and_turns() -> None:
    def least_gain(**more: object) -> float:
        for percent in range(200):
            router = session(Scoring(a=percent / 100, b=0.0, c=-9.0))
            router.learn(answered("b", usage=usage(int(str(more.get("history", 0))), 0)))
            now = asked(warmth=more.get("reuse", 0.0), turn=more.get("turn", 0))
            if first(router, now) == "a":
                return percent / 100
        raise AssertionError

    assert least_gain() == pytest.approx(0.06)
    assert least_gain(reuse=1.0) == pytest.approx(0.51, abs=0.011)
    assert least_gain(history=8192) == pytest.approx(0.41, abs=0.011)
    assert least_gain(history=10**6) == pytest.approx(0.41, abs=0.011)
    assert least_gain(turn=8) == pytest.approx(0.26, abs=0.011)
    assert least_gain(reuse=1.0, history=8192, turn=80) == pytest.approx(1.06, abs=0.011)


def test_warmth_falls_with_time_and_idleness_forgives_everything() -> None:
    clock = Clock()
    router = session(Scoring(a=0.9, b=0.5, c=0.0), clock)
    router.learn(answered("b"))
    chosen = []
    for _ in range(4):
        chosen.append(first(router))
        clock.now += 101.0

    assert chosen == ["b", "b", "a", "a"]
    assert router.select(asked(kind="tool_loop"), ALL).fired == ("no warm session",)


def test_where_the_reuse_is_not_told_the_history_tells() -> None:
    router = session(Scoring(a=0.6, b=0.0, c=0.0))
    router.learn(answered("b"))

    assert first(router, asked(warmth=None, input_tokens=4096)) == "b"
    assert first(router, asked(warmth=None, input_tokens=100_000)) == "a"


def test_a_cheaper_model_pulls_harder() -> None:
    dear = model("b", price=Price(input=10.0, output=10.0))
    for price, chosen in (
        (Price(input=10.0, output=10.0), "b"),
        (Price(input=0.1, output=0.1), "a"),
    ):
        router = session(Scoring(a=0.3, b=0.2, c=0.0))
        router.learn(answered("b"))

        ranking = router.select(asked(), [model("a", price=price), dear]).ranking

        assert ranking[0].name == chosen


def test_a_model_that_reads_its_cache_for_less_is_kept_against_one_of_the_same_price() -> None:
    def pulled(cached: float) -> str:
        router = session(Scoring(a=0.5, b=0.0, c=0.0))
        router.learn(answered("b"))
        own = Price(input=10.0, output=10.0, cached_input=cached)
        other = model("a", price=Price(input=5.0, output=5.0))
        return router.select(asked(), [other, model("b", price=own)]).ranking[0].name

    assert pulled(10.0) == "a"
    assert pulled(0.1) == "b"


@pytest.mark.parametrize("now", [asked(kind="tool_loop"), asked(bound_to="lab")])
def test_a_tool_loop_and_what_a_provider_holds_never_switch(now: Workload) -> None:
    router = session(Scoring(a=9.0, b=0.0, c=0.0))
    router.learn(answered("b"))

    decision = router.select(now, ALL)

    assert decision.ranking == (B, A, C)
    assert decision.propensity == 1.0
    assert decision.fired[-1].startswith("the session stays with b: ")


@pytest.mark.parametrize(
    "bad",
    [
        answered("b", finish="failed", error="upstream_timeout", usage=None),
        answered("b", score=Score(value=0.1)),
    ],
    ids=["failed", "scored"],
)
@pytest.mark.parametrize("kind", ["chat", "tool_loop"])
def test_a_model_that_was_bad_twice_is_left(bad: Outcome, kind: str) -> None:
    router = session(Scoring(a=0.1, b=0.9, c=0.0))
    router.learn(answered("b"))

    router.learn(bad)
    once = first(router, asked(kind=kind))
    router.learn(bad)
    decision = router.select(asked(kind=kind), ALL)

    assert once == "b"
    assert decision.ranking == (A, C, B)
    assert "the session leaves b, which was bad twice" in decision.fired


def test_where_every_model_was_bad_the_wrapped_strategy_decides() -> None:
    router = session(Scoring(a=0.1, b=0.9, c=0.0))
    router.learn(answered("b"))
    for name in ("a", "b", "c") * 2:
        router.learn(answered(name, finish="failed"))

    assert router.select(asked(), ALL).ranking == (B, A, C)


def test_a_bad_score_that_is_replaced_by_a_good_one_is_forgiven() -> None:
    router = session(Scoring(a=0.1, b=0.9, c=0.0))
    router.learn(answered("b"))
    for _ in range(2):
        router.learn(answered("b", score=Score(value=0.0)))
    before = first(router)

    router.learn(answered("b", score=Score(value=1.0, replaces=0.0)))

    assert (before, first(router)) == ("a", "b")


def test_after_a_fail_over_the_session_is_with_the_model_that_answered() -> None:
    router = session(Scoring(a=0.5, b=0.4, c=0.3))
    router.learn(answered("a", finish="failed"))
    router.learn(answered("c", attempt=2))

    assert first(router) == "c"


def test_a_model_that_is_no_candidate_any_more_is_not_waited_for() -> None:
    router = session(Scoring(a=0.5, b=0.4, c=0.3))
    router.learn(answered("gone"))

    decision = router.select(asked(kind="tool_loop"), ALL)

    assert decision.ranking == (A, B, C)
    assert decision.fired == ("the session cannot stay with gone",)


@pytest.mark.parametrize(
    "other",
    [asked("other"), asked(None), asked(tenant="bob")],
    ids=["another", "none", "another-tenant"],
)
def test_sessions_do_not_know_of_each_other(other: Workload) -> None:
    router = session(Scoring(a=0.5, b=0.4, c=0.3))
    router.learn(answered("c"))
    router.learn(answered("b", None))

    assert first(router, other) == "a"


@pytest.mark.parametrize(
    "ended", [answered("c", cached="exact"), answered("c", finish="cancelled")]
)
def test_only_an_answer_of_the_model_itself_makes_it_the_sessions(ended: Outcome) -> None:
    inner = Scoring(a=0.5, b=0.4, c=0.3)
    router = session(inner)

    router.learn(ended)

    assert first(router) == "a"
    assert inner.learnt == [ended]


def test_scores_that_are_no_qualities_count_as_no_gain() -> None:
    router = Session(FixedOrder(), clock=Clock())
    router.learn(answered("c"))

    assert router.select(asked(), ALL).ranking == (C, A, B)


def test_staying_whatever_is_drawn_is_certain() -> None:
    router = Session(Weighted(seed=7), clock=Clock())
    router.learn(answered("c"))

    assert {router.select(asked(), ALL).propensity for _ in range(20)} == {1.0}


def test_a_switch_has_the_chance_of_what_was_drawn() -> None:
    inner = Scoring(a=0.9, b=0.0, c=0.0)
    inner.propensity = 0.3
    router = session(inner)
    router.learn(answered("b"))

    assert router.select(asked(), ALL).propensity == 0.3


def test_the_sessions_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_SESSIONS", 2)
    router = session(Scoring(a=0.5, b=0.4, c=0.3))

    for name in ("one", "two", "one", "three"):
        router.learn(answered("b", name))

    assert [first(router, asked(name)) for name in ("one", "two", "three")] == ["b", "a", "b"]


def test_it_asks_for_what_it_looks_at_and_passes_on_the_rest() -> None:
    inner = Scoring(a=0.5)
    router = session(inner)
    example = Example(workload=asked(), scores={}, costs_usd={})

    router.fit([example], [A])

    assert router.signals == {"conversation", "warmth"}
    assert [statistics.name for statistics in router.statistics] == ["inner.scores"]
    assert inner.examples == [example]
