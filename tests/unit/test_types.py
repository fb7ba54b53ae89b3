"""What the nouns can tell of themselves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import endpoint, model, workload
from wrp_proxy.types import Api, Price, Usage, Workload

amounts = st.floats(0, 1000, allow_nan=False)
prices = st.builds(
    lambda fresh, output, cached: Price(input=fresh, output=output, cached_input=cached),
    amounts,
    amounts,
    st.none() | amounts,
)
usages = st.builds(
    lambda fresh, cached, completion: Usage(
        prompt_tokens=fresh + cached, completion_tokens=completion, cached_tokens=cached
    ),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
)


def added(one: Usage, other: Usage) -> Usage:
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
    )


@given(prices, usages, usages)
def test_two_answers_cost_what_each_costs(price: Price, one: Usage, other: Usage) -> None:
    together = price.cost_usd(added(one, other))

    assert together == pytest.approx(price.cost_usd(one) + price.cost_usd(other), abs=1e-9)


@given(prices, usages)
def test_no_answer_costs_less_than_nothing(price: Price, usage: Usage) -> None:
    assert price.cost_usd(usage) >= 0


@given(prices, usages)
def test_more_tokens_never_cost_less(price: Price, usage: Usage) -> None:
    more = added(usage, Usage(prompt_tokens=1, completion_tokens=1))

    assert price.cost_usd(more) >= price.cost_usd(usage)


def test_prices_are_in_usd_per_million_tokens() -> None:
    price = Price(input=2.0, output=8.0)

    assert price.cost_usd(Usage(prompt_tokens=1_000_000, completion_tokens=500_000)) == 6.0


@pytest.mark.parametrize(("cached_input", "cost"), [(0.5, 1.25), (None, 2.0), (0.0, 1.0)])
def test_cached_tokens_have_a_price_of_their_own(cached_input: float | None, cost: float) -> None:
    price = Price(input=2.0, output=8.0, cached_input=cached_input)
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=0, cached_tokens=500_000)

    assert price.cost_usd(usage) == cost


@pytest.mark.parametrize(("limit", "total"), [(None, 150), (7, 107), (1000, 1100)])
def test_the_window_needed_is_the_limit_of_the_caller_or_what_is_expected(
    limit: int | None, total: int
) -> None:
    asked = workload(input_tokens=100, expected_output_tokens=50, max_output_tokens=limit)

    assert asked.total_tokens == total


@pytest.mark.parametrize(("window", "fits"), [(99, False), (100, True), (None, True)])
def test_a_request_fits_a_window_as_long_as_itself(window: int | None, fits: bool) -> None:
    assert endpoint(context_window=window).serves(workload(input_tokens=50)) is fits


def asked(tokens: int = 1, **more: Any) -> Workload:
    return workload(input_tokens=tokens, max_output_tokens=None, expected_output_tokens=0, **more)


def test_a_model_serves_what_one_of_its_endpoints_fits() -> None:
    mixed = model("m", endpoint("a", context_window=10), endpoint("b", context_window=100))

    assert mixed.serves(asked(100))
    assert not mixed.serves(asked(101))


@pytest.mark.parametrize(
    ("api", "native_only", "speaks"),
    [
        ("chat", False, True),
        ("responses", False, True),
        ("responses", True, False),
        ("messages", False, True),
        ("messages", True, True),
        ("completions", False, True),
        ("completions", True, False),
        ("embeddings", False, False),
        ("embeddings", True, False),
    ],
)
def test_what_is_not_native_is_translated_where_it_can_be(
    api: Api, *, native_only: bool, speaks: bool
) -> None:
    claude = endpoint(apis=frozenset({"chat", "messages"}))

    assert claude.speaks(asked(api=api, native_only="a tool" if native_only else None)) is speaks


@pytest.mark.parametrize("api", ["chat", "responses", "messages", "completions"])
def test_an_embedding_model_speaks_nothing_else(api: Api) -> None:
    assert not endpoint(apis=frozenset({"embeddings"})).speaks(asked(api=api))


def test_what_is_bound_to_a_provider_is_served_by_no_other() -> None:
    bound, there = asked(bound_to="elsewhere"), endpoint(provider="elsewhere")

    assert there.speaks(bound)
    assert not endpoint("b").speaks(bound)
    assert model("m", endpoint("b")).lacks(bound) == {"chat"}
    assert model("m", endpoint("b"), there).lacks(bound) == frozenset()


@pytest.mark.parametrize(
    ("windows", "longest"), [((10, 100), 100), ((10, None), None), ((None,), None)]
)
def test_the_window_of_a_model_is_its_longest_if_all_are_known(
    windows: tuple[int | None, ...], longest: int | None
) -> None:
    endpoints = [endpoint(f"e{n}", context_window=window) for n, window in enumerate(windows)]

    assert model("m", *endpoints).context_window == longest


def test_an_endpoint_is_called_by_provider_and_model_and_label() -> None:
    assert endpoint("gpt").name == "lab/gpt"
    assert endpoint("org/gpt", label="eu").name == "lab/org/gpt#eu"
