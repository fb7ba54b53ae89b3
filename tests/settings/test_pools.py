"""What pools take, and what would do nothing in them or contradict itself."""

from typing import Any

import pytest

from tests.settings.loading import Config, changed, load, refused
from wrp_proxy.settings.pools import HedgingSettings


def cut(boundary: int | None = None, *, window: int | None = 8192) -> Config:
    """Two endpoints for short and long requests; a budget, if it has a boundary."""
    short: dict[str, Any] = {"provider": "lab", "model": "s", "label": "short"}
    if window is not None:
        short["context_window"] = window
    long = {"provider": "lab", "model": "l", "label": "long"}
    config = changed("models.small.endpoints", [short, long])
    if boundary is not None:
        config["models"]["small"]["token_budget"] = {"boundary_tokens": boundary}
    return config


def hedged(hedge: object, *, endpoints: int = 2) -> Config:
    config = changed("routes.auto.hedge", hedge)
    pool = [{"provider": "lab", "model": f"m{n}"} for n in range(endpoints)]
    config["models"]["small"]["endpoints"] = pool
    return config


def test_a_boundary_above_a_short_window_is_refused() -> None:
    problem = refused(cut(9000)).at("models.small.token_budget.boundary_tokens")

    assert problem.message == "9000 is more than the 8192 tokens of a `short` endpoint"
    assert problem.remedy == "set it to 8192 or less"


def test_the_default_boundary_is_looked_at_as_well() -> None:
    problem = refused(cut(window=4096)).at("models.small.token_budget.boundary_tokens")

    assert problem.message.startswith("8192 is more than the 4096 tokens")


@pytest.mark.parametrize(("boundary", "window"), [(8192, 8192), (4096, 8192), (9000, None)])
def test_a_boundary_that_short_windows_hold_is_taken(boundary: int, window: int | None) -> None:
    settings = load(cut(boundary, window=window))

    budget = settings.models["small"].token_budget
    assert budget is not None
    assert budget.boundary_tokens == boundary


def test_a_token_budget_of_a_pool_that_is_not_cut_is_refused() -> None:
    problem = refused(changed("models.small.token_budget", {"spillover": 0.5})).problems[0]

    assert problem.path == "models.small.token_budget"
    assert problem.message == "does nothing: the pool is not cut"
    assert "label an endpoint `short` and another `long`" in problem.remedy


@pytest.mark.parametrize(
    ("key", "value"),
    [("boundary_tokens", 0), ("spillover", 1.5), ("rebalance", "always"), ("boundry", 1)],
)
def test_wrong_values_of_a_token_budget_are_refused(key: str, value: object) -> None:
    config = cut(4096)
    config["models"]["small"]["token_budget"][key] = value  # type: ignore[index,call-overload]  # a mapping

    assert f"models.small.token_budget.{key}" in refused(config).paths


def test_true_is_all_defaults_of_hedging() -> None:
    assert load(hedged(True)).routes["auto"].hedge == HedgingSettings()


@pytest.mark.parametrize("hedge", [False, None])
def test_hedging_is_off_unless_it_is_asked_for(hedge: object) -> None:
    assert load(hedged(hedge, endpoints=1)).routes["auto"].hedge is None


def test_hedging_without_a_second_endpoint_is_refused() -> None:
    problem = refused(hedged(True, endpoints=1)).at("routes.auto.hedge")

    assert problem.message == "does nothing: no model has two endpoints"


@pytest.mark.parametrize(
    ("key", "value"), [("share", 0.06), ("share", 0), ("quantile", 1), ("max_cost_usd", -1)]
)
def test_wrong_values_of_hedging_are_refused(key: str, value: object) -> None:
    assert refused(hedged({key: value})).paths == [f"routes.auto.hedge.{key}"]


def test_the_longest_rest_is_no_shorter_than_the_first() -> None:
    config = changed("resilience.max_cooldown_s", 1)

    problem = refused(config).at("resilience.max_cooldown_s")

    assert problem.message == "1 is less than cooldown_s, 5.0"
