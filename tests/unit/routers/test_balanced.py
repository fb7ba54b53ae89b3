import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, usage, workload
from tests.unit.routers.views import Seen
from wrp_proxy.pool_view import NOTHING_SEEN, Expectation, PoolView
from wrp_proxy.routers.balanced import Balanced
from wrp_proxy.routers.base import Example
from wrp_proxy.signals import Preferences, Score
from wrp_proxy.types import Price

GOOD = model("good", price=Price(input=10.0, output=10.0), quality={"default": 0.9})
FAIR = model("fair", price=Price(input=2.0, output=2.0), quality={"default": 0.7})
POOR = model("poor", price=Price(input=0.1, output=0.1), quality={"default": 0.3})
ALL = [POOR, FAIR, GOOD]
ASKED = workload(input_tokens=500, expected_output_tokens=500)
TTFT_S = {"good": 4.0, "fair": 1.0, "poor": 0.5}


def balanced(pool: PoolView = NOTHING_SEEN, **parameters: float) -> Balanced:
    """A router that knows how fast each model is."""
    router = Balanced(**parameters, clock=Clock(), pool=pool)
    for name, ttft_s in TTFT_S.items():
        for _ in range(1000):
            tokens = usage(completion=500)
            router.learn(
                outcome(
                    model=name,
                    first_content_s=ttft_s,
                    duration_s=ttft_s + 1.0,
                    usage=tokens,
                    stream=True,
                )
            )
    return router


def first(router: Balanced, **preferences: float) -> str:
    asked = workload(
        input_tokens=500, expected_output_tokens=500, preferences=Preferences(**preferences)
    )
    return router.select(asked, ALL).ranking[0].name


def test_quality_cost_and_latency_add_up_to_the_score() -> None:
    decision = balanced(cost_weight=0.5, latency_weight=0.2).select(ASKED, ALL)

    expected = {
        "good": 0.9 - 0.5 - 0.2,
        "fair": 0.7 - 0.5 * 0.2 - 0.2 * 2 / 5,
        "poor": 0.3 - 0.5 * 0.01 - 0.2 * 1.5 / 5,
    }
    assert decision.scores == pytest.approx(expected, abs=0.01)
    assert decision.ranking == (FAIR, POOR, GOOD)
    assert decision.parts["fair"].latency_s == pytest.approx(2.0, abs=0.01)
    assert decision.reason == "quality 0.70, 0.002 USD, 2.0 s expected"


def test_the_callers_weights_go_before_the_routes() -> None:
    router = balanced(cost_weight=0.5)

    assert first(router, cost=0.0, latency=0.0) == "good"
    assert first(router, cost=10.0) == "poor"
    assert first(router, cost=0.0, latency=10.0) == "poor"


def test_models_that_break_a_ceiling_come_after_all_others() -> None:
    router = balanced(cost_weight=0.0, latency_weight=0.0, max_latency_s=3.0)

    decision = router.select(ASKED, ALL)

    assert decision.ranking == (FAIR, POOR, GOOD)
    assert decision.reason.startswith("best of 2 that keep the ceilings: quality 0.70")


def test_the_callers_ceiling_goes_before_the_routes() -> None:
    router = balanced(cost_weight=0.0, latency_weight=0.0, max_cost_usd=0.003)

    assert first(router) == "fair"
    assert first(router, max_cost_usd=1.0) == "good"
    assert first(router, max_cost_usd=0.0005) == "poor"


def test_where_nothing_keeps_the_ceilings_the_least_bad_is_chosen_and_that_is_said() -> None:
    decision = balanced(max_latency_s=0.1, max_cost_usd=0.001).select(ASKED, ALL)

    assert decision.ranking == (POOR, FAIR, GOOD)
    assert decision.reason.startswith("no model keeps the ceilings, the least bad: quality 0.30")


def test_a_cost_of_nothing_at_all_is_a_ceiling_too() -> None:
    assert first(balanced(), max_cost_usd=0.0) == "poor"


def test_a_model_of_unknown_price_breaks_no_ceiling_but_counts_as_the_dearest() -> None:
    unknown = model("unknown", quality={"default": 0.9})

    decision = balanced(max_cost_usd=1e-9, cost_weight=0.5).select(ASKED, [GOOD, unknown])

    assert decision.ranking == (unknown, GOOD)
    assert decision.scores["unknown"] == pytest.approx(decision.scores["good"] or 0, abs=0.2)


