"""The composition root: the only place that builds concrete objects and wires them."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from ssl import SSLContext
from time import monotonic

import structlog
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route as HttpRoute

from wrp_proxy import __version__
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.accounting.metrics import LiveState, Metrics
from wrp_proxy.accounting.pricing import PriceList
from wrp_proxy.accounting.recorder import BackgroundRecorder
from wrp_proxy.accounting.usage_report import UsageReport
from wrp_proxy.api.accounts import accounts_api
from wrp_proxy.api.asgi import App
from wrp_proxy.api.callers import Key, KeyRing
from wrp_proxy.api.chat import ChatCompletions
from wrp_proxy.api.errors import install_error_shapes
from wrp_proxy.api.front import Front
from wrp_proxy.api.health import health_api
from wrp_proxy.api.models import models_api
from wrp_proxy.api.request_ids import RequestIds
from wrp_proxy.attempt import TimeLimits
from wrp_proxy.cache.disabled import DisabledCache
from wrp_proxy.catalog import Catalog, Route
from wrp_proxy.model_maker import LOCAL_CONTEXT_WINDOW, ModelMaker
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.discovery import Discovery
from wrp_proxy.providers.http1.client import Http1Upstream, make_tls_context
from wrp_proxy.providers.local import LocalProvider, demonstration_weights
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.vendors import VENDORS
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.settings.schema import ProviderSettings, RouteSettings, Settings
from wrp_proxy.workload.classifier import ThinClassifier
from wrp_proxy.workload.context_length import ContextLength, TokenEstimate, load_tiktoken

_PRICES = "configs/prices.yaml"


@dataclass(frozen=True, slots=True)
class Deciding:
    """What it takes to decide, without serving."""

    catalog: Catalog
    classifier: ThinClassifier
    context_length: ContextLength
    models: ModelMaker


def build_deciding(settings: Settings) -> Deciding:
    """Build catalog and classifier."""
    models = ModelMaker(settings.providers, PriceList.load(price_list_path()))
    routes = {"auto": RouteSettings(), **settings.routes}
    catalog = Catalog(
        models=[models.configured(name, model) for name, model in settings.models.items()],
        routes=[_route(name, route) for name, route in routes.items()],
        direct=FixedOrder(),
        make_up=models.made_up,
    )
    context_length = ContextLength(TokenEstimate())
    return Deciding(catalog, ThinClassifier(context_length), context_length, models)


def build_app(settings: Settings, state_dir: Path) -> App:
    """Build the whole proxy; nothing runs until its lifespan begins."""
    deciding = build_deciding(settings)
    journal = Journal.open(state_dir / "journal.sqlite3")
    metrics = Metrics(lambda: deciding.catalog.models)
    recorder = BackgroundRecorder([journal, metrics])
    pool = LocalPool(cooldown_s=settings.resilience.cooldown_s, clock=monotonic)
    metrics.registry.register(LiveState(lambda: _live(pool), lambda: recorder.dropped))
    providers = {name: _provider(name, given) for name, given in settings.providers.items()}
    local = {name: p for name, p in providers.items() if isinstance(p, LocalProvider)}
    upstream = Http1Upstream(
        connect_timeout_s=settings.resilience.connect_timeout_s, tls=_tls_context(settings)
    )
    discovery = _discovery(settings, deciding)
    pipeline = Pipeline(
        cache=DisabledCache(),
        classifier=deciding.classifier,
        catalog=deciding.catalog,
        pool=pool,
        providers=providers,
        upstream=upstream,
        recorder=recorder,
        limits=_time_limits(settings),
        max_attempts=settings.resilience.max_attempts,
    )
    loading = partial(deciding.context_length.load, load_tiktoken)
    background: list[Callable[[], Coroutine[object, object, None]]] = [
        discovery.run,
        loading,
        *(provider.run for provider in local.values()),
    ]
    app = FastAPI(
        title="wrp-proxy",
        version=__version__,
        lifespan=partial(_lifespan, recorder=recorder, upstream=upstream, background=background),
        openapi_url=None,
        redirect_slashes=False,
    )
    app.include_router(models_api(deciding.catalog))
    app.include_router(health_api(deciding.catalog, {**local}, lambda: discovery.is_waiting))
    app.include_router(accounts_api(UsageReport(journal.path), recorder.flush, metrics.render))
    install_error_shapes(app)
    chat = ChatCompletions(pipeline, max_body_bytes=settings.server.max_body_bytes)
    hot: dict[str, App] = {"/v1/chat/completions": chat, "/chat/completions": chat}
    for path, endpoint in hot.items():
        app.router.routes.append(HttpRoute(path, endpoint, methods=["POST"]))
    origins = settings.server.cors_origins
    front = Front(app, hot=hot, keys=_key_ring(settings), origins=origins)
    return RequestIds(_with_cors(front, origins))


@asynccontextmanager
async def _lifespan(
    app: FastAPI,
    *,
    recorder: BackgroundRecorder,
    upstream: Http1Upstream,
    background: Sequence[Callable[[], Coroutine[object, object, None]]],
) -> AsyncIterator[None]:
    recorder.start()
    tasks = [asyncio.create_task(work()) for work in background]
    for task in tasks:
        task.add_done_callback(_log_crash)
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await upstream.close()
        await asyncio.to_thread(recorder.close)


def _log_crash(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log = structlog.get_logger("wrp_proxy")
        log.error("work in the background has ended by a fault of the proxy", exc_info=error)


def price_list_path() -> Path:
    """Find the shipped price list, in an installed package or in a checkout."""
    package = Path(__file__).parent
    installed = package / _PRICES
    return installed if installed.exists() else package.parents[1] / _PRICES


def _route(name: str, settings: RouteSettings) -> Route:
    router = ROUTERS[settings.strategy.name](**settings.strategy.parameters)
    models = None if settings.models is None else tuple(settings.models)
    return Route(name=name, router=router, models=models)


def _provider(name: str, settings: ProviderSettings) -> Provider:
    if settings.type == "local":
        return LocalProvider(
            name=name,
            path=settings.path or demonstration_weights() or Path(),
            context_window=settings.context_window or LOCAL_CONTEXT_WINDOW,
            threads=settings.threads or max(1, (os.cpu_count() or 2) - 1),
        )
    vendor = VENDORS.get(settings.vendor or name)
    stream_usage = settings.stream_usage
    if stream_usage is None:
        stream_usage = vendor.stream_usage if vendor else True
    return OpenAIProvider(
        base_url=_base_url(name, settings),
        api_key=_secret(settings.api_key),
        key_header=vendor.key_header if vendor else "authorization",
        stream_usage=stream_usage,
    )


def _base_url(name: str, settings: ProviderSettings) -> str:
    vendor = VENDORS.get(settings.vendor or name)
    return settings.base_url or (vendor.base_url if vendor else None) or ""


def _tls_context(settings: Settings) -> SSLContext | None:
    urls = [_base_url(name, given) for name, given in settings.providers.items()]
    return make_tls_context() if any(url.startswith("https:") for url in urls) else None


def _discovery(settings: Settings, deciding: Deciding) -> Discovery:
    servers = {
        name: (_base_url(name, given), _secret(given.api_key))
        for name, given in settings.providers.items()
        if given.discover
    }

    def found(provider: str, names: Iterable[str]) -> None:
        models = [deciding.models.found(provider, name) for name in names]
        deciding.catalog.replace(provider, models)

    return Discovery(servers, found)


def _time_limits(settings: Settings) -> TimeLimits:
    resilience = settings.resilience
    return TimeLimits(
        first_content_s=resilience.first_content_timeout_s,
        stall_s=resilience.stall_timeout_s,
        answer_s=resilience.answer_timeout_s or 10 * resilience.first_content_timeout_s,
    )


def _with_cors(app: App, origins: Sequence[str]) -> App:
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["*"],
    )


def _key_ring(settings: Settings) -> KeyRing:
    keys: dict[bytes, Key] = {}
    for given in settings.server.api_keys:
        digest = sha256(given.key.get_secret_value().encode()).digest()
        name = given.name or f"key-{digest.hex()[:8]}"
        keys[digest] = Key(name, given.admin)
    return KeyRing(keys)


def _secret(value: SecretStr | None) -> str | None:
    return (value.get_secret_value() or None) if value else None


def _live(pool: LocalPool) -> Iterable[tuple[str, int, bool]]:
    """Sum what stands under one endpoint name, and leave out names that callers made up."""
    seen: dict[str, tuple[int, bool]] = {}
    for load in pool.loads():
        requests, is_cooling = seen.get(load.endpoint.name, (0, False))
        cooling = is_cooling or pool.is_cooling(load)
        seen[load.endpoint.name] = (requests + load.in_flight, cooling)
    return [(name, requests, cooling) for name, (requests, cooling) in seen.items()]
