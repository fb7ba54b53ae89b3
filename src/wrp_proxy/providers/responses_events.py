"""The events of the Responses API that both relaying and translating need."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wrp_proxy.errors import WrpError
from wrp_proxy.providers.openai_usage import to_usage
from wrp_proxy.types import Usage


def event(kind: str, sequence_number: int, fields: Mapping[str, Any]) -> bytes:
    body = msgspec.json.encode({"type": kind, "sequence_number": sequence_number, **fields})
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), body)


def failed_event(
    error: WrpError, sequence_number: int, response: Mapping[str, Any] | None = None
) -> bytes:
    """Return what ends a stream that fails; `response` is what is known of it."""
    known = response or {"id": "", "object": "response", "output": []}
    failed = {**known, "status": "failed", "error": {"code": code_of(error), "message": str(error)}}
    return event("response.failed", sequence_number, {"response": failed})


def lone_error_event(error: WrpError, sequence_number: int = 0) -> bytes:
    """Return what ends a stream of which no response is known."""
    fields = {"code": code_of(error), "message": error.message, "param": error.param}
    return event("error", sequence_number, fields)


def code_of(error: WrpError) -> str:
    """Clients decide by the code alone, so there must be one."""
    if error.code:
        return error.code
    return "invalid_prompt" if error.type == "invalid_request_error" else "server_error"


def usage_of(said: object) -> Usage | None:
    """Read a usage object, whose names are not those of chat completions."""
    if not isinstance(said, dict) or not said:
        return None
    return to_usage(
        {
            "prompt_tokens": said.get("input_tokens"),
            "completion_tokens": said.get("output_tokens"),
            "prompt_tokens_details": said.get("input_tokens_details"),
        }
    )
