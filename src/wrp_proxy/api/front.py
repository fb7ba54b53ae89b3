"""The outermost layer: every request gets an id, and all but the public paths need a key."""

from wrp_proxy.api.asgi import Message, Receive, Scope, Send
from wrp_proxy.api.callers import Caller, KeyRing, request_id_of
from wrp_proxy.api.errors import send_error
from wrp_proxy.errors import AuthenticationError

CALLER = "wrp.caller"
"""Where the caller stands in the ASGI scope."""

_PUBLIC = frozenset({"/", "/health", "/health/live", "/health/ready"})


class Front:
    """A pure ASGI middleware: it passes bodies on as they are and hides no disconnect."""

    def __init__(self, app: object, *, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)  # type: ignore[operator]  # Starlette's untyped app
            return
        headers = dict(scope["headers"])
        request_id = request_id_of(headers)
        id_header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), id_header]
            await send(message)

        try:
            tenant, is_admin = self._identify(scope["path"], headers)
        except AuthenticationError as error:
            await send_error(send_with_id, error)
            return
        scope[CALLER] = Caller(request_id, tenant, is_admin, headers)
        await self._app(scope, receive, send_with_id)  # type: ignore[operator]  # as above

    def _identify(self, path: str, headers: dict[bytes, bytes]) -> tuple[str, bool]:
        if path in _PUBLIC:
            return "", False
        key = self._keys.owner(headers)
        return key.tenant, key.is_admin