def test_scores_move_the_quality_from_its_prior_in_their_category_most() -> None:
    router = balanced()
    law, chat = workload(category="law"), workload(category="chat")
    for _ in range(200):
        router.learn(outcome(model="good", workload=law, score=Score(value=0.0)))
        router.learn(outcome(model="good", workload=chat, score=Score(value=1.0)))

    quality = {
        asked.category: router.select(asked, ALL).parts["good"].quality or 0.0
        for asked in (law, chat, workload(category="history"))
    }

    assert quality["law"] < 0.1
    assert quality["chat"] > 0.9
    assert 0.4 < quality["history"] < 0.6


def test_a_score_that_replaces_another_leaves_nothing_of_it() -> None:
    once, twice = balanced(), balanced()
    once.learn(outcome(model="good", score=Score(value=0.2, weight=0.5)))

    twice.learn(outcome(model="good", score=Score(value=1.0, weight=0.5)))
    twice.learn(outcome(model="good", score=Score(value=0.2, weight=0.5, replaces=1.0)))

    assert twice.select(ASKED, ALL).parts["good"].quality == pytest.approx(
        once.select(ASKED, ALL).parts["good"].quality
    )


def test_examples_teach_what_scores_would() -> None:
    router = balanced()
    example = Example(
        workload=ASKED, scores={"good": 0.0, "poor": 1.0}, costs_usd={"good": 0.1, "gone": 1.0}
    )

    router.fit([example] * 200, ALL)

    parts = router.select(ASKED, ALL).parts
    assert (parts["good"].quality or 0) < 0.1
    assert (parts["poor"].quality or 0) > 0.9
    assert (parts["good"].cost_usd or 0) == pytest.approx(0.1, rel=0.05)


def test_categories_are_asked_for() -> None:
    assert Balanced().signals == {"category"}


def seeing(**expected: Expectation) -> Balanced:
    return Balanced(clock=Clock(), pool=Seen(**expected), latency_weight=0.3, cost_weight=0.0)


def test_what_the_pool_sees_goes_before_what_was_learnt() -> None:
    alike = {"good": 2.0, "fair": 2.0, "poor": 2.0}
    seen = {name: Expectation(answer_s=seconds) for name, seconds in alike.items()}
    idle = seeing(**seen).select(ASKED, ALL)
    busy = {**seen, "good": Expectation(answer_s=42.0, wait_s=40.0)}
    decision = seeing(**busy).select(ASKED, ALL)

    assert idle.ranking[0] is GOOD
    assert idle.fired == ()
    assert decision.ranking[0] is FAIR
    assert decision.parts["good"].latency_s == 42.0
    assert decision.fired == ("good is full, 40.0 s of waiting expected",)
    assert decision.reason.endswith("2.0 s expected")


def test_a_wait_adds_to_what_was_learnt_where_the_pool_knows_no_more() -> None:
    router = balanced(Seen(fair=Expectation(wait_s=3.0)))

    assert router.select(ASKED, ALL).parts["fair"].latency_s == pytest.approx(5.0, abs=0.01)


def test_the_ceiling_of_latency_holds_for_the_wait_too() -> None:
    router = Balanced(
        clock=Clock(), pool=Seen(good=Expectation(answer_s=9.0, wait_s=8.0)), max_latency_s=15.0
    )
    strict = Balanced(
        clock=Clock(),
        pool=Seen(good=Expectation(answer_s=9.0), fair=Expectation(answer_s=7.0)),
        max_latency_s=8.0,
        cost_weight=0.0,
    )

    assert router.select(ASKED, [GOOD, FAIR]).ranking[0] is GOOD
    assert strict.select(ASKED, [GOOD, FAIR]).ranking == (FAIR, GOOD)


def test_a_model_that_is_out_of_service_comes_last_also_behind_broken_ceilings() -> None:
    router = Balanced(
        clock=Clock(),
        pool=Seen(
            good=Expectation(is_down=True),
            fair=Expectation(answer_s=9.0),
            poor=Expectation(answer_s=99.0),
        ),
        max_latency_s=1.0,
        cost_weight=0.0,
    )
    decision = router.select(ASKED, ALL)

    assert decision.ranking == (FAIR, POOR, GOOD)
    assert decision.fired == ("good is out of service",)
