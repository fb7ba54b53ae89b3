"""Builds the cache from what is configured."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from secrets import token_hex
from time import time
from typing import Any, Protocol, runtime_checkable

from wrp_proxy.api.callers import ANONYMOUS
from wrp_proxy.cache.base import Cache, Embedder, Verifier
from wrp_proxy.cache.bounds.exploration import Exploration
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.heeding import Heeding
from wrp_proxy.cache.judge.judge import Judge
from wrp_proxy.cache.judge.limits import JudgeLimits
from wrp_proxy.cache.keeping import Keeping
from wrp_proxy.cache.labels import Labels, NoJudge
from wrp_proxy.cache.late_vectors import LateVectors
from wrp_proxy.cache.overseer import Overseer
from wrp_proxy.cache.policy import PRESETS, UNASKED, Policy, RoutePolicy, make_policy, with_careful
from wrp_proxy.cache.report import Report
from wrp_proxy.cache.scopes import Scopes
from wrp_proxy.cache.search import Search, verifier_name
from wrp_proxy.cache.semantic import SemanticCache
from wrp_proxy.cache.single_flight import Flights
from wrp_proxy.cache.stores.vectors import Vectors
from wrp_proxy.cache.tally import Tally
from wrp_proxy.lifespan import Work
from wrp_proxy.settings.cache import JudgeSettings, RouteCacheSettings
from wrp_proxy.settings.schema import Settings
from wrp_proxy.store_maker import cache_secret, installation, make_store, make_vectors

_SETTLE_EVERY_S = 1.0


@runtime_checkable
class Settling(Protocol):
    """Has work that no search should wait for."""

    def settle(self) -> None: ...


class Models(Protocol):
    """Asks models for the cache itself."""

    async def chat(
        self, model: str, messages: Sequence[Mapping[str, str]]
    ) -> tuple[str, float | None]: ...

    async def embeddings(self, model: str, texts: Sequence[str]) -> list[list[float]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheParts:
    """The cache, and what stands beside it."""

    cache: Cache
    flights: Flights[Any]
    """Led by whatever stands for a request in the pipeline."""
    overseer: Overseer
    report: Report
    labels: Labels
    heeding: Heeding
    background: Sequence[Work]
    closing: Sequence[Work]


@dataclass(frozen=True, slots=True)
class Policies:
    """Of routes that have some of their own, and of all others."""

    routes: Mapping[str, RoutePolicy]
    default: RoutePolicy

    @classmethod
    def of(cls, settings: Settings) -> "Policies":
        said = settings.cache.default
        own = {
            name: _route_policy(route.cache)
            for name, route in settings.routes.items()
            if route.cache is not None
        }
        return cls(own, UNASKED if said is None else _route_policy(said))

    def policy(self, route: str, category: str) -> Policy:
        return self.routes.get(route, self.default).of(category)

    def all(self) -> list[Policy]:
        policies = [self.default, *self.routes.values()]
        return [policy for one in policies for policy in (one.default, *one.categories.values())]


def is_semantic_somewhere(settings: Settings) -> bool:
    return any(policy.is_semantic for policy in Policies.of(settings).all())


def make_cache(
    settings: Settings,
    state_dir: Path,
    models: Models,
    load: Callable[[str], float],
    embedder: Embedder,
) -> CacheParts:
    """Wire the cache; `load` is that of a route's models, from 0 to 1."""
    policies = Policies.of(settings)
    is_semantic = any(policy.is_semantic for policy in policies.all())
    said, secret = settings.cache, cache_secret(settings.cache, state_dir)
    vectors = make_vectors(is_semantic=is_semantic)
    store = make_store(said, state_dir, vectors, embedder.fingerprint)
    tally = Tally()
    judge = _judge(said.judge, models, lambda label: labels.learn(label))
    labels = Labels(
        store=store,
        judge=judge,
        policy_of=policies.policy,
        exploration=_exploration(policies),
        replica=token_hex(4),
        clock=time,
    )
    search = Search(store=store, bounds=labels, verifiers=_verifiers(policies), load=load)
    budget_s = said.lookup_budget_ms / 1000
    late_vectors = LateVectors(store=store, embedder=embedder, wait_s=budget_s)
    keeping = Keeping(
        store=store,
        late_vectors=late_vectors,
        labels=labels,
        tally=tally,
        clock=time,
        load=load,
    )
    flights: Flights[Any] = Flights(max_bytes=said.max_answer_bytes)
    shared = said.anonymous == "shared"
    cache = SemanticCache(
        policies=policies.routes,
        default=policies.default,
        scopes=Scopes(secret, ANONYMOUS, "shared" if shared else installation(state_dir)),
        store=store,
        embedder=embedder,
        search=search,
        keeping=keeping,
        labels=labels,
        tally=tally,
        clock=time,
        lookup_budget_s=budget_s,
        max_request_bytes=said.max_request_bytes,
        max_answer_bytes=said.max_answer_bytes,
    )
    return CacheParts(
        cache=cache,
        flights=flights,
        overseer=Overseer(store=store, embedder=embedder, clock=time, secret=secret),
        report=Report(store, embedder, labels, tally, flights.counts),
        labels=labels,
        heeding=Heeding(store=store, embedder=embedder, search=search, labels=labels),
        background=[
            store.run,
            embedder.start,
            late_vectors.run,
            judge.run,
            partial(_settle, vectors),
        ],
        closing=[keeping.close, store.close, embedder.close],
    )


def _route_policy(settings: RouteCacheSettings) -> RoutePolicy:
    default = make_policy(PRESETS["exact-only"], settings.changes())
    careful = with_careful(default)
    said = {
        name: make_policy(careful.get(name, default), category.changes())
        for name, category in settings.categories.items()
    }
    return RoutePolicy(default=default, categories={**careful, **said})


def _verifiers(policies: Policies) -> Mapping[str, Verifier]:
    """Make those that some policy asks for, each once."""
    asked = {verifier_name(policy): policy for policy in policies.all() if policy.is_semantic}
    return {name: make_verifier(policy) for name, policy in asked.items()}


def make_verifier(policy: Policy) -> Verifier:
    """Make what looks at the words under a policy."""
    if policy.verifier == "learned":
        from wrp_proxy.cache.verifier.learned import LearnedVerifier

        return LearnedVerifier.load(policy.preset)
    from wrp_proxy.cache.guard.guard import LexicalGuard

    return LexicalGuard(strict=policy.verifier == "strict-guard")


def _judge(
    settings: JudgeSettings | None, models: Models, label: Callable[[Label], None]
) -> Judge | NoJudge:
    if settings is None:
        return NoJudge()
    limits = JudgeLimits(
        hit_share=settings.audit_share,
        miss_share=settings.near_share,
        calls_per_minute=settings.per_minute,
        usd_per_day=settings.usd_per_day,
        timeout_s=settings.timeout_s,
    )
    ask = partial(models.chat, settings.model)
    return Judge(ask=ask, label=label, limits=limits, random=Random(), clock=time)  # noqa: S311 - draws samples


def _exploration(policies: Policies) -> Mapping[float, Exploration]:
    allowed = {policy.explore for policy in policies.all() if policy.explore is not None}
    return {error: Exploration(error=error, random=Random()) for error in allowed}  # noqa: S311 - draws samples


async def _settle(vectors: Vectors) -> None:
    """Have posted changes of vectors applied, and large partitions divided, in a thread."""
    while isinstance(vectors, Settling):
        await asyncio.sleep(_SETTLE_EVERY_S)
        await asyncio.to_thread(vectors.settle)
