"""Checks of balancers: their names, their parameters, and what would do nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrp_proxy.errors import Problem, choose
from wrp_proxy.pool.registry import BALANCERS, WEIGHTLESS, balancer_parameters
from wrp_proxy.settings.parameter_check import check_parameters
from wrp_proxy.settings.raw import mapping, sequence

_DEFAULT = "p2c"


def check_balance(path: str, balance: object, model: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the `balance` of a model; `path`: the model's, `model`: as written.

    None: nothing is said of it, and the default holds.
    """
    given = {"name": balance} if isinstance(balance, str) else mapping(balance)
    name = given.get("name", _DEFAULT if balance is None else None)
    if not isinstance(name, str):
        return  # the schema's to report
    at = f"{path}.balance"
    if name not in BALANCERS:
        yield Problem(f"{at}.name", f"there is no balancer '{name}'", choose(name, BALANCERS))
        return
    parameters = {key: value for key, value in given.items() if key != "name"}
    yield from check_parameters(at, name, parameters, balancer_parameters(name))
    endpoints = [mapping(endpoint) for endpoint in sequence(model.get("endpoints"))]
    if len(endpoints) > 1:
        yield from _check_weights(path, name, endpoints)
    elif parameters:
        remedy = "add another endpoint, or remove them"
        yield Problem(at, "its parameters do nothing: there is one endpoint", remedy)


def _check_weights(path: str, name: str, endpoints: list[Mapping[Any, Any]]) -> Iterator[Problem]:
    if name not in WEIGHTLESS:
        return
    for place, endpoint in enumerate(endpoints):
        weight = endpoint.get("weight")
        if isinstance(weight, int | float) and weight != 1:
            remedy = "remove it, or balance by `weighted`"
            yield Problem(f"{path}.endpoints[{place}].weight", f"does nothing for {name}", remedy)
