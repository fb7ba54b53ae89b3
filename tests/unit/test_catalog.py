"""Which names stand for which models, and what is said of those that stand for none."""

from dataclasses import replace
from random import Random

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import chat_request, endpoint, model, workload
from wrp_proxy.catalog import Catalog, Route
from wrp_proxy.errors import (
    CapabilityError,
    ContextTooLongError,
    ModelNotFoundError,
    NoEndpointError,
    RequestError,
)
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pooling import TokenBudget
from wrp_proxy.routers.cheapest import Cheapest
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.signals import Preferences
from wrp_proxy.types import CHAT_CAPABILITIES, Model, Price, Workload

SMALL = model("small", endpoint("s", context_window=1000))
LARGE = model("large", endpoint("l", context_window=9000), capabilities=frozenset({"vision"}))
EMBEDDER = model(
    "embedder",
    endpoint("e", apis=frozenset({"embeddings"})),
    capabilities=frozenset({"embeddings"}),
)
DIRECT = FixedOrder()


def make_up(provider: str, upstream_model: str) -> Model | None:
    """Make models of the provider `lab` only."""
    if provider != "lab":
        return None
    return model(f"lab/{upstream_model}", endpoint(upstream_model), listed=False)


def catalog_of(*models: Model, routes: tuple[Route, ...] = ()) -> Catalog:
    every = Route(name="auto", router=FixedOrder(), models=None)
    return Catalog(models=models, routes=(every, *routes), direct=DIRECT, make_up=make_up)


@pytest.fixture
def catalog() -> Catalog:
    cheap = Route(name="cheap", router=Cheapest(), models=("large", "small"))
    return catalog_of(SMALL, LARGE, EMBEDDER, routes=(cheap,))


def test_a_route_stands_for_its_models_in_its_own_order(catalog: Catalog) -> None:
    route, models = catalog.resolve("cheap")

    assert route.name == "cheap"
    assert models == (LARGE, SMALL)


def test_auto_stands_for_every_model(catalog: Catalog) -> None:
    route, models = catalog.resolve("auto")

    assert route.name == "auto"
    assert models == (SMALL, LARGE, EMBEDDER)


def test_a_chat_is_no_affair_of_an_embedding_model(catalog: Catalog) -> None:
    assert catalog.candidates("auto", (SMALL, EMBEDDER), workload()) == [SMALL]


def test_embeddings_are_made_by_the_models_that_are_made_for_them(catalog: Catalog) -> None:
    anything = model("anything", endpoint(apis=frozenset({"chat", "embeddings"})))
    embedding = workload(api="embeddings")

    assert catalog.candidates("auto", (anything, EMBEDDER), embedding) == [EMBEDDER]
    assert catalog.candidates("auto", (SMALL, anything), embedding) == [anything]
    with pytest.raises(CapabilityError, match="embeddings"):
        catalog.candidates("auto", (SMALL,), embedding)


def test_a_model_stands_for_itself(catalog: Catalog) -> None:
    route, models = catalog.resolve("large")

    assert (route.name, route.router, route.models) == ("direct", DIRECT, ("large",))
    assert models == (LARGE,)


@pytest.mark.parametrize("upstream_model", ["gpt", "org/gpt", "a b", "/"])
def test_a_name_with_a_provider_before_it_is_made_up(catalog: Catalog, upstream_model: str) -> None:
    route, (made_up,) = catalog.resolve(f"lab/{upstream_model}")

    assert route.name == "direct"
    assert made_up.endpoints[0].model == upstream_model
    assert not made_up.listed
    assert made_up.name not in catalog.models


@pytest.mark.parametrize("name", ["", "nobody", "SMALL", "lab", "lab/", "/", "/gpt", "other/gpt"])
def test_an_unknown_name_is_told_without_naming_others(catalog: Catalog, name: str) -> None:
    with pytest.raises(ModelNotFoundError) as unknown:
        catalog.resolve(name)

    assert (unknown.value.status, unknown.value.code) == (404, "model_not_found")
    assert unknown.value.param == "model"
    assert "embedder" not in unknown.value.message


def test_a_catalog_without_models_says_what_to_do() -> None:
    catalog = catalog_of()

    with pytest.raises(NoEndpointError, match="no model yet") as empty:
        catalog.resolve("auto")

    assert (empty.value.status, empty.value.code) == (503, "no_model_configured")
    assert catalog.names() == []


def test_a_catalog_without_models_still_makes_them_up() -> None:
    catalog = catalog_of()

    assert catalog.resolve("lab/gpt")[1][0].name == "lab/gpt"


def test_the_names_are_the_routes_and_then_the_models(catalog: Catalog) -> None:
    assert catalog.names() == ["auto", "cheap", "small", "large", "embedder"]


def test_models_that_are_found_can_be_asked_for(catalog: Catalog) -> None:
    found = model("llama", endpoint("llama", provider="ollama"))

    catalog.replace("ollama", [found])

    assert catalog.resolve("llama")[1] == (found,)
    assert found in catalog.resolve("auto")[1]


