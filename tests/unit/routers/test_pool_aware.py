"""Strategies that look at the pool, whatever they see there."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, workload
from tests.unit.routers.views import Seen
from wrp_proxy.pool_view import Expectation
from wrp_proxy.routers.composition import make_router, read_spec
from wrp_proxy.types import Price

MODELS = [
    model(name, price=Price(input=price, output=price), quality={"default": quality})
    for name, price, quality in (("a", 1.0, 0.5), ("b", 5.0, 0.9), ("c", 0.0, 0.3))
]
seconds = st.floats(0, 1e6)
expectations = st.builds(
    Expectation,
    ttft_s=st.none() | seconds,
    answer_s=st.none() | seconds,
    wait_s=seconds,
    load=st.floats(0, 1),
    warmth=st.floats(0, 1),
    is_down=st.booleans(),
)


@pytest.mark.parametrize("written", ["balanced", "fastest", "session(balanced)", "cascade"])
@given(expected=st.fixed_dictionaries({"a": expectations, "b": expectations, "c": expectations}))
def test_all_candidates_are_ranked_and_those_out_of_service_last(
    written: str, expected: dict[str, Expectation]
) -> None:
    router = make_router(read_spec(written), Clock(), Seen(**expected))
    router.learn(outcome(model="b", workload=workload(session="s")))

    decision = router.select(workload(session="s"), MODELS)

    names = [one.name for one in decision.ranking]
    assert sorted(names) == ["a", "b", "c"]
    assert all(score is None or isfinite(score) for score in decision.scores.values())
    if written in {"balanced", "session(balanced)"}:
        down = [expected[name].is_down for name in names]
        assert down == sorted(down)
