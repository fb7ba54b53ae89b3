"""The names that clients may ask for, and the models behind each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from wrp_proxy.errors import (
    CapabilityError,
    ContextTooLongError,
    ModelNotFoundError,
    NoEndpointError,
)
from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.pooling import Hedging
from wrp_proxy.price_limit import affordable, excess
from wrp_proxy.routers.base import Router
from wrp_proxy.signals import NO_PREFERENCES, Preferences, Signal
from wrp_proxy.types import ChatRequest, Model, Workload

_NOTHING_CONFIGURED = (
    "This proxy has no model yet. Three ways out: install the extra `wrp-proxy[local]` for a small "
    "model on this machine, set a provider's key such as OPENAI_API_KEY, or start with "
    "`--config FILE`."
)
DIRECT = "direct"
"""The route of requests that name a model."""
SUFFIXES: Mapping[str, Preferences] = {
    "cheap": Preferences(cost=1.0),
    "fast": Preferences(cost=0.1, latency=1.0),
    "best": Preferences(cost=0.0),
}
"""What `ROUTE:SUFFIX` wishes of a route."""
_ALIASES = {"MoM": "auto"}
"""Names that other routers' clients ask for ("mixture of models"), unless they are configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A name that stands for a choice among models."""

    name: str
    router: Router
    models: tuple[str, ...] | None
    """None: every model of the catalog."""
    signals: frozenset[Signal] = frozenset()
    """What the strategy looks at, where there is a choice."""
    always: frozenset[Signal] = frozenset()
    """What rules and the cache look at, also where there is only one model."""
    hedging: Hedging | None = None
    """None: no request of it is asked twice."""
    decides_first: bool = False
    """Rules may deny what the cache knows, or keep it out: they are asked before it answers."""
    preferences: Preferences = NO_PREFERENCES
    """What the suffix says that it was asked for with."""

    def wished(self, request: ChatRequest) -> ChatRequest:
        """Add what the suffix says to the caller's wishes, which go before it."""
        said, suffix = request.preferences, self.preferences
        if suffix is NO_PREFERENCES:
            return request
        wishes = Preferences(
            cost=suffix.cost if said.cost is None else said.cost,
            latency=suffix.latency if said.latency is None else said.latency,
            max_cost_usd=said.max_cost_usd,
        )
        return replace(request, preferences=wishes)