def test_models_that_are_no_longer_found_are_gone(catalog: Catalog) -> None:
    catalog.replace("ollama", [model("llama"), model("qwen")])
    catalog.replace("vllm", [model("mistral")])

    catalog.replace("ollama", [model("qwen")])

    assert {"qwen", "mistral"} < catalog.models.keys()
    with pytest.raises(ModelNotFoundError):
        catalog.resolve("llama")


def test_a_model_that_several_providers_list_is_one_pool(catalog: Catalog) -> None:
    here, there = endpoint("llama", provider="ollama"), endpoint("llama", provider="vllm")

    catalog.replace("ollama", [model("llama", here)])
    catalog.replace("vllm", [model("llama", there)])
    assert catalog.models["llama"].endpoints == (here, there)
    assert catalog.names().count("llama") == 1


def test_a_pool_shrinks_when_a_provider_no_longer_lists_its_model(catalog: Catalog) -> None:
    here, there = endpoint("llama", provider="ollama"), endpoint("llama", provider="vllm")
    catalog.replace("ollama", [model("llama", here)])
    catalog.replace("vllm", [model("llama", there)])

    catalog.replace("ollama", [])

    assert catalog.models["llama"].endpoints == (there,)


def test_a_model_that_one_provider_lists_twice_has_one_endpoint(catalog: Catalog) -> None:
    llama = model("llama", endpoint("llama", provider="ollama"))

    catalog.replace("ollama", [llama, llama])

    assert catalog.models["llama"].endpoints == llama.endpoints


def test_a_configured_name_is_not_taken_by_a_found_model(catalog: Catalog) -> None:
    catalog.replace("ollama", [model("small", endpoint("other", provider="ollama"))])

    assert catalog.resolve("small")[1] == (SMALL,)


def test_a_route_is_not_taken_by_a_found_model(catalog: Catalog) -> None:
    catalog.replace("ollama", [model("cheap", endpoint("other", provider="ollama"))])

    assert catalog.resolve("cheap")[0].name == "cheap"


def test_a_catalog_lives_from_what_is_found() -> None:
    catalog = catalog_of()

    catalog.replace("ollama", [model("llama")])
    assert catalog.names() == ["auto", "llama"]

    catalog.replace("ollama", [])
    assert catalog.names() == []


def test_able_models_keep_the_order_of_the_route(catalog: Catalog) -> None:
    assert catalog.candidates("auto", (LARGE, SMALL), workload()) == [LARGE, SMALL]


def test_models_without_what_is_needed_are_left_out(catalog: Catalog) -> None:
    blind = model("blind", capabilities=CHAT_CAPABILITIES - {"vision"})

    able = catalog.candidates("auto", (blind, LARGE), workload(needs=frozenset({"vision"})))

    assert able == [LARGE]


def test_models_whose_window_is_too_short_are_left_out(catalog: Catalog) -> None:
    able = catalog.candidates("auto", (SMALL, LARGE), workload(input_tokens=951))

    assert able == [LARGE]


def test_a_need_that_no_model_of_the_route_has_is_told(catalog: Catalog) -> None:
    with pytest.raises(CapabilityError) as unable:
        catalog.candidates("small", (LARGE,), workload(needs=frozenset({"tools", "audio"})))

    assert (unable.value.status, unable.value.code) == (400, "unsupported_capability")
    assert "(audio, tools)" in unable.value.message
    assert "Models that have it: small" in unable.value.message


@pytest.mark.parametrize(("exact", "count"), [(True, "needs 9150"), (False, "needs about 9150")])
def test_a_request_longer_than_every_window_is_told(
    catalog: Catalog, exact: bool, count: str
) -> None:
    asked = workload(input_tokens=9000, max_output_tokens=150, tokens_exact=exact)

    with pytest.raises(ContextTooLongError) as too_long:
        catalog.candidates("auto", (SMALL, LARGE), asked)

    assert (too_long.value.status, too_long.value.code) == (400, "context_length_exceeded")
    assert count in too_long.value.message
    assert "has 9000" in too_long.value.message


def test_an_unknown_window_is_taken_to_fit(catalog: Catalog) -> None:
    unknown = model("unknown")

    assert catalog.candidates("auto", (unknown,), workload(input_tokens=10**9)) == [unknown]


def test_exclusions_say_why(catalog: Catalog) -> None:
    asked = workload(input_tokens=5000, needs=frozenset({"tools"}))

    reasons = catalog.exclusions([SMALL, LARGE, model("fine")], asked)

    assert reasons == {
        "small": "window of 1000 tokens is shorter than 5050",
        "large": "lacks tools",
    }


def test_what_is_excluded_and_what_is_able_is_everything(catalog: Catalog) -> None:
    asked = workload(input_tokens=5000)
    models = (SMALL, LARGE)

    able = {able.name for able in catalog.candidates("auto", models, asked)}

    assert able | catalog.exclusions(models, asked).keys() == {"small", "large"}


