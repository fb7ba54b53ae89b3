import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, workload
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.costs import Costs, cost_by_price
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome, Price

PRICED = model("priced", price=Price(input=1.0, output=10.0))
ASKED = workload(input_tokens=1000, expected_output_tokens=100)
BY_PRICE_USD = 0.002


def costs() -> Costs:
    return Costs(Clock())


def real(cost_usd: float | None, **more: object) -> Outcome:
    return outcome(**{"model": "priced", "workload": ASKED, "cost_usd": cost_usd, **more})


def test_the_price_tells_while_nothing_else_is_known() -> None:
    assert cost_by_price(PRICED, ASKED) == pytest.approx(BY_PRICE_USD)
    assert costs().expected_usd(PRICED, ASKED) == pytest.approx(BY_PRICE_USD)


def test_without_a_price_no_cost_is_expected() -> None:
    assert costs().expected_usd(model("unknown"), ASKED) is None


def test_what_is_free_costs_nothing() -> None:
    free = model("free", price=Price(input=0.0, output=0.0))
    learning = costs()
    learning.expected_usd(free, ASKED)

    learning.learn(real(0.0, model="free"))

    assert learning.expected_usd(free, ASKED) == 0.0


def test_a_talkative_model_is_expected_to_cost_more() -> None:
    learning = costs()
    learning.expected_usd(PRICED, ASKED)

    for _ in range(995):
        learning.learn(real(3 * BY_PRICE_USD))

    assert learning.expected_usd(PRICED, ASKED) == pytest.approx(2.99 * BY_PRICE_USD)


def test_a_single_answer_hardly_changes_what_is_expected() -> None:
    learning = costs()
    learning.expected_usd(PRICED, ASKED)

    learning.learn(real(7 * BY_PRICE_USD))

    assert learning.expected_usd(PRICED, ASKED) == pytest.approx(2 * BY_PRICE_USD)


@pytest.mark.parametrize(
    "ended",
    [
        real(1.0, finish="failed"),
        real(1.0, finish="cancelled"),
        real(1.0, cached="exact"),
        real(1.0, score=Score(value=1.0)),
        real(None),
        real(1.0, model="never seen"),
    ],
    ids=["failed", "cancelled", "cached", "score", "no-cost", "unknown-model"],
)
def test_what_is_no_real_cost_teaches_nothing(ended: Outcome) -> None:
    learning = costs()
    learning.expected_usd(PRICED, ASKED)

    learning.learn(ended)

    assert learning.statistics.dump() == {}


def test_costs_of_all_candidates_are_those_of_each() -> None:
    learning, unknown = costs(), model("unknown")
    learning.expected(ASKED, [PRICED, unknown])
    learning.learn(real(7 * BY_PRICE_USD))

    together = learning.expected(ASKED, [unknown, PRICED])

    assert together == [None, pytest.approx(2 * BY_PRICE_USD)]
    assert together == [learning.expected_usd(one, ASKED) for one in (unknown, PRICED)]


def test_what_was_learnt_elsewhere_counts_at_once() -> None:
    learning, other = costs(), costs()
    for one in (learning, other):
        one.expected_usd(PRICED, ASKED)
    other.learn(real(7 * BY_PRICE_USD))

    learning.statistics.replace(other.statistics.dump())

    assert learning.expected_usd(PRICED, ASKED) == pytest.approx(2 * BY_PRICE_USD)


@pytest.mark.parametrize("sums", [[0.0, 0.0, 0.0], [-1.0, 1.0, 1.0], [1.0]])
def test_sums_that_say_nothing_leave_the_price(sums: list[float]) -> None:
    learning = costs()
    learning.statistics.replace({"priced": (sums, 1000.0)})

    assert learning.expected_usd(PRICED, ASKED) == pytest.approx(BY_PRICE_USD)


def test_costs_are_learnt_from_examples() -> None:
    learning = costs()
    example = Example(
        workload=ASKED, scores={}, costs_usd={"priced": 2 * BY_PRICE_USD, "gone": 1.0}
    )

    learning.fit([example] * 995, [PRICED])

    assert learning.expected_usd(PRICED, ASKED) == pytest.approx(1.995 * BY_PRICE_USD)
    assert list(learning.statistics.keys()) == ["priced"]
