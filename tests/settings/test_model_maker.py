"""What a model costs, takes and can do, where the configuration leaves it out."""

from typing import Any

import pytest

from wrp_proxy.accounting.pricing import PriceList
from wrp_proxy.accounting.quality import QualityTable
from wrp_proxy.model_maker import ModelMaker
from wrp_proxy.pooling import Balancing, TokenBudget
from wrp_proxy.providers.vendors import VENDORS
from wrp_proxy.settings.schema import ModelSettings, ProviderSettings
from wrp_proxy.shipped import price_list_path, quality_table_path
from wrp_proxy.types import CHAT_CAPABILITIES, Price, Usage

LISTED: dict[str, dict[str, Any]] = {
    "groq/fast": {
        "input": 1,
        "output": 2,
        "cached_input": 0.5,
        "context_window": 1000,
        "capabilities": ["tools", "vision"],
    },
    "fast": {"input": 3, "output": 4, "context_window": 2000, "capabilities": ["tools"]},
    "plain": {"input": 5, "output": 6, "capabilities": []},
    "vectors": {"input": 7, "output": 0, "capabilities": ["embeddings"]},
}
URL = "http://127.0.0.1:9100/v1"


@pytest.fixture
def maker() -> ModelMaker:
    providers = {
        "lab": ProviderSettings(type="openai", base_url=URL),
        "groq": ProviderSettings(type="openai"),
        "eu": ProviderSettings(type="openai", vendor="groq", base_url=URL),
        "here": ProviderSettings(type="local"),
        "wide": ProviderSettings(type="local", context_window=32768),
    }
    return ModelMaker(providers, PriceList(LISTED, "2026-01-01"))


def served(*upstreams: str, **more: Any) -> ModelSettings:
    """Return a model on these `provider/upstream-model`."""
    pairs = [upstream.split("/") for upstream in upstreams]
    endpoints = [{"provider": provider, "model": model} for provider, model in pairs]
    return ModelSettings.model_validate({"endpoints": endpoints, **more})


@pytest.mark.parametrize(
    ("upstream", "price"),
    [
        ("groq/fast", Price(input=1, output=2, cached_input=0.5)),
        ("eu/fast", Price(input=1, output=2, cached_input=0.5)),
        ("lab/fast", Price(input=3, output=4)),
        ("groq/plain", Price(input=5, output=6)),
        ("lab/unheard-of", None),
    ],
)
def test_the_price_is_the_vendors_else_that_of_the_bare_name_else_unknown(
    maker: ModelMaker, upstream: str, price: Price | None
) -> None:
    model = maker.configured("m", served(upstream))

    assert model.price == price
    assert model.endpoints[0].price == price


def test_a_price_of_the_configuration_wins_at_every_endpoint(maker: ModelMaker) -> None:
    settings = served("groq/fast", "lab/fast", price={"input": 9, "output": 9})

    model = maker.configured("m", settings)

    prices = [model.price, *(endpoint.price for endpoint in model.endpoints)]
    assert prices == [Price(input=9, output=9)] * 3


def test_endpoints_of_one_pool_may_differ_in_price(maker: ModelMaker) -> None:
    model = maker.configured("m", served("groq/fast", "lab/fast"))

    assert [e.price.input for e in model.endpoints if e.price] == [1, 3]


@pytest.mark.parametrize(
    ("upstream", "window"), [("groq/fast", 1000), ("lab/fast", 2000), ("lab/unheard-of", None)]
)
def test_the_window_is_the_price_lists(
    maker: ModelMaker, upstream: str, window: int | None
) -> None:
    model = maker.configured("m", served(upstream))

    assert model.context_window == window


def test_the_window_of_the_model_wins_over_the_price_list(maker: ModelMaker) -> None:
    model = maker.configured("m", served("groq/fast", context_window=500))

    assert model.context_window == 500


def test_the_window_of_the_endpoint_wins_over_the_models(maker: ModelMaker) -> None:
    endpoint = {"provider": "groq", "model": "fast", "context_window": 250}
    settings = ModelSettings.model_validate({"endpoints": [endpoint], "context_window": 500})

    model = maker.configured("m", settings)

    assert model.endpoints[0].context_window == 250


def test_a_model_has_the_capabilities_that_are_listed(maker: ModelMaker) -> None:
    model = maker.configured("m", served("groq/fast"))

    assert {"tools", "vision"} <= model.capabilities
    assert not {"audio", "json_schema", "embeddings"} & model.capabilities


@pytest.mark.parametrize("upstream", ["lab/unheard-of", "lab/plain"])
def test_a_model_of_which_nothing_is_listed_has_all_a_chat_model_has(
    maker: ModelMaker, upstream: str
) -> None:
    model = maker.configured("m", served(upstream))

    assert model.capabilities == CHAT_CAPABILITIES


def test_a_pool_has_the_capabilities_of_all_its_endpoints(maker: ModelMaker) -> None:
    model = maker.configured("m", served("groq/fast", "lab/fast"))

    assert "tools" in model.capabilities
    assert "vision" not in model.capabilities


@pytest.mark.parametrize("upstreams", [["lab/vectors"], ["lab/vectors", "eu/vectors"]])
def test_a_model_for_embeddings_is_one_alone_and_in_a_pool(
    maker: ModelMaker, upstreams: list[str]
) -> None:
    model = maker.configured("m", served(*upstreams))

    assert model.capabilities == {"embeddings"}


