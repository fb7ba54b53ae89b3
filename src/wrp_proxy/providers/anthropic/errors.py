"""Anthropic's errors, read and written."""

import re
from collections.abc import Mapping

import msgspec

from wrp_proxy.errors import RejectedError, UpstreamContextError, UpstreamError, WrpError
from wrp_proxy.providers import openai_error

_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""https://platform.claude.com/docs/en/api/errors"""
_TYPES = {status: kind for kind, status in _STATUSES.items()} | {
    408: "timeout_error",
    503: "overloaded_error",
}
_TOO_LONG = re.compile(r"prompt is too long|exceed.{0,20}context (limit|window)", re.I)
_OVERLOADED = "overloaded_error"


def error_of(
    status: int, headers: Mapping[bytes, bytes], body: bytes, secret: bytes
) -> UpstreamError:
    """Turn a failed answer into an error that keeps its own words, less the `secret`."""
    error = openai_error.error_of(status, headers, body, secret)
    if isinstance(error, RejectedError) and _TOO_LONG.search(error.message):
        return _as_context_error(error)
    if error.type == _OVERLOADED:
        error.code = _OVERLOADED
    return error


def error_in(body: bytes, secret: bytes) -> UpstreamError:
    """Classify an error that came with status 200, in a stream or whole."""
    return error_of(_STATUSES.get(_type_in(body), 502), {}, body, secret)


def envelope(error: WrpError) -> bytes:
    """Return the body of an error: `{"type": "error", "error": {type, message}}`."""
    said = {"type": kind_of(error), "message": error.message}
    return msgspec.json.encode({"type": "error", "error": said})


def kind_of(error: WrpError) -> str:
    """Return Anthropic's type of an error: its own where it has one, else by status."""
    if error.type in _STATUSES and error.type != "invalid_request_error":
        return error.type
    usual = "invalid_request_error" if 400 <= error.status < 500 else "api_error"
    return _TYPES.get(error.status, usual)


def error_event(error: WrpError) -> bytes:
    """Return the event that ends a stream which had already begun."""
    return b"event: error\ndata: %b\n\n" % envelope(error)


def _as_context_error(rejection: RejectedError) -> UpstreamContextError:
    error = UpstreamContextError(rejection.message)
    error.status, error.type = rejection.status, rejection.type
    error.retry_after_s, error.headers = rejection.retry_after_s, rejection.headers
    return error


def _type_in(body: bytes) -> str:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    error = said.get("error") if isinstance(said, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    return kind if isinstance(kind, str) else ""
