"""Reads a request in the words of any API; looks at as little as possible."""

from math import isfinite
from typing import Any

import msgspec

from wrp_proxy.api.cache_control import cache_control
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.wishes import is_batch, preferences
from wrp_proxy.dialects.base import Dialect, Translation
from wrp_proxy.dialects.completions import tokens_in
from wrp_proxy.errors import RequestError
from wrp_proxy.types import Api, ChatRequest

_MAX_SESSION_CHARS = 256
_TRACING = (b"traceparent", b"tracestate")
_ANTHROPIC = (b"anthropic-version", b"anthropic-beta")


def read_request(
    api: Api, dialect: Dialect, raw: bytes, caller: Caller, query: bytes = b""
) -> ChatRequest:
    """Check what the proxy itself relies on; everything else is the upstream's to judge."""
    own = json_object(raw)
    return make_request(api, own, dialect.to_chat(own), raw, caller, query)


def make_request(
    api: Api,
    own: dict[str, Any],
    translation: Translation,
    raw: bytes,
    caller: Caller,
    query: bytes = b"",
) -> ChatRequest:
    """Put together what was read; `translation` is `own` in the words of chat."""
    model = own.get("model")
    if not isinstance(model, str) or not model:
        raise RequestError(
            "model is missing: name a model of GET /v1/models, or 'auto'.", param="model"
        )
    stream = _check_type("stream", own.get("stream"), bool, "true or false")
    options = _check_type("stream_options", own.get("stream_options"), dict, "an object")
    if api == "chat" and translation.body is not own:
        raw = msgspec.json.encode(translation.body)
    headers = caller.headers
    return ChatRequest(
        id=caller.request_id,
        tenant=caller.tenant,
        team=caller.team,
        session=_session(headers),
        model=model,
        body=translation.body,
        raw=raw,
        api=api,
        own=own,
        query=query.decode("latin-1"),
        passed_on=_passed_on(api, headers),
        native_only=translation.native_only,
        given_tokens=_given_tokens(api, own),
        timeout_s=_timeout_s(headers.get(b"x-wrp-timeout-ms")),
        stream=bool(stream) and api != "embeddings",
        wants_usage=bool(stream and options and options.get("include_usage") is True),
        debug=headers.get(b"x-wrp-debug") == b"1",
        is_batch=is_batch(headers, own),
        cache=cache_control(caller, own),
        preferences=preferences(headers),
    )


def json_object(raw: bytes) -> dict[str, Any]:
    """Parse a body; raise RequestError unless it is a JSON object."""
    try:
        body = msgspec.json.decode(raw)
    except RecursionError as error:
        raise RequestError("The body is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"The body is not valid JSON: {error}.") from error
    if not isinstance(body, dict):
        raise RequestError("The body must be a JSON object.")
    return body


def _check_type(name: str, value: Any, expected: type, described: str) -> Any:
    if value is not None and not isinstance(value, expected):
        raise RequestError(f"{name} must be {described}.", param=name)
    return value


def _given_tokens(api: Api, own: dict[str, Any]) -> int:
    if api == "embeddings":
        return tokens_in(own.get("input"))
    return tokens_in(own.get("prompt")) if api == "completions" else 0


def _passed_on(api: Api, headers: dict[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    if api != "messages" and b"traceparent" not in headers:
        return ()
    names = _TRACING + _ANTHROPIC if api == "messages" else _TRACING
    return tuple([(name, headers[name]) for name in names if name in headers])


def _timeout_s(said: bytes | None) -> float | None:
    if said is None:
        return None
    try:
        timeout_ms = float(said)
    except ValueError:
        timeout_ms = 0.0
    if not (timeout_ms > 0 and isfinite(timeout_ms)):
        raise RequestError(
            "x-wrp-timeout-ms must be a number of milliseconds above 0.", param="x-wrp-timeout-ms"
        )
    return timeout_ms / 1000


def _session(headers: dict[bytes, bytes]) -> str | None:
    session = headers.get(b"x-session-id") or headers.get(b"x-conversation-id")
    return session.decode("latin-1")[:_MAX_SESSION_CHARS] if session else None
