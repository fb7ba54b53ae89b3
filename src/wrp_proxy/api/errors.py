"""Errors as clients know them."""

import math
from collections.abc import Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from wrp_proxy.api.asgi import HeaderList, Send, send_whole
from wrp_proxy.dialects.messages.errors import error_body
from wrp_proxy.errors import WrpError
from wrp_proxy.providers.openai_error import envelope

_OWN_WORDS = {
    404: "There is nothing at this path. GET /openapi.json lists what there is.",
    405: "This path does not answer to this method.",
}


def error_headers(error: WrpError) -> HeaderList:
    headers = list(error.headers)
    if error.retry_after_s is not None and all(name != b"retry-after" for name, _ in headers):
        headers.append((b"retry-after", b"%d" % math.ceil(error.retry_after_s)))
    return headers


async def send_error(
    send: Send, error: WrpError, headers: HeaderList, body_of: Callable[[WrpError], bytes]
) -> None:
    await send_whole(send, error.status, [*error_headers(error), *headers], body_of(error))


def body_maker(path: str) -> Callable[[WrpError], bytes]:
    """Return what writes errors in the shape that clients of this path know."""
    is_anthropic = path.removeprefix("/v1").startswith("/messages")
    return error_body if is_anthropic else envelope


def internal_error() -> WrpError:
    return WrpError("The proxy failed; its log has the reason under this request's id.")


def known_error(error: Exception) -> WrpError:
    """Return what a client may see of an error; log a fault of our own."""
    if isinstance(error, WrpError):
        return error
    log = structlog.get_logger("wrp_proxy.api")
    log.error("request failed by a fault of the proxy", exc_info=error)
    return internal_error()


def install_error_shapes(app: FastAPI) -> None:
    """Give FastAPI's own errors the shape of the API that was asked."""

    @app.exception_handler(WrpError)
    async def known(request: Request, error: WrpError) -> Response:
        return _response(request, error)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        shaped = WrpError(_OWN_WORDS.get(error.status_code, "The request was refused."))
        shaped.status = error.status_code
        shaped.type = "invalid_request_error"
        shaped.code = "not_found" if error.status_code == 404 else "method_not_allowed"
        shaped.headers = [
            (name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()
        ]
        return _response(request, shaped)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        shaped = WrpError(f"{name}: {first['msg']}", param=name)
        shaped.status, shaped.type, shaped.code = 400, "invalid_request_error", None
        return _response(request, shaped)

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> Response:
        return _response(request, internal_error())


def _response(request: Request, error: WrpError) -> Response:
    body = body_maker(request.url.path)(error)
    response = Response(body, error.status, media_type="application/json")
    for name, value in error_headers(error):
        response.headers[name.decode("latin-1")] = value.decode("latin-1")
    return response