def test_an_upstream_name_that_is_configured_has_the_limits_it_was_given() -> None:
    long = endpoint("mock-long", max_concurrency=1, context_window=50)
    catalog = catalog_of(model("long", long))

    _, (found,) = catalog.resolve("lab/mock-long")

    assert found.name == "lab/mock-long"
    assert found.endpoints == (long,)
    assert found.listed


@pytest.mark.parametrize(
    ("suffix", "cost", "latency"), [("cheap", 1.0, None), ("fast", 0.1, 1.0), ("best", 0.0, None)]
)
def test_a_suffix_leaves_the_route_and_says_what_is_wished(
    catalog: Catalog, suffix: str, cost: float, latency: float | None
) -> None:
    route, models = catalog.resolve(f"cheap:{suffix}")

    assert (route.name, models) == ("cheap", (LARGE, SMALL))
    assert route.router is catalog.routes["cheap"].router
    assert (route.preferences.cost, route.preferences.latency) == (cost, latency)
    assert catalog.has(f"cheap:{suffix}")


def test_what_the_caller_says_goes_before_the_suffix(catalog: Catalog) -> None:
    said = Preferences(latency=3.0, max_cost_usd=0.5)
    request = replace(chat_request(), preferences=said)
    plain, suffixed = catalog.resolve("auto")[0], catalog.resolve("auto:fast")[0]

    assert plain.wished(request) is request
    wished = suffixed.wished(request).preferences
    assert wished == Preferences(cost=0.1, latency=3.0, max_cost_usd=0.5)


@pytest.mark.parametrize("name", ["auto:dear", "small:cheap", ":cheap", "auto:cheap:fast", "auto:"])
def test_other_suffixes_and_suffixes_of_models_do_not_exist(catalog: Catalog, name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        catalog.resolve(name)

    assert not catalog.has(name)


def test_mom_is_auto_with_and_without_a_suffix(catalog: Catalog) -> None:
    assert catalog.resolve("MoM")[0] is catalog.routes["auto"]
    assert catalog.resolve("MoM:cheap")[0].preferences.cost == 1.0
    assert catalog.has("MoM")


def test_configured_names_go_before_suffixes_and_aliases() -> None:
    mom, cheap = model("MoM"), model("auto:cheap")
    catalog = catalog_of(mom, cheap)

    assert catalog.resolve("MoM")[1] == (mom,)
    assert catalog.resolve("auto:cheap")[1] == (cheap,)


def test_suffixes_and_aliases_are_not_listed(catalog: Catalog) -> None:
    assert catalog.names() == ["auto", "cheap", "small", "large", "embedder"]


PENNY = model("penny", price=Price(input=1.0, output=2.0))
POUND = model("pound", price=Price(input=100.0, output=200.0))
UNPRICED = model("unpriced")


def limited(usd: float) -> Workload:
    """100 tokens in and 50 out: 0.0002 USD of `penny`, 0.02 of `pound`."""
    return workload(preferences=Preferences(max_cost_usd=usd))


def test_models_that_cost_more_than_the_caller_would_pay_are_left_out(catalog: Catalog) -> None:
    models = (POUND, UNPRICED, PENNY)

    assert catalog.candidates("auto", models, limited(0.001)) == [PENNY]
    assert catalog.candidates("auto", models, limited(1.0)) == [POUND, PENNY]
    assert catalog.exclusions(models, limited(0.001)) == {
        "pound": "would cost about 0.02 USD, more than the 0.001 of x-wrp-max-cost-usd",
        "unpriced": "has no known price, and x-wrp-max-cost-usd is set",
    }


def test_a_limit_that_no_model_keeps_names_the_cheapest(catalog: Catalog) -> None:
    with pytest.raises(RequestError) as refused:
        catalog.candidates("auto", (POUND, PENNY, UNPRICED), limited(0.0001))
    with pytest.raises(RequestError, match="no able model has a known price"):
        catalog.candidates("auto", (UNPRICED,), limited(1.0))

    assert (refused.value.status, refused.value.code) == (400, "cost_limit_exceeded")
    assert refused.value.param == "x-wrp-max-cost-usd"
    assert "for 0.0001 USD: the cheapest able one is penny, for about 0.0002" in (
        refused.value.message
    )


def test_lengths_matter_at_windows_and_where_pools_are_cut_now() -> None:
    short, long = endpoint("c", label="short", context_window=4000), endpoint("c", label="long")
    cut = model("cut", short, long, budget=TokenBudget(boundary_tokens=2000))
    pool = LocalPool(clock=Clock(), random=Random(0))  # noqa: S311 - the same in every run
    catalog = Catalog(models=(SMALL, cut), routes=(), direct=DIRECT, make_up=make_up, pool=pool)

    assert sorted(catalog.limits((SMALL, cut))) == [1000, 2000, 4000]
    pool.boundaries.move(cut, 500)
    assert sorted(catalog.limits((SMALL, cut))) == [500, 1000, 4000]
    assert list(catalog_of(cut).limits((cut,))) == [4000, 2000]