@pytest.mark.parametrize("capabilities", [["vision"], ["tools", "json_schema"], []])
def test_capabilities_of_the_configuration_win(maker: ModelMaker, capabilities: list[str]) -> None:
    model = maker.configured("m", served("groq/fast", capabilities=capabilities))

    assert model.capabilities == set(capabilities)


def test_quality_balance_and_limits_come_from_the_configuration(maker: ModelMaker) -> None:
    endpoint = {"provider": "lab", "model": "fast", "weight": 2, "max_concurrency": 3, "label": "a"}
    settings = ModelSettings.model_validate(
        {"endpoints": [endpoint], "quality": 0.5, "balance": "round_robin"}
    )

    model = maker.configured("m", settings)

    assert (model.name, model.quality) == ("m", {"default": 0.5})
    assert model.balancing == Balancing(name="round_robin")
    [made] = model.endpoints
    assert (made.weight, made.max_concurrency, made.label) == (2, 3, "a")
    assert made.name == "lab/fast#a"


def test_an_endpoint_may_have_its_own_price_and_region(maker: ModelMaker) -> None:
    own = {"input": 1.0, "output": 2.0}
    endpoints = [
        {"provider": "lab", "model": "a", "price": own, "region": "eu"},
        {"provider": "lab", "model": "b"},
    ]
    settings = ModelSettings.model_validate(
        {"endpoints": endpoints, "price": {"input": 3.0, "output": 4.0}}
    )

    made = maker.configured("m", settings).endpoints

    assert [one.price and one.price.input for one in made] == [1.0, 3.0]
    assert [one.region for one in made] == ["eu", None]


def test_balancer_and_token_budget_come_from_the_configuration(maker: ModelMaker) -> None:
    balance = {"name": "prefix_affinity", "ttl_s": 60}
    budget = {"boundary_tokens": 4096, "spillover": 0.5, "rebalance": "auto"}
    settings = ModelSettings.model_validate(
        {
            "endpoints": [{"provider": "lab", "model": "a", "label": "short"}],
            "balance": balance,
            "token_budget": budget,
        }
    )

    model = maker.configured("m", settings)

    assert model.balancing == Balancing(name="prefix_affinity", parameters={"ttl_s": 60})
    assert model.budget == TokenBudget(boundary_tokens=4096, spillover=0.5, rebalance="auto")
    assert model.signals == {"conversation", "fingerprint"}


def test_a_made_up_name_is_served_with_what_is_listed_but_not_listed_itself(
    maker: ModelMaker,
) -> None:
    model = maker.made_up("groq", "fast")

    assert model is not None
    assert model.name == model.endpoints[0].name == "groq/fast"
    assert model.price == Price(input=1, output=2, cached_input=0.5)
    assert model.context_window == 1000
    assert not model.listed


def test_a_made_up_name_of_no_provider_is_none(maker: ModelMaker) -> None:
    assert maker.made_up("nobody", "fast") is None


def test_a_found_model_has_its_upstream_name_and_is_listed(maker: ModelMaker) -> None:
    model = maker.found("lab", "fast")

    assert (model.name, model.endpoints[0].name) == ("fast", "lab/fast")
    assert model.price == Price(input=3, output=4)
    assert model.listed


@pytest.mark.parametrize("upstream", ["here/fast", "here/unheard-of"])
def test_a_local_model_costs_nothing_whatever_its_name(maker: ModelMaker, upstream: str) -> None:
    model = maker.configured("m", served(upstream))

    assert model.price is not None
    assert model.price.cost_usd(Usage(prompt_tokens=1000, completion_tokens=1000)) == 0
    assert model.capabilities == {"tools", "json_schema", "logprobs"}


@pytest.mark.parametrize(("provider", "window"), [("here", 8192), ("wide", 32768)])
def test_a_local_model_has_the_window_of_its_provider(
    maker: ModelMaker, provider: str, window: int
) -> None:
    model = maker.configured("m", served(f"{provider}/fast"))

    assert model.context_window == window


def test_a_price_may_be_put_on_a_local_model(maker: ModelMaker) -> None:
    model = maker.configured("m", served("here/fast", price={"input": 1, "output": 1}))

    assert model.price == Price(input=1, output=1)


@pytest.mark.parametrize("vendor", [v for v in VENDORS if v != "openrouter"])
def test_the_shipped_list_knows_the_models_that_a_key_alone_gives(vendor: str) -> None:
    prices = PriceList.load(price_list_path())

    listed = [prices.find(vendor, model) for model in VENDORS[vendor].models]

    assert None not in listed


def test_the_quality_is_the_configurations_else_the_tables_else_nothing() -> None:
    table = QualityTable.load(quality_table_path())
    maker = ModelMaker(
        {"lab": ProviderSettings(type="openai", base_url=URL)}, PriceList(LISTED, ""), table
    )

    given = maker.configured("a", served("lab/gpt-4o", quality={"coding": 0.1}))
    listed = maker.configured("b", served("lab/unheard-of", "lab/gpt-4o-2024-11-20"))
    found = maker.found("lab", "gpt-4o")
    unknown = maker.found("lab", "unheard-of")

    assert (given.quality, given.quality_source) == ({"coding": 0.1}, "the configuration")
    assert listed.quality == found.quality
    assert listed.quality["default"] > 0.5
    assert listed.quality_source is not None
    assert listed.quality_source.startswith(f"public table of {table.date}, gpt-4o: ")
    assert (unknown.quality, unknown.quality_source) == ({}, None)
