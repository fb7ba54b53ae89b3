from tests.unit.nouns import model, outcome, workload
from wrp_proxy.routers.fixed_order import FixedOrder

A, B, C = model("a"), model("b"), model("c")


def test_the_order_of_the_route_is_the_ranking() -> None:
    decision = FixedOrder().select(workload(), [B, C, A])

    assert decision.ranking == (B, C, A)
    assert decision.propensity == 1.0


def test_the_scores_fall_along_the_ranking() -> None:
    scores = FixedOrder().select(workload(), [B, C, A]).scores

    assert scores == {"b": 0, "c": -1, "a": -2}


def test_failures_change_nothing() -> None:
    router = FixedOrder()

    for _ in range(10):
        router.learn(outcome(model="b", finish="failed", error="boom"))

    assert router.select(workload(), [B, C, A]).ranking == (B, C, A)
