"""Makes routes, the classifier and the grader of what is configured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from time import time

from wrp_proxy.cache.embedders.remembering import RememberingEmbedder
from wrp_proxy.cache.policy import RoutePolicy
from wrp_proxy.cache_maker import Policies
from wrp_proxy.catalog import Catalog, Route
from wrp_proxy.errors import WrpError
from wrp_proxy.grading.empty import empty
from wrp_proxy.grading.finish import finish
from wrp_proxy.grading.grader import Grader
from wrp_proxy.grading.refusal import refusal
from wrp_proxy.grading.retries import Retries
from wrp_proxy.inner_calls import InnerCalls
from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.pooling import Hedging
from wrp_proxy.routers.composition import make_router, read_spec
from wrp_proxy.settings.pools import HedgingSettings
from wrp_proxy.settings.schema import RouteSettings, Settings
from wrp_proxy.signals import Signal
from wrp_proxy.types import Outcome
from wrp_proxy.verifiers.base import Answer, Question
from wrp_proxy.verifiers.judge import Judge
from wrp_proxy.verifiers.no_refusal import NoRefusal
from wrp_proxy.verifiers.panel import Panel
from wrp_proxy.verifiers.registry import JUDGE, VERIFIERS
from wrp_proxy.workload.category.recogniser import Recognition
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength

_NOTHING: frozenset[Signal] = frozenset()
_CATEGORY: frozenset[Signal] = frozenset({"category"})
_DEFAULT, _DEFAULT_OF_AUTO = {"name": "fixed_order"}, {"name": "task_table"}
_AGAINST_CACHE = {"deny", "cache"}
"""Actions of rules that say whether an answer may come from the cache."""
_EMBEDDING_WAIT_S = 0.015
"""How long a text may wait in line for its vector; without one, cheaper features decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The routes, and what must be known of requests that name a model."""

    routes: Sequence[Route]
    direct: frozenset[Signal]


def make_routing(settings: Settings, pool: PoolView = NOTHING_SEEN) -> Routing:
    """`pool`: what strategies see of the models, where these are served."""
    policies = Policies.of(settings)
    configured = {"auto": RouteSettings(), **settings.routes}
    routes = [
        _route(name, route, _of_cache(policies.routes.get(name, policies.default)), pool)
        for name, route in configured.items()
    ]
    return Routing(routes=routes, direct=_of_cache(policies.default))


def _route(name: str, settings: RouteSettings, cache: frozenset[Signal], pool: PoolView) -> Route:
    default = _DEFAULT_OF_AUTO if name == "auto" else _DEFAULT
    spec = read_spec(settings.strategy.written if settings.strategy else default)
    router = make_router(spec, time, pool)
    rules = [layer.parameters.get("rules", ()) for layer in spec.layers() if layer.name == "rules"]
    return Route(
        name=name,
        router=router,
        models=None if settings.models is None else tuple(settings.models),
        signals=router.signals | cache,
        always=(router.signals if rules else _NOTHING) | cache,
        hedging=_hedging(settings.hedge),
        decides_first=any(_AGAINST_CACHE & rule.keys() for rule in chain.from_iterable(rules)),
    )


def _hedging(settings: HedgingSettings | None) -> Hedging | None:
    if settings is None:
        return None
    return Hedging(
        share=settings.share,
        quantile=settings.quantile,
        least_delay_s=settings.least_delay_ms / 1000,
        max_cost_usd=settings.max_cost_usd,
    )


def _of_cache(policy: RoutePolicy) -> frozenset[Signal]:
    return _CATEGORY if policy.categories else _NOTHING


def make_classifier(
    settings: Settings, context_length: ContextLength, embedder: RememberingEmbedder | None
) -> tuple[WorkloadClassifier, Recognition]:
    """Return the classifier, and what in it is to learn the operator's own categories."""
    embed = None
    if embedder is not None and settings.workload.embed:
        embed = partial(embedder.vector, wait_s=_EMBEDDING_WAIT_S)
    recogniser = Recognition.shipped(embed)
    if settings.workload.threshold is not None:
        recogniser.threshold = settings.workload.threshold
    return WorkloadClassifier(context_length, recogniser), recogniser


def make_grader(catalog: Catalog, store: Callable[[Outcome], None]) -> Grader:
    """Make what grades answers by what can be seen of them; `store` keeps the scores."""
    return Grader(
        (finish, empty, refusal(_refuses)),
        Retries(),
        learn=partial(learn, catalog),
        store=store,
    )


def make_panel(settings: Settings, inner_calls: InnerCalls) -> Panel:
    """Make the verifiers; there is a judge where the configuration names its model."""
    judge = settings.workload.judge
    slow = {JUDGE: Judge(partial(inner_calls.chat, judge))} if judge is not None else {}
    return Panel(VERIFIERS, slow)


def learn(catalog: Catalog, outcome: Outcome) -> None:
    """Tell the strategy of an outcome's route what was said of it."""
    route = catalog.routes.get(outcome.route)
    if route is not None:
        route.router.learn(outcome)


def knows_model(catalog: Catalog, name: str) -> bool:
    """Tell whether a name is that of one model, listed or `provider/upstream-model`."""
    try:
        return name not in catalog.routes and bool(catalog.resolve(name))
    except WrpError:
        return False


def _refuses(text: str) -> bool:
    verdict = NoRefusal().verify(Question(body={}), Answer(text=text), None)
    return verdict.passes is False
