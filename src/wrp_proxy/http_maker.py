"""Puts the layers of HTTP around the endpoints."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route as HttpRoute

from wrp_proxy import __version__
from wrp_proxy.api.asgi import App
from wrp_proxy.api.callers import Key, KeyRing
from wrp_proxy.api.errors import install_error_shapes
from wrp_proxy.api.front import Front
from wrp_proxy.api.request_ids import RequestIds
from wrp_proxy.settings.schema import Settings


def make_http(
    settings: Settings,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    routes: Iterable[APIRouter],
    hot: Mapping[str, App],
    user_agent: str,
) -> App:
    """`hot` endpoints take the short way through the layers."""
    app = FastAPI(
        title="wrp-proxy",
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
    )
    for router in routes:
        # Including them would make them all anew, for prefixes and dependencies that none has.
        app.router.routes.extend(router.routes)
    install_error_shapes(app)
    for path, endpoint in hot.items():
        app.router.routes.append(HttpRoute(path, endpoint, methods=["POST"]))
    origins = settings.server.cors_origins
    front = Front(app, hot=hot, keys=_key_ring(settings), origins=origins, user_agent=user_agent)
    return RequestIds(_with_cors(front, origins))


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
        keys[digest] = Key(name, given.admin, given.team, given.publisher)
    return KeyRing(keys)
