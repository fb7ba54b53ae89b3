"""Checks of pools: what contradicts itself, or would do nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrp_proxy.errors import Problem
from wrp_proxy.pool.boundary import LONG, SHORT
from wrp_proxy.settings.raw import mapping, sequence

_BOUNDARY_TOKENS = 8192
_COOLDOWN_S, _MAX_COOLDOWN_S = 5.0, 300.0


def check_pools(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with token budgets, hedging and resilience."""
    models = mapping(raw.get("models"))
    for name, model in models.items():
        yield from _check_cut(f"models.{name}", mapping(model))
    for name, route in mapping(raw.get("routes")).items():
        yield from _check_hedge(f"routes.{name}", mapping(route), models)
    yield from _check_resilience(mapping(raw.get("resilience")))


def _check_cut(path: str, model: Mapping[str, Any]) -> Iterator[Problem]:
    endpoints = [mapping(endpoint) for endpoint in sequence(model.get("endpoints"))]
    labels = {endpoint.get("label") for endpoint in endpoints}
    budget = model.get("token_budget")
    if budget is not None and not {SHORT, LONG} <= labels:
        remedy = f"label an endpoint `{SHORT}` and another `{LONG}`, or remove it"
        yield Problem(f"{path}.token_budget", "does nothing: the pool is not cut", remedy)
        return
    boundary = mapping(budget).get("boundary_tokens", _BOUNDARY_TOKENS)
    windows = [
        endpoint.get("context_window")
        for endpoint in endpoints
        if endpoint.get("label") == SHORT and LONG in labels
    ]
    shortest = min((window for window in windows if isinstance(window, int)), default=None)
    if shortest is not None and isinstance(boundary, int) and boundary > shortest:
        yield Problem(
            f"{path}.token_budget.boundary_tokens",
            f"{boundary} is more than the {shortest} tokens of a `{SHORT}` endpoint",
            f"set it to {shortest} or less",
        )


def _check_hedge(
    path: str, route: Mapping[str, Any], models: Mapping[str, Any]
) -> Iterator[Problem]:
    if route.get("hedge") in (None, False):
        return
    names = sequence(route.get("models")) or [*models]
    pools = [sequence(mapping(models.get(name)).get("endpoints")) for name in map(str, names)]
    if models and not any(len(endpoints) > 1 for endpoints in pools):
        remedy = "give one of its models a second endpoint, or remove it"
        yield Problem(f"{path}.hedge", "does nothing: no model has two endpoints", remedy)


def _check_resilience(resilience: Mapping[str, Any]) -> Iterator[Problem]:
    first = resilience.get("cooldown_s", _COOLDOWN_S)
    longest = resilience.get("max_cooldown_s", _MAX_COOLDOWN_S)
    is_given = "max_cooldown_s" in resilience
    if is_given and _is_number(first) and _is_number(longest) and longest < first:
        yield Problem(
            "resilience.max_cooldown_s",
            f"{longest} is less than cooldown_s, {first}",
            "make it at least as long",
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
