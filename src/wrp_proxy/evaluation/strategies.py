"""Strategies as named on a command line, made as a configuration makes them."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.evaluation.table import OutcomeTable
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.composition import Spec, configurable, make_router, read_spec
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.settings.strategy_check import check_strategy
from wrp_proxy.types import Model, Workload


class SimulatedClock:
    """Unix seconds that pass as told."""

    def __init__(self) -> None:
        self.now = 0.0

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def read_parameters(pairs: Sequence[str]) -> dict[str, Any]:
    """Read `NAME=VALUE` and `STRATEGY.NAME=VALUE`, the value as YAML; raise ConfigError."""
    parameters: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ConfigError([Problem("--param", f"'{pair}' is none", "write NAME=VALUE")])
        try:
            parameters[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError([Problem(f"--param {name}", str(error), "write YAML")]) from error
    return parameters


def read_strategies(
    expressions: Sequence[str],
    parameters: Mapping[str, Any],
    models: Sequence[Model],
    seed: int,
) -> dict[str, Spec]:
    """Return each strategy by its expression, with the parameters that concern it.

    Strategies that draw are seeded. Raise ConfigError with all that is wrong.
    """
    written = {
        expression: _written(read_spec(expression, expression), parameters, seed)
        for expression in expressions
    }
    problems = list(_unused(written, parameters))
    raw: dict[str, dict[str, Any]] = {"models": {model.name: {} for model in models}}
    for expression, strategy in written.items():
        problems += check_strategy(expression, strategy, list(raw["models"]), raw)
    if problems:
        raise ConfigError(problems)
    return {expression: read_spec(strategy, expression) for expression, strategy in written.items()}


def make_strategy(spec: Spec, clock: SimulatedClock) -> Router:
    """Build one; its copies (`another`) go by the same clock."""
    return make_router(spec, lambda: clock.now)


def another(router: Router) -> Router:
    """Return a router that knows the same and forgets nothing of it when the first one learns."""
    return copy.deepcopy(router)


def teach(router: Router, examples: Sequence[Example], models: Sequence[Model]) -> bool:
    """Let a strategy learn from outcomes of all models; tell whether it can."""
    fit = getattr(router, "fit", None)
    if fit is None:
        return False
    fit(examples, models)
    return True


def examples_of(table: OutcomeTable, workloads: Sequence[Workload]) -> list[Example]:
    names = [model.name for model in table.models]
    return [
        Example(workload=workload, scores=_known(names, scores), costs_usd=_known(names, costs))
        for workload, scores, costs in zip(
            workloads, table.scores.tolist(), table.costs_usd.tolist(), strict=True
        )
    ]


def _known(names: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    return {name: value for name, value in zip(names, values, strict=True) if value == value}


def _written(spec: Spec, parameters: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the mapping that a configuration would have."""
    takes = configurable(spec.name)
    own: dict[str, Any] = {"seed": seed} if "seed" in takes else {}
    own |= spec.parameters
    own |= {name: value for name, value in parameters.items() if name in takes}
    start = f"{spec.name}."
    own |= {
        name.removeprefix(start): value
        for name, value in parameters.items()
        if name.startswith(start)
    }
    inner = {place: _written(one, parameters, seed) for place, one in spec.inner.items()}
    return {"name": spec.name, **own, **inner}


def _unused(
    written: Mapping[str, Mapping[str, Any]], parameters: Mapping[str, Any]
) -> list[Problem]:
    layers = [layer for strategy in written.values() for layer in _layers(strategy)]
    used = {key for layer in layers for key in layer}
    names = {str(layer["name"]) for layer in layers}
    takes = sorted({parameter for name in names for parameter in configurable(name)})
    remedy = f"parameters: {', '.join(takes) or 'none'}"
    return [
        Problem(f"--param {name}", "is no parameter of any strategy named", remedy)
        for name in parameters
        if name not in used and name.partition(".")[0] not in names
    ]


def _layers(strategy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List a strategy as written, and those it wraps."""
    inner = [v for v in strategy.values() if isinstance(v, dict) and v.get("name") in ROUTERS]
    return [strategy, *(layer for one in inner for layer in _layers(one))]
