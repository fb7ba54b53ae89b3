"""Classifies OpenAI's errors: by status first, by code, by text last."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from time import time
from typing import Any

import msgspec

from wrp_proxy.errors import (
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamMissingError,
    WrpError,
)


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


_PASSED_ON = re.compile(rb"retry-after(-ms)?|x-should-retry|(x|anthropic)-ratelimit-.+")
_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error"}
_CONTEXT_TEXT = re.compile(r"context (length|window|size)|maximum context|too many tokens", re.I)
_RETRYABLE_4XX = {408, 425}
_KEY_STATUS = {401, 402, 403}
_CONTENT_CODES = {
    "content_filter",
    "content_policy_violation",
    "moderation_blocked",
    "refusal",
    "ResponsibleAIPolicyViolation",
}
_CONTENT_DETAILS = {"flagged_input", "reasons"}
"""What OpenRouter adds to a refusal of its moderation
(https://openrouter.ai/docs/api/reference/errors-and-debugging)."""
_CONTENT_TEXT = re.compile(
    r"moderation|content (policy|filter|management)|usage polic|safety (system|filter|polic)"
    r"|(input|prompt|content|request) (was|is|has been) (flagged|blocked)",
    re.I,
)
_MODEL_BLOCKED = "model_permission_blocked"
_MODEL_CODES = {"model_not_found", "model_not_available", "model_access_denied"}
_MODEL_TEXT = re.compile(
    r"access (to )?(the |this )?model|model access|access to model denied"
    r"|model .{0,80}(is blocked|not allowed|not (available|enabled|permitted)|does not exist)",
    re.I,
)
"""Of an account that is good, and has not this model."""


NO_SECRET = b"\0"
"""Stands in no JSON."""


def error_of(
    status: int, headers: Mapping[bytes, bytes], body: bytes, secret: bytes = NO_SECRET
) -> UpstreamError:
    """Turn an upstream's failed answer into an error that keeps its own words.

    Some upstreams quote the key that they refuse: `secret` is struck out.
    """
    said = _said(body.replace(secret, b"***"))
    error = _classify(status, said)
    error.retry_after_s = retry_after_s(headers)
    error.headers = tuple(
        (name, value) for name, value in headers.items() if _PASSED_ON.fullmatch(name)
    )
    return error


def error_in_answer(body: bytes, secret: bytes = NO_SECRET) -> UpstreamError | None:
    """Return the error that stands in an answer of status 200, if there is one."""
    said = _said(body.replace(secret, b"***"))
    if not said:
        return None
    numbers = (said.get("status"), said.get("code"))
    status = next((n for n in numbers if isinstance(n, int) and 400 <= n < 600), 502)
    return _classify(status, said)


def retry_after_s(headers: Mapping[bytes, bytes]) -> float | None:
    """Read `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3)."""
    milliseconds = _number(headers.get(b"retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get(b"retry-after")
    return _number(said) if _number(said) is not None else _seconds_until(said)


def _classify(status: int, said: Mapping[str, Any]) -> UpstreamError:
    message = _text(said.get("message")) or f"The upstream answered with status {status}."
    code, kind = _text(said.get("code")), _text(said.get("type"))
    made = _class_of(status, code, kind, message)
    if status in _KEY_STATUS:
        made = _class_of_refusal(status, said, message)
    if made is UnauthorisedError:
        return UnauthorisedError("The upstream refused the proxy's key, or its account is empty.")
    error = made(message, code=code)
    if status >= 400:
        error.status = status
    error.param = _text(said.get("param"))
    error.type = kind or error.type
    return error


def _class_of(status: int, code: str | None, kind: str | None, message: str) -> type[UpstreamError]:
    if status == 429:
        return RateLimitedError
    if _is_about_context(status, code, kind, message):
        return UpstreamContextError
    if status == 404:
        return UpstreamMissingError
    if 400 <= status < 500 and status not in _RETRYABLE_4XX:
        return RejectedError
    return UpstreamError


def _class_of_refusal(status: int, said: Mapping[str, Any], message: str) -> type[UpstreamError]:
    """Tell a 403 that the request's content or its model has met with from a refused key."""
    if status != 403:
        return UnauthorisedError
    if not said:
        return UpstreamError  # a page of something before the API, which may mind the content
    names = {_text(said.get("code")), _text(said.get("type"))}
    details = said.get("metadata")
    known = details if isinstance(details, dict) else {}
    names.add(_text(known.get("error_type")))
    if names & _MODEL_CODES or any((name or "").startswith(_MODEL_BLOCKED) for name in names):
        return UpstreamMissingError
    if names & _CONTENT_CODES or known.keys() & _CONTENT_DETAILS or _CONTENT_TEXT.search(message):
        return RejectedError
    return UpstreamMissingError if _MODEL_TEXT.search(message) else UnauthorisedError


def _is_about_context(status: int, code: str | None, kind: str | None, message: str) -> bool:
    if status not in {400, 413, 422}:
        return False
    return bool({code, kind} & _CONTEXT_CODES or _CONTEXT_TEXT.search(message))


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    if isinstance(parsed, list) and parsed:
        parsed = parsed[0]
    error = parsed.get("error", parsed) if isinstance(parsed, dict) else None
    if isinstance(error, str):
        return {"message": error}
    return error if isinstance(error, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(said: bytes | None) -> float | None:
    try:
        number = float(said or b"")
    except ValueError:
        return None
    return max(number, 0.0) if isfinite(number) else None


def _seconds_until(date: bytes | None) -> float | None:
    try:
        return max(parsedate_to_datetime((date or b"").decode()).timestamp() - time(), 0.0)
    except (ValueError, OverflowError):
        return None
