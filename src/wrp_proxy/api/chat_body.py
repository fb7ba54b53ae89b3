"""The body of a chat request: looked at as little as possible, refused where it must be."""

from typing import Any

import msgspec

from wrp_proxy.api.callers import Caller
from wrp_proxy.errors import RequestError
from wrp_proxy.types import ChatRequest

_POSITIVE = ("max_tokens", "max_completion_tokens", "n")
_MAX_SESSION_CHARS = 256


def parse_chat(raw: bytes, caller: Caller) -> ChatRequest:
    """Check what the proxy itself relies on; everything else is the upstream's to judge."""
    body = _json_object(raw)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise RequestError(
            "model is missing: name a model of GET /v1/models, or 'auto'.", param="model"
        )
    _check_messages(body.get("messages"))
    for name in _POSITIVE:
        _check_positive(name, body.get(name))
    stream = _check_type("stream", body.get("stream"), bool, "true or false")
    options = _check_type("stream_options", body.get("stream_options"), dict, "an object")
    return ChatRequest(
        id=caller.request_id,
        tenant=caller.tenant,
        session=_session(caller.headers),
        model=model,
        body=body,
        raw=raw,
        stream=bool(stream),
        wants_usage=bool(stream and options and options.get("include_usage") is True),
        debug=caller.headers.get(b"x-wrp-debug") == b"1",
    )


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(raw)
    except RecursionError as error:
        raise RequestError("The body is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(f"The body is not valid JSON: {error}.") from error
    if not isinstance(body, dict):
        raise RequestError("The body must be a JSON object.")
    return body


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise RequestError("messages must be a list of at least one message.", param="messages")
    for place, message in enumerate(messages):
        if not isinstance(message, dict):
            raise RequestError(
                f"messages[{place}] must be an object with a role and a content.",
                param=f"messages[{place}]",
            )


def _check_positive(name: str, value: object) -> None:
    is_positive = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if value is not None and not is_positive:
        raise RequestError(f"{name} must be a whole number above 0.", param=name)


def _check_type(name: str, value: Any, expected: type, described: str) -> Any:
    if value is not None and not isinstance(value, expected):
        raise RequestError(f"{name} must be {described}.", param=name)
    return value


def _session(headers: dict[bytes, bytes]) -> str | None:
    session = headers.get(b"x-session-id") or headers.get(b"x-conversation-id")
    return session.decode("latin-1")[:_MAX_SESSION_CHARS] if session else None
