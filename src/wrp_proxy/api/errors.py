"""Errors as clients of OpenAI know them."""

import math

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from wrp_proxy.api.asgi import HeaderList, Send, send_whole
from wrp_proxy.errors import WrpError

_OWN_WORDS = {
    404: "There is nothing at this path. The API is at /v1/chat/completions and /v1/models.",
    405: "This path does not answer to this method.",
}


def envelope(error: WrpError) -> bytes:
    """Return the body of an error: `{"error": {message, type, param, code}}`."""
    return msgspec.json.encode(
        {
            "error": {
                "message": error.message,
                "type": error.type,
                "param": error.param,
                "code": error.code,
            }
        }
    )


def error_event(error: WrpError) -> bytes:
    """Return the event that ends a stream which had already begun."""
    return b"data: %b\n\n" % envelope(error)


def error_headers(error: WrpError) -> HeaderList:
    headers = list(error.headers)
    if error.retry_after_s is not None and all(name != b"retry-after" for name, _ in headers):
        headers.append((b"retry-after", b"%d" % math.ceil(error.retry_after_s)))
    return headers


async def send_error(send: Send, error: WrpError, headers: HeaderList | None = None) -> None:
    await send_whole(send, error.status, [*error_headers(error), *(headers or [])], envelope(error))


def internal_error() -> WrpError:
    return WrpError("The proxy failed; its log has the reason under this request's id.")


def install_error_shapes(app: FastAPI) -> None:
    """Give FastAPI's own errors OpenAI's shape."""

    @app.exception_handler(WrpError)
    async def known(request: Request, error: WrpError) -> Response:
        return _response(error)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        shaped = WrpError(_OWN_WORDS.get(error.status_code, "The request was refused."))
        shaped.status = error.status_code
        shaped.type = "invalid_request_error"
        shaped.code = "not_found" if error.status_code == 404 else "method_not_allowed"
        shaped.headers = [
            (name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()
        ]
        return _response(shaped)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        shaped = WrpError(f"{name}: {first['msg']}", param=name)
        shaped.status, shaped.type, shaped.code = 400, "invalid_request_error", None
        return _response(shaped)

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> Response:
        return _response(internal_error())


def _response(error: WrpError) -> Response:
    response = Response(envelope(error), error.status, media_type="application/json")
    for name, value in error_headers(error):
        response.headers[name.decode("latin-1")] = value.decode("latin-1")
    return response
