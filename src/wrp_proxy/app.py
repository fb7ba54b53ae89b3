"""The composition root: the only place that builds concrete objects and wires them."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from time import monotonic, time

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from wrp_proxy.accounting.feedback import FeedbackBook
from wrp_proxy.accounting.figures import Figures, Row
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.accounting.metrics import LiveState, Metrics
from wrp_proxy.accounting.pricing import PriceList
from wrp_proxy.accounting.quality import QualityTable
from wrp_proxy.accounting.recorder import BackgroundRecorder
from wrp_proxy.accounting.usage_report import UsageReport
from wrp_proxy.api.accounts import accounts_api
from wrp_proxy.api.asgi import App
from wrp_proxy.api.cache_admin import cache_api
from wrp_proxy.api.health import health_api
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.api.models import models_api
from wrp_proxy.api.openapi.document import openapi_api
from wrp_proxy.api_maker import ApiMaker, make_dialects
from wrp_proxy.cache.embedders.remembering import RememberingEmbedder
from wrp_proxy.cache_maker import CacheParts, is_semantic_somewhere, make_cache
from wrp_proxy.catalog import Catalog
from wrp_proxy.dialects.translated import Translated
from wrp_proxy.embedder_maker import make_embedder
from wrp_proxy.feedback_maker import estimate_judges, make_feedback
from wrp_proxy.grading.debiasing import Debiasing
from wrp_proxy.grading.recent import Recent
from wrp_proxy.grading_answers import Grading
from wrp_proxy.holding import Holding
from wrp_proxy.http_maker import make_http
from wrp_proxy.inner_calls import InnerCalls
from wrp_proxy.learning.report import rows as learning_rows
from wrp_proxy.learning_maker import make_learning
from wrp_proxy.model_maker import ModelMaker, has_words
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.pool_care_maker import make_pool_care
from wrp_proxy.pool_maker import live, make_fail_over, make_pool
from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.provider_maker import make_provider, make_upstream
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.discovery import Discovery
from wrp_proxy.providers.local import LocalProvider
from wrp_proxy.providers.openai import USER_AGENT
from wrp_proxy.providers.upstream import Upstream
from wrp_proxy.route_load import RouteLoad
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routing_maker import (
    make_classifier,
    make_grader,
    make_panel,
    make_routing,
)
from wrp_proxy.settings.schema import Settings
from wrp_proxy.shipped import price_list_path, quality_table_path
from wrp_proxy.together import Together
from wrp_proxy.verifiers.panel import Panel
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength, load_tiktoken
from wrp_proxy.workload.token_estimate import TokenEstimate

_GC_THRESHOLD = 10_000
"""Objects made before the youngest are looked through; a request makes hundreds, and no cycles."""
Work = Callable[[], Coroutine[object, object, None]]


@dataclass(frozen=True, slots=True)
class Deciding:
    """What it takes to decide, without serving."""

    catalog: Catalog
    classifier: WorkloadClassifier
    context_length: ContextLength
    models: ModelMaker
    learn_categories: Work
    """Learn the operator's own categories; takes a second, in a thread."""


def build_deciding(
    settings: Settings,
    embedder: RememberingEmbedder | None = None,
    pool: PoolView = NOTHING_SEEN,
) -> Deciding:
    """Build catalog and classifier; without an embedder, categories are told by less.

    `pool`: what strategies see of the models, where these are served.
    """
    models = ModelMaker(
        settings.providers,
        PriceList.load(price_list_path()),
        QualityTable.load(quality_table_path()),
    )
    routing = make_routing(settings, pool)
    catalog = Catalog(
        models=[models.configured(name, model) for name, model in settings.models.items()],
        routes=routing.routes,
        direct=FixedOrder(),
        make_up=models.made_up,
        direct_signals=routing.direct,
    )
    context_length = ContextLength(TokenEstimate())
    classifier, recogniser = make_classifier(settings, context_length, embedder)
    learn_categories = partial(asyncio.to_thread, recogniser.add, settings.workload.categories)
    return Deciding(catalog, classifier, context_length, models, learn_categories)


