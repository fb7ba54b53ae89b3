"""LiteLLM's exceptions, put back into the answers that they were made of."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from wrp_proxy.errors import DisconnectedError, UpstreamError, UpstreamTimeoutError

_CODES = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
    "UnsupportedParamsError": "unsupported_parameter",
    "RateLimitError": "rate_limit_exceeded",
    "NotFoundError": "model_not_found",
}
_TYPES = {
    400: "invalid_request_error",
    404: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
_DECORATION = re.compile(r"^(litellm\.)?\w*(Error|Timeout): |^\w*Exception(:| -) ")
_TRACEBACK = "Traceback (most recent call last)"
_MAX_JSON = 64 * 1024
_UNKNOWN = 500
"""LiteLLM's status of whatever has none."""
_UNKNOWN_VENDOR = re.compile(r"LLM Provider NOT provided|Unmapped LLM provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is no success."""

    status: int
    headers: Mapping[bytes, bytes]
    error: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        return msgspec.json.encode({"error": self.error})

    @property
    def event(self) -> bytes:
        """What a stream that has begun says; the status is for whoever classifies it."""
        said = {"error": {**self.error, "status": self.status}}
        return b"data: " + msgspec.json.encode(said) + b"\n\n"


def refusal_of(raised: Exception) -> Refusal:
    """Keep the vendor's own words; raise UpstreamError where no vendor answered."""
    cause = _cause(raised)
    names = [base.__name__ for base in type(cause).__mro__]
    if isinstance(cause, UpstreamError):
        raise cause
    for error in chain_of(raised):
        if isinstance(error, ImportError):
            package = f"the Python package `{error.name}`" if error.name else "another package"
            raise UpstreamError(f"LiteLLM needs {package} for this vendor.") from raised
    if "Timeout" in names or isinstance(cause, TimeoutError):
        raise UpstreamTimeoutError("The upstream did not answer in time.") from raised
    if "APIConnectionError" in names:
        raise DisconnectedError("The upstream's answer broke off, or there was none.") from raised
    status = _status(cause)
    return Refusal(status=status, headers=_headers(cause), error=_error(cause, status, names))


def _cause(raised: Exception) -> BaseException:
    """Return the error that has the vendor's status: what LiteLLM cannot place, it calls
    APIConnectionError, and chains the vendor's error to it.
    """
    cause: BaseException = getattr(raised, "original_exception", None) or raised
    if type(cause).__name__ != "APIConnectionError":
        return cause
    told = (error for error in chain_of(cause)[1:] if _status(error) != _UNKNOWN)
    return next(told, cause)


def chain_of(raised: BaseException) -> list[BaseException]:
    """Return an error and what led to it, the latest first."""
    chain: list[BaseException] = []
    error: BaseException | None = raised
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _status(cause: object) -> int:
    said = str(getattr(cause, "status_code", ""))
    status = int(said) if said.isdigit() and 400 <= int(said) < 600 else _UNKNOWN
    is_unknown = _UNKNOWN_VENDOR.search(str(getattr(cause, "message", "")))
    return 404 if is_unknown else status


def _headers(cause: object) -> Mapping[bytes, bytes]:
    response = getattr(cause, "response", None)
    found = getattr(cause, "litellm_response_headers", None) or getattr(response, "headers", None)
    try:
        items = [(str(name), str(value)) for name, value in dict(found or {}).items()]
    except (TypeError, ValueError):
        return {}
    return {
        name.lower().removeprefix("llm_provider-").encode(): value.encode() for name, value in items
    }


def _error(cause: object, status: int, names: list[str]) -> Mapping[str, Any]:
    said = getattr(cause, "message", None)
    text = _undecorated(said) if isinstance(said, str) else ""
    vendors = _vendors_words(text)
    code = next((_CODES[name] for name in names if name in _CODES), None)
    return {
        "message": vendors.get("message") or _safe_text(text, status),
        "type": vendors.get("type") or _TYPES.get(status, "upstream_error"),
        "param": vendors.get("param"),
        "code": code if code in _DECISIVE else vendors.get("code") or code,
    }


_DECISIVE = {"context_length_exceeded", "content_policy_violation"}
"""What LiteLLM has recognised, in whatever words the vendor said it."""


def _undecorated(message: str) -> str:
    while match := _DECORATION.match(message):
        message = message[match.end() :]
    return message


def _vendors_words(text: str) -> Mapping[str, Any]:
    """Find the JSON of the vendor's answer, which LiteLLM quotes in its message."""
    start = text.find("{")
    if start < 0 or len(text) > _MAX_JSON:
        return {}
    try:
        said, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return {}
    error = said.get("error", said)
    found = error if isinstance(error, dict) else {"message": error}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _safe_text(text: str, status: int) -> str:
    """Keep to ourselves what may name addresses, or lines of code."""
    if status >= 500 or _TRACEBACK in text or not text:
        return f"The upstream answered with status {status}."
    return text
