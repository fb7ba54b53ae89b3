"""The outermost layer: every request has an id, and every answer says it."""

import re
import secrets

from wrp_proxy.api.asgi import App, Message, Receive, Scope, Send

REQUEST_ID = "wrp.request_id"
"""Where the id stands in the ASGI scope."""

HAS_BEGUN = "wrp.has_begun"
"""Where it stands whether the answer's head has been sent."""

_NAME = b"x-request-id"
_ANTHROPIC_NAME = b"request-id"
_ACCEPTABLE = re.compile(rb"[\x21-\x7e]{1,128}")


class RequestIds:
    """Pure ASGI: it passes bodies on as they are and hides no disconnect."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = next((value for name, value in scope["headers"] if name == _NAME), b"")
        scope[REQUEST_ID] = request_id = request_id_of(own)
        scope[HAS_BEGUN] = False
        headers = [(_NAME, request_id.encode())]
        if "/messages" in scope.get("path", ""):
            headers.append((_ANTHROPIC_NAME, request_id.encode()))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[HAS_BEGUN] = True
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await self._app(scope, receive, send_with_id)


def request_id_of(own: bytes) -> str:
    """Keep the caller's own id where it is printable and short, else make one."""
    if _ACCEPTABLE.fullmatch(own):
        return own.decode("ascii")
    return f"req_{secrets.token_hex(12)}"
