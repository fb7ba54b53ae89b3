"""What an upstream model costs is looked up under its vendor's name, then under its own."""

from pathlib import Path
from typing import Any

import pytest

from wrp_proxy.accounting.pricing import ListedModel, PriceList
from wrp_proxy.types import CAPABILITIES, Price

LISTED: dict[str, dict[str, Any]] = {
    "gpt": {
        "input": 1,
        "output": 4,
        "cached_input": 0.1,
        "context_window": 128_000,
        "max_output": 16_384,
        "capabilities": ["tools", "vision"],
    },
    "azure/gpt": {"input": 2, "output": 8},
    "groq/openai/gpt-oss": {"input": 0.1, "output": 0.5, "context_window": 131_072},
    "embedder": {"input": 0.02, "output": 0, "capabilities": ["embeddings"]},
    "free": {"input": 0, "output": 0, "cached_input": 0, "capabilities": []},
    "novel": {"input": 1, "output": 1, "capabilities": ["tools", "telepathy"]},
}


@pytest.fixture
def prices() -> PriceList:
    return PriceList(LISTED, "2026-11-23")


def price(prices: PriceList, vendor: str, name: str) -> Price | None:
    found = prices.find(vendor, name)
    return found.price if found else None


def test_a_listed_model_is_found_with_all_that_is_listed(prices: PriceList) -> None:
    assert prices.find("openai", "gpt") == ListedModel(
        price=Price(input=1, output=4, cached_input=0.1),
        context_window=128_000,
        capabilities=frozenset({"tools", "vision", "logprobs"}),
    )


def test_the_vendors_own_price_goes_before_the_general_one(prices: PriceList) -> None:
    assert price(prices, "azure", "gpt") == Price(input=2, output=8)
    assert price(prices, "together", "gpt") == Price(input=1, output=4, cached_input=0.1)


def test_an_upstream_name_may_have_a_slash_of_its_own(prices: PriceList) -> None:
    assert price(prices, "groq", "openai/gpt-oss") == Price(input=0.1, output=0.5)
    assert price(prices, "together", "openai/gpt-oss") is None


@pytest.mark.parametrize(("vendor", "name"), [("openai", "nobody"), ("openai", ""), ("", "x")])
def test_what_is_not_listed_is_unknown(prices: PriceList, vendor: str, name: str) -> None:
    assert prices.find(vendor, name) is None


def test_what_the_list_does_not_say_is_unknown(prices: PriceList) -> None:
    found = prices.find("azure", "gpt")

    assert found is not None
    assert found.context_window is None
    assert found.capabilities is None


def test_free_is_a_price(prices: PriceList) -> None:
    assert price(prices, "openai", "free") == Price(input=0, output=0, cached_input=0)


def test_an_embedder_can_do_nothing_else(prices: PriceList) -> None:
    found = prices.find("openai", "embedder")

    assert found is not None
    assert found.capabilities == frozenset({"embeddings"})


def test_capabilities_that_the_proxy_does_not_know_are_left_out(prices: PriceList) -> None:
    found = prices.find("openai", "novel")

    assert found is not None
    assert found.capabilities is not None
    assert found.capabilities <= CAPABILITIES


def test_a_list_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("date: 2026-11-23\nmodels:\n  gpt: {input: 1, output: 4}\n")

    prices = PriceList.load(file)

    assert prices.date == "2026-11-23"
    assert price(prices, "openai", "gpt") == Price(input=1, output=4)
