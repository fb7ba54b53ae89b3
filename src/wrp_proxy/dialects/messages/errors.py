"""Errors as Anthropic writes them."""

import msgspec

from wrp_proxy.errors import WrpError

_TYPE_OF_STATUS = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_OWN_TYPES = {*_TYPE_OF_STATUS.values(), "api_error"}
"""Types that only Anthropic uses, or uses as OpenAI does; `invalid_request_error` is neither."""
_TOO_LONG = "prompt is too long"
"""By these words Claude Code and others know that they must compact the conversation."""


def error_body(error: WrpError) -> bytes:
    """Return the JSON of an error."""
    said = {"type": _type_of(error), "message": _message_of(error)}
    return msgspec.json.encode({"type": "error", "error": said})


def error_event(error: WrpError) -> bytes:
    """Return the event that ends a stream in place of `message_stop`."""
    return b"event: error\ndata: " + error_body(error) + b"\n\n"


def _type_of(error: WrpError) -> str:
    if error.type in _OWN_TYPES:
        return error.type
    usual = "invalid_request_error" if 400 <= error.status < 500 else "api_error"
    return _TYPE_OF_STATUS.get(error.status, usual)


def _message_of(error: WrpError) -> str:
    is_known = _TOO_LONG in error.message.lower()
    if error.code == "context_length_exceeded" and not is_known:
        return f"{_TOO_LONG}: {error.message}"
    return error.message
