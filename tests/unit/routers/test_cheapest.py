from tests.unit.nouns import model, workload
from wrp_proxy.routers.cheapest import Cheapest
from wrp_proxy.types import Price

READS_CHEAPLY = model("reads-cheaply", price=Price(input=1.0, output=10.0))
WRITES_CHEAPLY = model("writes-cheaply", price=Price(input=5.0, output=1.0))
FREE = model("free", price=Price(input=0.0, output=0.0))
UNKNOWN = model("unknown")
UNKNOWN_TOO = model("unknown-too")


def test_long_prompts_go_where_reading_is_cheap() -> None:
    asked = workload(input_tokens=10_000, expected_output_tokens=10)

    ranking = Cheapest().select(asked, [WRITES_CHEAPLY, READS_CHEAPLY]).ranking

    assert ranking == (READS_CHEAPLY, WRITES_CHEAPLY)


def test_long_answers_go_where_writing_is_cheap() -> None:
    asked = workload(input_tokens=10, expected_output_tokens=10_000)

    ranking = Cheapest().select(asked, [READS_CHEAPLY, WRITES_CHEAPLY]).ranking

    assert ranking == (WRITES_CHEAPLY, READS_CHEAPLY)


def test_the_scores_are_the_expected_costs_in_usd() -> None:
    asked = workload(input_tokens=1000, expected_output_tokens=100)

    decision = Cheapest().select(asked, [READS_CHEAPLY, UNKNOWN])

    assert decision.scores == {"reads-cheaply": 0.002, "unknown": None}
    assert "0.002000 USD" in decision.reason


def test_the_limit_of_the_caller_is_not_taken_for_the_length_of_the_answer() -> None:
    asked = workload(input_tokens=1000, expected_output_tokens=10, max_output_tokens=100_000)

    ranking = Cheapest().select(asked, [WRITES_CHEAPLY, READS_CHEAPLY]).ranking

    assert ranking[0] == READS_CHEAPLY


def test_what_is_free_comes_first_and_what_has_no_price_last() -> None:
    candidates = [UNKNOWN, READS_CHEAPLY, FREE, UNKNOWN_TOO]

    ranking = Cheapest().select(workload(), candidates).ranking

    assert ranking == (FREE, READS_CHEAPLY, UNKNOWN, UNKNOWN_TOO)


def test_without_any_price_the_order_of_the_route_holds() -> None:
    decision = Cheapest().select(workload(), [UNKNOWN_TOO, UNKNOWN])

    assert decision.ranking == (UNKNOWN_TOO, UNKNOWN)
    assert "no price known" in decision.reason


def test_equal_costs_keep_the_order_of_the_route() -> None:
    twin = model("twin", price=READS_CHEAPLY.price)

    assert Cheapest().select(workload(), [twin, READS_CHEAPLY]).ranking == (twin, READS_CHEAPLY)
    assert Cheapest().select(workload(), [READS_CHEAPLY, twin]).ranking == (READS_CHEAPLY, twin)
