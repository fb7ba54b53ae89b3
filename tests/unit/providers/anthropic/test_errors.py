"""Refusals keep their status and their words; what they mean is told by both."""

import json
from typing import Any

import pytest

from tests.unit.providers.anthropic.messages import provider
from wrp_proxy.errors import (
    DisconnectedError,
    PoolFullError,
    RateLimitedError,
    RejectedError,
    RequestError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamMissingError,
    WrpError,
)
from wrp_proxy.providers.anthropic.errors import envelope


def refusal(status: int, kind: str, said: str = "m", **headers: str) -> UpstreamError:
    body = {"type": "error", "error": {"type": kind, "message": said}, "request_id": "req_1"}
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return provider().error(status, named, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "kind", "expected", "seen"),
    [
        (400, "invalid_request_error", RejectedError, 400),
        (401, "authentication_error", UnauthorisedError, 502),
        (402, "billing_error", UnauthorisedError, 502),
        (403, "permission_error", UnauthorisedError, 502),
        (404, "not_found_error", UpstreamMissingError, 404),
        (413, "request_too_large", RejectedError, 413),
        (429, "rate_limit_error", RateLimitedError, 429),
        (500, "api_error", UpstreamError, 500),
        (504, "timeout_error", UpstreamError, 504),
        (529, "overloaded_error", UpstreamError, 529),
    ],
)
def test_errors_are_classified_by_their_status(
    status: int, kind: str, expected: type[UpstreamError], seen: int
) -> None:
    error = refusal(status, kind)

    assert type(error) is expected
    assert error.status == seen
    if expected is not UnauthorisedError:
        assert (error.type, error.message) == (kind, "m")


@pytest.mark.parametrize(
    "said",
    [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    ],
)
def test_a_prompt_that_is_too_long_may_fit_elsewhere(said: str) -> None:
    error = refusal(400, "invalid_request_error", said)

    assert type(error) is UpstreamContextError
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert (error.code, error.message) == ("context_length_exceeded", said)


def test_overload_stays_recognisable() -> None:
    assert refusal(529, "overloaded_error").code == "overloaded_error"


def test_a_limit_tells_when_to_come_again() -> None:
    error = refusal(
        429, "rate_limit_error", retry_after="7", anthropic_ratelimit_tokens_limit="9", odd="1"
    )

    assert error.retry_after_s == 7
    assert error.headers == (
        (b"retry-after", b"7"),
        (b"anthropic-ratelimit-tokens-limit", b"9"),
    )


def test_the_key_is_struck_out() -> None:
    assert refusal(400, "invalid_request_error", "bad: sk-secret").message == "bad: ***"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 7}', b"[" * 5000])
def test_odd_bodies_are_errors_all_the_same(body: bytes) -> None:
    assert provider().error(503, {}, body).status == 503


def with_status(status: int) -> WrpError:
    error = RequestError("m")
    error.status, error.type = status, "odd"
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RequestError("m"), "invalid_request_error"),
        (PoolFullError("m"), "rate_limit_error"),
        (DisconnectedError("m"), "api_error"),
        (WrpError("m"), "api_error"),
        (UnauthorisedError("m"), "api_error"),
        (with_status(413), "request_too_large"),
        (with_status(409), "invalid_request_error"),
        (with_status(503), "overloaded_error"),
        (with_status(529), "overloaded_error"),
    ],
)
def test_our_own_errors_are_told_in_the_protocols_words(error: WrpError, kind: str) -> None:
    expected: dict[str, Any] = {"type": "error", "error": {"type": kind, "message": "m"}}

    assert json.loads(envelope(error)) == expected