class Catalog:
    """Resolves names; models found at run time come in through `replace`."""

    def __init__(
        self,
        *,
        models: Iterable[Model],
        routes: Iterable[Route],
        direct: Router,
        make_up: Callable[[str, str], Model | None],
        direct_signals: frozenset[Signal] = frozenset(),
        pool: PoolView = NOTHING_SEEN,
    ) -> None:
        """`make_up` makes the model of a `provider/upstream-model` name, None if it cannot."""
        self._configured = {model.name: model for model in models}
        self._discovered: dict[str, tuple[Model, ...]] = {}
        self._models = self._configured
        self._routes = {route.name: route for route in routes}
        self._direct = direct
        self._direct_signals = direct_signals
        self._make_up = make_up
        self._pool = pool

    @property
    def models(self) -> Mapping[str, Model]:
        return self._models

    @property
    def routes(self) -> Mapping[str, Route]:
        return self._routes

    def names(self) -> list[str]:
        """List what a client may ask for, routes first; none while there is no model.

        Suffixes and aliases are left out: every route has them, and lists are made to choose from.
        """
        return list(dict.fromkeys([*self._routes, *self._models])) if self._models else []

    def has(self, name: str) -> bool:
        """Tell whether a name is a route, with or without a suffix, or a model."""
        return bool(self._models) and (self._route(name) is not None or name in self._models)

    def limits(self, models: Iterable[Model]) -> Iterator[int]:
        """Yield the lengths in tokens at which another endpoint is asked, or none is able."""
        for model in models:
            yield from model.windows
            if model.is_cut:
                yield self._pool.boundary(model)

    def replace(self, provider: str, models: Iterable[Model]) -> None:
        """Let the discovered models of a provider be these; configured names stay theirs.

        A model that several providers list is one pool.
        """
        self._discovered[provider] = tuple(models)
        found: dict[str, Model] = {}
        for model in chain.from_iterable(self._discovered.values()):
            twin = found.get(model.name)
            endpoints = (twin.endpoints if twin else ()) + model.endpoints
            found[model.name] = replace(model, endpoints=tuple(dict.fromkeys(endpoints)))
        self._models = found | self._configured

    def resolve(self, name: str) -> tuple[Route, tuple[Model, ...]]:
        """Return the route of a name and its models; raise ModelNotFoundError.

        A suffix leaves the route what it is, and shows in its preferences.
        """
        if self._models and (route := self._route(name)):
            models = self._models_of(route)
            signals = route.always if len(models) < 2 else route.signals
            signals = signals.union(*(model.signals for model in models if model.signals))
            if signals != route.signals:
                route = replace(route, signals=signals)
            return route, models
        if model := self._models.get(name) or self._made_up(name):
            signals = self._direct_signals | model.signals
            return Route(
                name=DIRECT, router=self._direct, models=(name,), signals=signals, always=signals
            ), (model,)
        if not self._models:
            raise NoEndpointError(_NOTHING_CONFIGURED, code="no_model_configured")
        raise ModelNotFoundError(
            f"The model '{name}' does not exist. GET /v1/models lists what there is.",
            param="model",
        )

    def candidates(self, name: str, models: tuple[Model, ...], workload: Workload) -> list[Model]:
        """Return the models able to serve, for no more than the caller would pay.

        Raise NoEndpointError or a RequestError that says why, where there is none.
        """
        if not models:
            raise NoEndpointError("No chat model is there yet.", code="no_model_configured")
        capable = _made_for([m for m in models if not m.lacks(workload)], workload)
        if not capable:
            raise self._incapable(name, models, workload)
        fitting = [model for model in capable if model.serves(workload)]
        if not fitting:
            windows = [model.context_window or 0 for model in capable]
            is_exact = workload.tokens_exact and not workload.doubt_tokens
            count = "" if is_exact else "about "
            raise ContextTooLongError(
                f"The request needs {count}{workload.safe_tokens} tokens "
                f"({workload.input_tokens} of input), but the longest context window of "
                f"'{name}' has {max(windows)}. Shorten the messages or lower max_tokens.",
                param="messages",
            )
        return affordable(name, fitting, workload)

    def exclusions(self, models: Iterable[Model], workload: Workload) -> dict[str, str]:
        """Say of each model that is not able why it is not."""
        reasons = {}
        for model in models:
            if missing := model.lacks(workload):
                reasons[model.name] = f"lacks {', '.join(sorted(missing))}"
            elif not model.serves(workload):
                reasons[model.name] = (
                    f"window of {model.context_window} tokens is shorter than "
                    f"{workload.safe_tokens}"
                )
            elif over := excess(model, workload):
                reasons[model.name] = over
        return reasons

    def _route(self, name: str) -> Route | None:
        """Find a route by its name, else as `ROUTE:SUFFIX`; models of that name go first."""
        if (route := self._routes.get(name)) is not None:
            return route
        if name in self._models:
            return None
        base, _, suffix = name.rpartition(":")
        if suffix in SUFFIXES and base and (route := self._route(base)) is not None:
            is_plain = route.preferences is NO_PREFERENCES
            return replace(route, preferences=SUFFIXES[suffix]) if is_plain else None
        return self._routes.get(_ALIASES.get(name, ""))

    def _models_of(self, route: Route) -> tuple[Model, ...]:
        if route.models is None:
            return tuple(self._models.values())
        return tuple(self._models[name] for name in route.models)

    def _made_up(self, name: str) -> Model | None:
        provider, slash, upstream_model = name.partition("/")
        if not slash or not upstream_model:
            return None
        for model in self._models.values():
            for endpoint in model.endpoints:
                if (endpoint.provider, endpoint.model) == (provider, upstream_model):
                    return replace(model, name=name, endpoints=(endpoint,), price=endpoint.price)
        return self._make_up(provider, upstream_model)

    def _incapable(self, name: str, models: Iterable[Model], workload: Workload) -> CapabilityError:
        able = [model.name for model in self._models.values() if not model.lacks(workload)]
        lacking = frozenset().union(*(model.lacks(workload) for model in models))
        needs = sorted(lacking - {workload.api})
        if workload.api in lacking:
            what = f"{workload.native_only}, by " if workload.native_only else ""
            needs.append(f"{what}the API '{workload.api}'")
        return CapabilityError(
            f"No model of '{name}' has what the request needs ({', '.join(needs)}). "
            f"Models that have it: {', '.join(able) or 'none'}.",
            param="model",
        )


def _made_for(capable: list[Model], workload: Workload) -> list[Model]:
    """Prefer embedding models for embeddings: of others it is only not known that they cannot."""
    if workload.api != "embeddings":
        return capable
    dedicated = [model for model in capable if model.is_for_embeddings]
    return dedicated or capable
