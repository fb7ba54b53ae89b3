"""Upstreams that say by the status that they will not or cannot answer."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from tests import answers
from tests.fake_upstream import Answer, Received, Wire
from tests.faults.fault import Expected, Fault, Reply, body
from tests.faults.words import QUOTED, Words

_REDIRECTED = Expected(status=502, code="upstream_error")
_NO_KEY = Expected(status=502, code="upstream_authentication_error")


def _redirect(status: int, location: str) -> Reply:
    def reply(words: Words, stream: bool) -> Answer:
        async def answer(received: Received, wire: Wire) -> None:
            target = location.replace("{host}", received.headers["host"])
            await wire.whole(status, b"<html>Moved</html>", location=target)

        return answer

    return reply


def _refusal(
    status: int,
    messages_type: str,
    by_messages_code: str | None = "upstream_error",
    *,
    name: str = "",
    retryable: bool = True,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Fault:
    """An error with a status of its own, which the client gets in the upstream's words."""
    expected = Expected(
        status=status, type="odd_type", code="odd_code", messages_type=messages_type
    )
    return Fault(
        name=f"{status} {name}".strip(),
        reply=lambda words, _: answers.plain(
            words.error(messages_type if words.api == "messages" else "odd_type", "odd_code"),
            status,
            **headers,
        ),
        expected=expected,
        by={"messages": replace(expected, type=messages_type, code=by_messages_code)},
        retryable=retryable,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def _refused_key(status: int, kind: str) -> Fault:
    return Fault(
        name=str(status),
        reply=body(lambda words: words.error(kind, "invalid_api_key"), status),
        expected=_NO_KEY,
    )


def _rate_limit(name: str, **headers: str) -> Fault:
    return _refusal(429, "rate_limit_error", "rate_limit_exceeded", name=name, headers=headers)


_REDIRECTS = {
    301: "/elsewhere",
    302: "http://{host}/elsewhere",
    307: "http://{host}/elsewhere",
    308: "/elsewhere",
}
_HUGE = (f"<p>{QUOTED}</p>" * 20).encode() * (20 * 1024 * 1024 // (31 * 20))
STATUSES = [
    _refusal(400, "invalid_request_error", None, retryable=False),
    _refused_key(401, "authentication_error"),
    _refused_key(403, "permission_error"),
    _refusal(404, "not_found_error", "model_not_found"),
    _refusal(408, "timeout_error"),
    _refusal(409, "invalid_request_error", None, retryable=False),
    _refusal(413, "request_too_large", None, retryable=False),
    _refusal(422, "invalid_request_error", None, retryable=False),
    _rate_limit("without a time"),
    _rate_limit("in seconds", retry_after="7"),
    _rate_limit("in milliseconds", retry_after_ms="1500"),
    _rate_limit("by date", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    _rate_limit("soon", retry_after="soon"),
    _refusal(500, "api_error"),
    _refusal(502, "api_error"),
    _refusal(503, "overloaded_error", "overloaded_error"),
    _refusal(529, "overloaded_error", "overloaded_error"),
    Fault(
        name="500 of 20 MB",
        reply=body(lambda _: _HUGE, 500, content_type="text/html"),
        expected=Expected(status=500, code="upstream_error"),
    ),
    Fault(
        name="503 of a balancer",
        reply=body(lambda _: b"<html>Bad gateway</html>", 503, content_type="text/html"),
        expected=Expected(status=503, code="upstream_error", messages_type="overloaded_error"),
    ),
    *(
        Fault(name=f"{status}", reply=_redirect(status, target), expected=_REDIRECTED)
        for status, target in _REDIRECTS.items()
    ),
]
