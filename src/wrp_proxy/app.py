"""The composition root: the only place that builds concrete objects and wires them."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from secrets import token_hex
from time import monotonic

from wrp_proxy.accounting.recorder import BackgroundRecorder
from wrp_proxy.accounts_maker import make_accounts
from wrp_proxy.api.asgi import App
from wrp_proxy.api.cache_admin import cache_api
from wrp_proxy.api.health import health_api
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.api.models import models_api
from wrp_proxy.api.openapi.document import openapi_api
from wrp_proxy.api_maker import ApiMaker, make_dialects
from wrp_proxy.cache_maker import CacheParts, is_semantic_somewhere, make_cache
from wrp_proxy.deciding_maker import Deciding, make_deciding
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
from wrp_proxy.lifespan import Lifespan
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.pool_care_maker import make_pool_care
from wrp_proxy.pool_maker import make_fail_over, make_pool
from wrp_proxy.provider_maker import make_discovery, make_provider, make_upstream
from wrp_proxy.providers.local import LocalProvider
from wrp_proxy.providers.openai import USER_AGENT
from wrp_proxy.route_load import RouteLoad
from wrp_proxy.routing_maker import make_grader, make_panel
from wrp_proxy.settings.schema import Settings
from wrp_proxy.together import Together
from wrp_proxy.verifiers.panel import Panel
from wrp_proxy.workload.context_length import load_tiktoken


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
    deciding = make_deciding(settings, embedder, pool)
    accounts = make_accounts(state_dir, deciding.catalog, pool)
    recorder = accounts.recorder
    user_agent = f"{USER_AGENT} ({token_hex(4)})"
    providers = {
        name: make_provider(name, given, user_agent) for name, given in settings.providers.items()
    }
    local = {name: p for name, p in providers.items() if isinstance(p, LocalProvider)}
    upstream = make_upstream(settings, os.environ)
    discovery = make_discovery(settings, providers, upstream, deciding.discovered)
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
    figures = (cache.report.rows, panel.rows, deciding.classifier.guard.rows, care.rows)
    accounts.show([*figures, lambda: learning_rows(learning.status())])
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
    lifespan = Lifespan(
        recorder=recorder,
        opening=[learning.load, *care.opening],
        background=[
            learning.run,
            discovery.run,
            *care.background,
            partial(deciding.context_length.load, load_tiktoken),
            deciding.learn_categories,
            partial(estimate_judges, accounts.book, debiasing),
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
            book=accounts.book,
            flush=recorder.flush,
            heeding=cache.heeding,
            catalog=deciding.catalog,
            idempotency=idempotency,
            debiasing=debiasing,
            recent=recent,
        ),
        accounts.api,
        openapi_api(has_keys=bool(settings.server.api_keys)),
        *apis.routes(),
    ]
    return make_http(settings, lifespan, routes, apis.endpoints(pipeline, idempotency), user_agent)


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
