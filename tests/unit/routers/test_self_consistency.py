"""Self-consistency: which answers are compared, and who is asked."""

from typing import Any

import pytest

from tests.unit.nouns import model, workload
from wrp_proxy.routers.self_consistency import SelfConsistency
from wrp_proxy.types import Price

CHEAP = model("cheap", price=Price(input=0.1, output=0.4), quality={"default": 0.5})
BEST = model("best", price=Price(input=5.0, output=20.0), quality={"default": 0.9})


@pytest.mark.parametrize(
    "more",
    [
        {"max_output_tokens": 100, "expected_output_tokens": 900},
        {"expected_output_tokens": 100},
        {"expected_output_tokens": 900, "needs": frozenset({"json_schema"})},
    ],
)
def test_short_answers_and_json_are_compared(more: dict[str, Any]) -> None:
    decision = SelfConsistency().select(workload(**more), [BEST, CHEAP])

    assert [ranked.name for ranked in decision.ranking] == ["cheap", "best"]
    assert decision.check is not None
    assert (decision.check.how, decision.check.samples) == ("agree", 3)
    assert decision.check.escalations == 1
    assert decision.parameters == {"temperature": 1.0}


@pytest.mark.parametrize(
    "more",
    [
        {"expected_output_tokens": 900},
        {"max_output_tokens": 900, "expected_output_tokens": 100},
        {"expected_output_tokens": 100, "needs": frozenset({"tools"})},
        {"expected_output_tokens": 100, "api": "embeddings"},
    ],
)
def test_all_else_is_answered_as_the_ranking_says(more: dict[str, Any]) -> None:
    decision = SelfConsistency(cost_weight=0.0).select(workload(**more), [CHEAP, BEST])

    assert [ranked.name for ranked in decision.ranking] == ["best", "cheap"]
    assert decision.check is None
    assert decision.parameters == {}
    assert decision.router == "self_consistency"
