"""Checks of strategies: their names, their parameters, and what these name in turn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wrp_proxy.errors import ConfigError, Problem, choose
from wrp_proxy.routers.composition import Spec, configurable, read_spec
from wrp_proxy.routers.rules.analysis import check_rules
from wrp_proxy.routers.rules.known import Place
from wrp_proxy.routers.trained_file import read_trained
from wrp_proxy.settings.parameter_check import check_parameters
from wrp_proxy.settings.raw import mapping, sequence
from wrp_proxy.settings.rule_names import known_names


def check_strategy(
    path: str, strategy: object, models: Sequence[Any], raw: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield what is wrong with the strategy of a route of these models; `raw`: all sections."""
    name = strategy if isinstance(strategy, str) else mapping(strategy).get("name")
    if isinstance(name, str):  # else it is the schema's to report
        yield from _check_written(path, strategy, models, raw)


def _check_written(
    path: str, strategy: object, models: Sequence[Any], raw: Mapping[str, Any]
) -> Iterator[Problem]:
    try:
        spec = read_spec(strategy, path)
    except ConfigError as error:
        yield from error.problems
        return
    for layer in spec.layers():
        taken = configurable(layer.name)
        yield from check_parameters(layer.path, layer.name, layer.parameters, taken)
        if (check := _OWN_CHECKS.get(layer.name)) is not None:
            yield from check(layer, models, raw)


def _check_weights(layer: Spec, models: Sequence[Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    for model in mapping(layer.parameters.get("weights")):
        if model not in models:
            at = f"{layer.path}.weights.{model}"
            yield Problem(at, "is no model of the route", choose(model, models))


def _check_rules(layer: Spec, models: Sequence[Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Check the rules, and the strategies in them."""
    rules = layer.parameters.get("rules")
    yield from check_rules(Place(f"{layer.path}.rules", rules), known_names(models, raw))
    for number, rule in enumerate(map(mapping, sequence(rules))):
        if "strategy" in rule:
            path, among = f"{layer.path}.rules[{number}].strategy", sequence(rule.get("models"))
            yield from _check_written(path, rule["strategy"], among or models, raw)
    if "otherwise" in layer.parameters:
        written = layer.parameters["otherwise"]
        yield from _check_written(f"{layer.path}.otherwise", written, models, raw)


def _check_strong(layer: Spec, models: Sequence[Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_named(layer, "strong", models)


def _check_cascade(layer: Spec, models: Sequence[Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _check_named(layer, "tiers", models)


def _check_named(layer: Spec, parameter: str, models: Sequence[Any]) -> Iterator[Problem]:
    for place, model in enumerate(sequence(layer.parameters.get(parameter))):
        if model not in models:
            at = f"{layer.path}.{parameter}[{place}]"
            yield Problem(at, f"'{model}' is no model of the route", choose(model, models))


def _check_trained(layer: Spec, models: Sequence[Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    file = layer.parameters.get("trained")
    if isinstance(file, str):
        try:
            read_trained(Path(file), layer.name)
        except ConfigError as error:
            for problem in error.problems:
                yield replace(problem, path=f"{layer.path}.trained")


def _check_budget(layer: Spec, models: Sequence[Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    given = [name for name in _BUDGETS if layer.parameters.get(name) is not None]
    if len(given) != 1:
        yield Problem(layer.path, "takes exactly one budget", f"set one of {', '.join(_BUDGETS)}")


_BUDGETS = ("usd_per_day", "usd_per_request", "share_of_dearest")
_OwnCheck = Callable[[Spec, Sequence[Any], Mapping[str, Any]], Iterator[Problem]]
_OWN_CHECKS: Mapping[str, _OwnCheck] = {
    "budgeted": _check_budget,
    "cascade": _check_cascade,
    "rules": _check_rules,
    "strong_share": _check_strong,
    "task_table": _check_trained,
    "weighted": _check_weights,
}
