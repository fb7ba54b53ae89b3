from collections import Counter

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, usage, workload
from tests.unit.routers.views import Seen
from wrp_proxy.pool_view import Expectation
from wrp_proxy.routers.fastest import Fastest
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

QUICK_START = model("quick-start")
QUICK_TOKENS = model("quick-tokens")
NEW = model("new")


def streamed(name: str, ttft_s: float, tpot_s: float, tokens: int = 100, **more: object) -> Outcome:
    return outcome(
        **{
            "model": name,
            "first_content_s": ttft_s,
            "duration_s": ttft_s + tpot_s * tokens,
            "usage": usage(completion=tokens),
            "stream": True,
            **more,
        }
    )


def fastest(clock: Clock | None = None, explore: float = 0.0) -> Fastest:
    return Fastest(explore=explore, seed=7, clock=clock or Clock())


def taught() -> Fastest:
    router = fastest()
    for _ in range(100):
        router.learn(streamed("quick-start", ttft_s=0.2, tpot_s=0.1))
        router.learn(streamed("quick-tokens", ttft_s=2.0, tpot_s=0.01))
    return router


def test_short_answers_go_where_the_first_token_comes_early() -> None:
    asked = workload(expected_output_tokens=10)

    decision = taught().select(asked, [QUICK_TOKENS, QUICK_START])

    assert decision.ranking == (QUICK_START, QUICK_TOKENS)
    assert decision.scores["quick-start"] == pytest.approx(0.2 + 10 * 0.1, rel=0.05)


def test_long_answers_go_where_tokens_come_fast() -> None:
    asked = workload(expected_output_tokens=1000)

    decision = taught().select(asked, [QUICK_START, QUICK_TOKENS])

    assert decision.ranking == (QUICK_TOKENS, QUICK_START)
    assert decision.parts["quick-tokens"].latency_s == pytest.approx(2.0 + 10.0, rel=0.05)
    assert decision.reason.startswith("fastest able model, 12")


def test_a_model_that_was_not_seen_is_as_fast_as_the_mean_of_the_others() -> None:
    router = taught()

    scores = router.select(workload(), [QUICK_START, QUICK_TOKENS, NEW]).scores

    slow, fast = scores["quick-start"], scores["quick-tokens"]
    assert scores["new"] is not None
    assert slow is not None
    assert fast is not None
    assert scores["new"] == pytest.approx((slow + fast) / 2, rel=0.01)


def test_where_nothing_was_seen_nothing_takes_no_time() -> None:
    decision = fastest().select(workload(), [NEW, QUICK_START])

    assert decision.ranking == (NEW, QUICK_START)
    assert decision.scores == {"new": 2.0, "quick-start": 2.0}


def test_answers_that_are_not_streamed_tell_of_the_time_per_token() -> None:
    router = fastest()
    for _ in range(100):
        router.learn(streamed("new", 5.0, 0.05, stream=False))
        router.learn(streamed("quick-start", 0.0, 0.02, stream=False))

    decision = router.select(workload(expected_output_tokens=100), [NEW, QUICK_START])

    assert decision.ranking[0] == QUICK_START
    assert decision.scores["new"] == pytest.approx(10.0, rel=0.02)


def test_failing_at_once_is_not_fast() -> None:
    router = taught()
    for _ in range(50):
        router.learn(outcome(model="quick-start", finish="failed", duration_s=0.01, usage=None))
        router.learn(outcome(model="new", finish="failed", duration_s=0.01, usage=None))

    ranking = router.select(workload(), [QUICK_START, NEW, QUICK_TOKENS]).ranking

    assert ranking == (QUICK_TOKENS, QUICK_START, NEW)


@pytest.mark.parametrize(
    "ended",
    [
        streamed("new", 1.0, 1.0, score=Score(value=1.0)),
        streamed("new", 1.0, 1.0, cached="exact"),
        streamed("new", 1.0, 1.0, finish="cancelled", first_content_s=None),
    ],
    ids=["score", "cached", "left-before-anything-came"],
)
def test_what_tells_nothing_of_the_speed_is_not_learnt(ended: Outcome) -> None:
    router = fastest()

    router.learn(ended)

    assert router.statistics[0].dump() == {}


def test_what_was_lately_counts_more() -> None:
    clock = Clock()
    router = fastest(clock)
    for _ in range(100):
        router.learn(streamed("new", 5.0, 0.01))
    clock.now += 6000.0
    router.learn(streamed("new", 0.5, 0.01))
    router.learn(streamed("quick-start", 1.0, 0.01))

    assert router.select(workload(), [QUICK_START, NEW]).ranking[0] == NEW


def test_a_share_goes_to_any_model_with_its_exact_chance() -> None:
    router = fastest(explore=0.3)
    router.learn(streamed("quick-start", 0.1, 0.001))
    router.learn(streamed("quick-tokens", 2.0, 0.01))
    router.learn(streamed("new", 3.0, 0.01))

    decisions = [router.select(workload(), [NEW, QUICK_START, QUICK_TOKENS]) for _ in range(6000)]

    chances = {one.ranking[0].name: one.propensity for one in decisions}
    assert chances == pytest.approx({"quick-start": 0.8, "quick-tokens": 0.1, "new": 0.1})
    firsts = Counter(one.ranking[0].name for one in decisions)
    for name, chance in chances.items():
        assert abs(firsts[name] / 6000 - chance) < 4 * (chance * (1 - chance) / 6000) ** 0.5


def test_a_model_that_has_recovered_is_found_again() -> None:
    clock = Clock()
    router = Fastest(seed=7, clock=clock)
    now_s = {"quick-start": 1.0, "new": 9.0}
    chosen = []
    for number in range(6000):
        clock.now += 1.0
        now_s["new"] = 9.0 if number < 1000 else 0.5
        first = router.select(workload(), [QUICK_START, NEW]).ranking[0].name
        router.learn(streamed(first, now_s[first], 0.001))
        chosen.append(first)

    assert chosen[500:1000].count("new") < 25
    assert chosen[4000:].count("new") > 1900


def test_what_the_pool_sees_now_goes_before_what_was_learnt() -> None:
    pool = Seen(
        a=Expectation(answer_s=9.0, wait_s=8.0),
        b=Expectation(answer_s=2.0),
        c=Expectation(answer_s=0.1, is_down=True),
    )
    a, b, c = model("a"), model("b"), model("c")

    decision = Fastest(explore=0.0, clock=Clock(), pool=pool).select(workload(), [a, b, c])

    assert decision.ranking == (b, a, c)
    assert decision.reason == "fastest able model, 2.0 s expected"
    assert decision.fired == ("a is full, 8.0 s of waiting expected", "c is out of service")
