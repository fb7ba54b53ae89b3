"""Strategies around strategies: `session(budgeted(linucb))`, read and built."""

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wrp_proxy.errors import ConfigError, Problem, choose
from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.routers.base import MakeRouter, Router
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.statistics import Clock

_TOKEN = re.compile(r"\s*([\w-]+|[(),])")
_MAX_TOKENS = 100
_INJECTED = (Clock, MakeRouter, PoolView)
"""Types of parameters that the composition root fills in."""
_OPTIONAL = Router | None
"""Type of a parameter that takes a strategy, or is left out."""
_WRAPPED = (Router, _OPTIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One strategy as written, with those that it wraps."""

    name: str
    path: str
    """Where its parameters stand in the configuration."""
    inner: Mapping[str, "Spec"] = field(default_factory=dict)
    """By the name of the parameter that takes it."""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def layers(self) -> Iterator["Spec"]:
        yield self
        for inner in self.inner.values():
            yield from inner.layers()

    @property
    def expression(self) -> str:
        inner = ", ".join(one.expression for one in self.inner.values())
        return f"{self.name}({inner})" if inner else self.name


def read_spec(strategy: object, path: str = "strategy") -> Spec:
    """Read a strategy: a name, an expression, or a mapping with a `name` and parameters.

    Parameters stand beside a single name; beside an expression, under the name of each strategy in
    it: `{name: session(linucb), linucb: {alpha: 0.2}}`. Wrapped strategies may as well be written
    as parameters: `{name: session, inner: {name: linucb, alpha: 0.2}}`.
    Raise ConfigError, which names the place and the remedy.
    """
    given = {"name": strategy} if isinstance(strategy, str) else strategy
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str):
        raise _wrong(path, "is no strategy", "write its name, or {name: ..., PARAMETER: ...}")
    parameters = {str(key): value for key, value in given.items() if key != "name"}
    expression = str(given["name"])
    if "(" not in expression:
        return _single(expression, parameters, path)
    tokens = _tokens(expression, path)
    spec = _parsed(tokens, parameters, path)
    if tokens:
        raise _wrong(path, f"'{expression}' goes on after its end", "close each bracket once")
    names = [layer.name for layer in spec.layers()]
    for name in parameters:
        if name not in names:
            remedy = f"put it under the strategy it belongs to: {', '.join(names)}"
            raise _wrong(f"{path}.{name}", "is no strategy of the expression", remedy)
        if names.count(name) > 1:
            remedy = "write wrapped strategies as parameters, {name: canary, inner: {...}}"
            raise _wrong(f"{path}.{name}", "stands twice in the expression", remedy)
    return spec


def make_router(spec: Spec, clock: Clock, pool: PoolView = NOTHING_SEEN) -> Router:
    """Build a strategy and all that it wraps; TypeError if parameters were not checked.

    `pool`: what is seen of the models, where they are served.
    """
    inner = {name: make_router(one, clock, pool) for name, one in spec.inner.items()}
    injected: dict[str, object] = {}
    for name, kind in _parameters(spec.name).items():
        if kind == Clock:
            injected[name] = clock
        elif kind == MakeRouter:
            injected[name] = lambda written: make_router(read_spec(written), clock, pool)
        elif kind == PoolView:
            injected[name] = pool
    return ROUTERS[spec.name](**inner, **spec.parameters, **injected)


def configurable(name: str) -> dict[str, inspect.Parameter]:
    """Return the parameters of a strategy that a configuration may set, but for wrapped ones."""
    signature = inspect.signature(ROUTERS[name])
    return {
        parameter.name: parameter
        for parameter in signature.parameters.values()
        if parameter.annotation not in (*_WRAPPED, *_INJECTED)
    }


def _parameters(name: str) -> dict[str, object]:
    signature = inspect.signature(ROUTERS[name])
    return {p.name: p.annotation for p in signature.parameters.values()}


def _places(name: str, path: str) -> dict[str, bool]:
    """Return the parameters of a strategy that take others; True: it may be left out."""
    if name not in ROUTERS:
        raise _wrong(f"{path}.name", f"there is no strategy '{name}'", choose(name, ROUTERS))
    kinds = _parameters(name).items()
    return {place: kind == _OPTIONAL for place, kind in kinds if kind in _WRAPPED}


def _single(name: str, parameters: dict[str, Any], path: str) -> Spec:
    inner = {}
    for place, is_optional in _places(name, path).items():
        if is_optional and parameters.get(place) is None:
            parameters.pop(place, None)
            continue
        if place not in parameters:
            remedy = f"write {_example(name, path)}"
            raise _wrong(path, f"{name} wraps another strategy", remedy)
        inner[place] = read_spec(parameters.pop(place), f"{path}.{place}")
    return Spec(name=name, path=path, inner=inner, parameters=parameters)


def _example(name: str, path: str) -> str:
    inner = ", ".join("task_table" for _ in _places(name, path))
    return f"{name}({inner})" if inner else name


def _tokens(expression: str, path: str) -> list[str]:
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != "".join(expression.split()):
        raise _wrong(path, f"'{expression}' is no expression", "write session(budgeted(linucb))")
    if len(tokens) > _MAX_TOKENS:
        raise _wrong(path, "is too long an expression", "wrap fewer strategies")
    return tokens


def _parsed(tokens: list[str], parameters: Mapping[str, Any], path: str) -> Spec:
    name = tokens.pop(0) if tokens else ""
    places = _places(name, path)
    wrapped: list[Spec] = []
    if tokens[:1] == ["("]:
        tokens.pop(0)
        wrapped.append(_parsed(tokens, parameters, path))
        while tokens[:1] == [","]:
            tokens.pop(0)
            wrapped.append(_parsed(tokens, parameters, path))
        if tokens[:1] != [")"]:
            raise _wrong(path, f"the bracket of {name} is not closed", "add ')'")
        tokens.pop(0)
    least = len(places) - sum(places.values())
    if not least <= len(wrapped) <= len(places):
        count = str(least) if least == len(places) else f"{least} to {len(places)}"
        what = f"{name} wraps {count} strategies, not {len(wrapped)}"
        raise _wrong(path, what, f"write {_example(name, path)}")
    own = parameters.get(name, {})
    if not isinstance(own, Mapping):
        raise _wrong(f"{path}.{name}", "is no mapping", "write {PARAMETER: VALUE}")
    inner = dict(zip(places, wrapped, strict=False))
    return Spec(name=name, path=f"{path}.{name}", inner=inner, parameters=dict(own))


def _wrong(path: str, what: str, remedy: str) -> ConfigError:
    return ConfigError([Problem(path, what, remedy)])
