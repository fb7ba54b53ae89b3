"""The outermost layer: every request gets an id, and all but the public paths need a key."""

from collections.abc import Mapping

from wrp_proxy.api.asgi import App, Message, Receive, Scope, Send
from wrp_proxy.api.callers import Caller, KeyRing, request_id_of
from wrp_proxy.api.errors import send_error
from wrp_proxy.errors import AuthenticationError

CALLER = "wrp.caller"
"""Where the caller stands in the ASGI scope."""

_PUBLIC = frozenset({"/", "/health", "/health/live", "/health/ready"})


class Front:
    """Pure ASGI: it passes bodies on as they are and hides no disconnect.

    POST requests to `hot` paths go straight to their endpoints, past the framework's own layers,
    which cost more than the whole pipeline; everything else goes to `app`.
    """

    def __init__(self, app: App, *, hot: Mapping[str, App], keys: KeyRing) -> None:
        self._app = app
        self._hot = hot
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = request_id_of(headers)
        id_header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), id_header]
            await send(message)

        path = scope["path"]
        try:
            tenant, is_admin = self._identify(path, headers)
        except AuthenticationError as error:
            await send_error(send_with_id, error)
            return
        scope[CALLER] = Caller(request_id, tenant, is_admin, headers)
        app = self._hot.get(path, self._app) if scope["method"] == "POST" else self._app
        await app(scope, receive, send_with_id)

    def _identify(self, path: str, headers: dict[bytes, bytes]) -> tuple[str, bool]:
        if path in _PUBLIC:
            return "", False
        key = self._keys.owner(headers)
        return key.tenant, key.is_admin
