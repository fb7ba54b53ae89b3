"""Failures that the Responses API tells inside a stream or an answer of status 200."""

from collections.abc import Iterator
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, UpstreamError
from wrp_proxy.providers.openai_error import error_in_answer

_STATUS = {
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "context_length_exceeded": 400,
    "bio_policy": 400,
    "content_policy_violation": 400,
    "empty_image_file": 400,
    "failed_to_download_image": 400,
    "unsupported_image_media_type": 400,
}
"""Events have codes only; errors are classified by status."""
_BLAMES_THE_REQUEST = ("invalid_", "image_")


class Event(msgspec.Struct):
    """Loosely typed: what an upstream writes oddly is not ours to refuse."""

    type: Any = None
    sequence_number: Any = None
    response: Any = None
    delta: Any = None
    error: Any = None
    code: Any = None
    message: Any = None
    param: Any = None


def parse_event(payload: bytes) -> Event:
    try:
        return msgspec.json.decode(payload, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DisconnectedError("The upstream's stream is malformed.") from error


def error_of(event: Event, secret: bytes) -> UpstreamError:
    """Classify a failure: it stands in the event, in its `error`, or in its response's."""
    said = dict(_fields_of_error(event))
    code = said.get("code")
    if isinstance(code, str):
        blames_the_request = code.startswith(_BLAMES_THE_REQUEST)
        said.setdefault("status", _STATUS.get(code, 400 if blames_the_request else 502))
    error = error_in_answer(msgspec.json.encode({"error": said}), secret)
    return error or UpstreamError("The upstream failed.")


def _fields_of_error(event: Event) -> Iterator[tuple[str, Any]]:
    response = event.response if isinstance(event.response, dict) else {}
    error = event.error or response.get("error")
    if isinstance(error, dict):
        yield from error.items()
    elif isinstance(error, str):
        yield "message", error
    else:
        yield from (("code", event.code), ("message", event.message), ("param", event.param))
