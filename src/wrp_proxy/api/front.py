"""The door: all but the public paths need a key, and hot paths take a short way."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from wrp_proxy.api.asgi import App, Receive, Scope, Send
from wrp_proxy.api.callers import ANONYMOUS, NOBODY, Caller, Key, KeyRing
from wrp_proxy.api.errors import body_maker, send_error
from wrp_proxy.api.request_ids import REQUEST_ID
from wrp_proxy.errors import AuthenticationError, ForeignOriginError, LoopError

CALLER = "wrp.caller"
"""Where the caller stands in the ASGI scope."""

_PUBLIC = frozenset({"/", "/health", "/health/live", "/health/ready"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Front:
    """Let callers in.

    POST requests to `hot` paths go straight to their endpoints, past the framework's own layers,
    which would cost CPU on every request and every chunk; everything else goes to `app`.
    """

    def __init__(
        self,
        app: App,
        *,
        hot: Mapping[str, App],
        keys: KeyRing,
        origins: Sequence[str],
        user_agent: str,
    ) -> None:
        """`origins` are those of browsers' pages that may call, `*` for any; `user_agent` is what
        this very proxy calls itself upstream.
        """
        self._app = app
        self._hot = hot
        self._keys = keys
        self._origins = frozenset(origins)
        self._user_agent = user_agent.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        path = scope["path"]
        try:
            self._refuse_loop(headers)
            key = self._identify(path, headers)
        except (AuthenticationError, ForeignOriginError, LoopError) as error:
            await send_error(send, error, [], body_maker(path))
            return
        scope[CALLER] = Caller(
            scope[REQUEST_ID], key.tenant, key.is_admin, headers, key.team, key.may_publish
        )
        app = self._hot.get(path, self._app) if scope["method"] == "POST" else self._app
        await app(scope, receive, send)

    def _refuse_loop(self, headers: dict[bytes, bytes]) -> None:
        if headers.get(b"user-agent") == self._user_agent:
            raise LoopError(
                "This proxy is its own upstream: a base_url in its configuration, or one of its "
                "*_BASE_URL variables, leads back to it."
            )

    def _identify(self, path: str, headers: dict[bytes, bytes]) -> Key:
        if path in _PUBLIC:
            return NOBODY
        key = self._keys.owner(headers)
        if key.tenant == ANONYMOUS:
            self._refuse_foreign_page(headers.get(b"origin", b"").decode("latin-1"))
        return key

    def _refuse_foreign_page(self, origin: str) -> None:
        """Without keys, any web page open in a browser here could spend the operator's money."""
        if not origin or {origin, "*"} & self._origins:
            return
        if _host_of(origin) not in _LOOPBACK:
            raise ForeignOriginError(
                f"Pages of '{origin}' may not call this proxy: add the origin to "
                "server.cors_origins, or set an API key."
            )


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None
