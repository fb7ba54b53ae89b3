import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import model, workload
from wrp_proxy.routers.prior import prior_quality, quality_by_price
from wrp_proxy.types import Price


def test_a_single_figure_holds_for_all_categories() -> None:
    flat = model(quality={"default": 0.7})

    assert prior_quality(flat, workload(category="law")) == 0.7
    assert prior_quality(flat, workload(probabilities={"law": 0.5, "chat": 0.5})) == 0.7


def test_the_figure_of_the_category_goes_before_the_default() -> None:
    coder = model(quality={"default": 0.5, "coding": 0.9})

    assert prior_quality(coder, workload(category="coding")) == 0.9
    assert prior_quality(coder, workload(category="law")) == 0.5


def test_figures_are_weighed_by_the_chances_of_the_categories() -> None:
    coder = model(quality={"default": 0.5, "coding": 0.9})
    asked = workload(category="coding", probabilities={"coding": 0.75, "law": 0.25})

    assert prior_quality(coder, asked) == pytest.approx(0.8)


def test_without_a_default_the_mean_of_all_figures_stands_in() -> None:
    coder = model(quality={"law": 0.4, "coding": 0.8})

    assert prior_quality(coder, workload(category="chat")) == pytest.approx(0.6)


def test_where_nothing_is_said_the_price_tells() -> None:
    prices = [None, Price(input=0, output=0), Price(input=1, output=1), Price(input=10, output=10)]

    told = [prior_quality(model(price=price), workload()) for price in prices]

    assert told == pytest.approx([0.75, 0.45, 0.82, 0.92])


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_no_price_tells_of_a_perfect_or_a_useless_model(reading: float, writing: float) -> None:
    assert 0.45 <= quality_by_price(Price(input=reading, output=writing)) <= 0.93


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_dearer_model_is_never_thought_worse(price: float, more: float) -> None:
    cheap, dear = (Price(input=usd, output=usd) for usd in (price, price + more))

    assert quality_by_price(cheap) <= quality_by_price(dear)
