"""Checks of strategies: their names, their parameters, and what these name in turn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, ValidationError, create_model

from wrp_proxy.errors import ConfigError, Problem, choose
from wrp_proxy.routers.composition import Spec, configurable, read_spec
from wrp_proxy.settings.raw import mapping


def check_strategy(path: str, strategy: object, models: Sequence[Any]) -> Iterator[Problem]:
    """Yield what is wrong with the strategy of a route of these models."""
    name = strategy if isinstance(strategy, str) else mapping(strategy).get("name")
    if not isinstance(name, str):
        return
    try:
        spec = read_spec(strategy, path)
    except ConfigError as error:
        yield from error.problems
        return
    for layer in spec.layers():
        yield from _check_parameters(layer)
        if (check := _OWN_CHECKS.get(layer.name)) is not None:
            yield from check(layer, models)


def _check_parameters(layer: Spec) -> Iterator[Problem]:
    fields: dict[str, Any] = {
        parameter.name: (parameter.annotation, parameter.default)
        for parameter in configurable(layer.name).values()
    }
    model = create_model(
        f"{layer.name}_parameters",
        __config__=ConfigDict(extra="forbid", allow_inf_nan=False),
        **fields,
    )
    try:
        model.model_validate(layer.parameters)
    except ValidationError as error:
        for wrong in error.errors():
            at = ".".join([layer.path, *map(str, wrong["loc"])])
            takes = ", ".join(fields) or "none"
            remedy = f"parameters of {layer.name}: {takes}"
            yield Problem(at, f"{wrong['input']!r}: {wrong['msg']}", remedy)


def _check_weights(layer: Spec, models: Sequence[Any]) -> Iterator[Problem]:
    for model in mapping(layer.parameters.get("weights")):
        if model not in models:
            at = f"{layer.path}.weights.{model}"
            yield Problem(at, "is no model of the route", choose(model, models))


_OWN_CHECKS: Mapping[str, Callable[[Spec, Sequence[Any]], Iterator[Problem]]] = {
    "weighted": _check_weights,
}
