"""Errors as Anthropic writes them."""

import msgspec

from wrp_proxy.errors import WrpError
from wrp_proxy.providers.anthropic.errors import kind_of

_TOO_LONG = "prompt is too long"
"""By these words Claude Code and others know that they must compact the conversation."""


def error_body(error: WrpError) -> bytes:
    """Return the JSON of an error."""
    said = {"type": kind_of(error), "message": _message_of(error)}
    return msgspec.json.encode({"type": "error", "error": said})


def error_event(error: WrpError) -> bytes:
    """Return the event that ends a stream in place of `message_stop`."""
    return b"event: error\ndata: " + error_body(error) + b"\n\n"


def _message_of(error: WrpError) -> str:
    is_known = _TOO_LONG in error.message.lower()
    if error.code == "context_length_exceeded" and not is_known:
        return f"{_TOO_LONG}: {error.message}"
    return error.message