def build_app(settings: Settings, state_dir: Path) -> App:
    """Build the whole proxy; nothing runs until its lifespan begins."""
    dialects = make_dialects()
    inner_calls = InnerCalls(dialects)
    cache_embedder, embedder = make_embedder(
        settings.cache.embedder,
        inner_calls.embeddings,
        is_semantic=is_semantic_somewhere(settings),
        tells_categories=settings.workload.embed,
    )
    pool = make_pool(settings.resilience)
    deciding = build_deciding(settings, embedder, pool)
    journal = Journal.open(state_dir / "journal.sqlite3")
    metrics = Metrics(lambda: deciding.catalog.models)
    book = FeedbackBook(journal.path, time)
    recorder = BackgroundRecorder([journal, metrics], score_sinks=[book])
    metrics.registry.register(LiveState(partial(live, pool), lambda: recorder.dropped, pool.lines))
    user_agent = f"{USER_AGENT} ({token_hex(4)})"
    providers = {
        name: make_provider(name, given, user_agent) for name, given in settings.providers.items()
    }
    local = {name: p for name, p in providers.items() if isinstance(p, LocalProvider)}
    upstream = make_upstream(settings, os.environ)
    discovery = _discovery(settings, deciding, providers, upstream)
    care = make_pool_care(
        settings, pool, lambda: deciding.catalog.models.values(), providers, upstream
    )
    fail_over = make_fail_over(
        settings.resilience,
        pool,
        providers={name: Translated(one, dialects) for name, one in providers.items()},
        upstream=upstream,
        recorder=recorder,
        learners=[deciding.classifier, pool.boundaries],
    )
    cache = make_cache(
        settings, state_dir, inner_calls, RouteLoad(deciding.catalog, pool).of, cache_embedder
    )
    panel = make_panel(settings, inner_calls)
    recent, debiasing = Recent(), Debiasing()
    pipeline, grading = _pipeline(
        deciding,
        cache,
        panel,
        partial(Holding, fail_over=fail_over, panel=panel, pool=pool),
        recorder,
        recent,
    )
    inner_calls.go_through(pipeline)
    learning = make_learning(
        settings.cache.redis,
        state_dir,
        deciding.catalog.routes.values(),
        {"workload": deciding.classifier.statistics, "pool": pool.boundaries.statistics},
    )
    figures = (cache.report.rows, panel.rows, deciding.classifier.guard.rows)
    _register(metrics.registry, [*figures, lambda: learning_rows(learning.status()), care.rows])
    apis = ApiMaker(
        dialects=dialects,
        classifier=deciding.classifier,
        catalog=deciding.catalog,
        providers=providers,
        upstream=upstream,
        count_exactly=deciding.context_length.count_exactly,
        max_body_bytes=settings.server.max_body_bytes,
        has_tenants=len(settings.server.api_keys) > 1,
    )
    idempotency = Idempotency(clock=monotonic)
    lifespan = partial(
        _lifespan,
        recorder=recorder,
        opening=[learning.load, *care.opening],
        background=[
            learning.run,
            discovery.run,
            *care.background,
            partial(deciding.context_length.load, load_tiktoken),
            deciding.learn_categories,
            partial(estimate_judges, book, debiasing),
            *(provider.run for provider in local.values()),
            *cache.background,
        ],
        closing=[
            idempotency.close,
            grading.close,
            learning.close,
            *care.closing,
            *cache.closing,
            *([embedder.close] if embedder else []),
            upstream.close,
        ],
    )
    routes = [
        models_api(deciding.catalog),
        health_api(deciding.catalog, {**local}, lambda: discovery.is_waiting, cache.report.state),
        care.api,
        cache_api(cache.overseer, cache.report, cache.labels),
        make_feedback(
            book=book,
            flush=recorder.flush,
            heeding=cache.heeding,
            catalog=deciding.catalog,
            idempotency=idempotency,
            debiasing=debiasing,
            recent=recent,
        ),
        accounts_api(UsageReport(journal.path), recorder.flush, metrics.render),
        openapi_api(has_keys=bool(settings.server.api_keys)),
        *apis.routes(),
    ]
    return make_http(settings, lifespan, routes, apis.endpoints(pipeline, idempotency), user_agent)


@asynccontextmanager
async def _lifespan(
    app: FastAPI,
    *,
    recorder: BackgroundRecorder,
    opening: Sequence[Work],
    background: Sequence[Work],
    closing: Sequence[Work],
) -> AsyncIterator[None]:
    recorder.start()
    for step in opening:
        await step()
    tasks = [asyncio.create_task(work()) for work in background]
    for task in tasks:
        task.add_done_callback(_log_crash)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in closing:
            await close()
        await asyncio.to_thread(recorder.close)


def _log_crash(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log = structlog.get_logger("wrp_proxy")
        log.error("work in the background has ended by a fault of the proxy", exc_info=error)


def _register(registry: CollectorRegistry, figures: Iterable[Callable[[], Iterable[Row]]]) -> None:
    for rows in figures:
        registry.register(Figures(rows))


def _pipeline(
    deciding: Deciding,
    cache: CacheParts,
    panel: Panel,
    hold: Callable[..., Holding],
    recorder: BackgroundRecorder,
    recent: Recent,
) -> tuple[Pipeline, Grading]:
    grader = make_grader(deciding.catalog, recorder.record_score)
    grading = Grading(panel, grader, recent)
    pipeline = Pipeline(
        cache=cache.cache,
        together=Together(cache.flights, recorder),
        classifier=deciding.classifier,
        catalog=deciding.catalog,
        holding=hold(graded=grader.take),
        grading=grading,
        recorder=recorder,
    )
    return pipeline, grading


def _discovery(
    settings: Settings, deciding: Deciding, providers: Mapping[str, Provider], upstream: Upstream
) -> Discovery:
    used = {e.provider for model in settings.models.values() for e in model.endpoints}
    listings = {
        name: listing
        for name, given in settings.providers.items()
        if (given.type not in {"litellm", "azure"} or given.discover)
        and (name not in used if given.discover is None else given.discover)
        and (listing := providers[name].listing())
    }

    def found(provider: str, names: Iterable[str]) -> None:
        models = [deciding.models.found(provider, name) for name in names if has_words(name)]
        deciding.catalog.replace(provider, models)

    return Discovery(listings, upstream, found)
