"""Errors in Anthropic's shape and by its names."""

import json
from typing import Any

import pytest

from tests.unit.dialects.messages.asking import DIALECT, answer_decoder, stream_decoder
from wrp_proxy.errors import (
    AuthenticationError,
    BodyTooLargeError,
    ContextTooLongError,
    DisconnectedError,
    ForeignOriginError,
    ModelNotFoundError,
    NoEndpointError,
    PoolFullError,
    RateLimitedError,
    RequestError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamTimeoutError,
    WrpError,
)


def said(error: WrpError) -> Any:
    return json.loads(DIALECT.error(error))


def upstream_error(status: int, kind: str = "upstream_error") -> UpstreamError:
    error = UpstreamError("No.")
    error.status, error.type = status, kind
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RequestError("No."), "invalid_request_error"),
        (AuthenticationError("No."), "authentication_error"),
        (ForeignOriginError("No."), "permission_error"),
        (ModelNotFoundError("No."), "not_found_error"),
        (BodyTooLargeError("No."), "request_too_large"),
        (PoolFullError("No."), "rate_limit_error"),
        (RateLimitedError("No."), "rate_limit_error"),
        (UpstreamTimeoutError("No."), "timeout_error"),
        (UnauthorisedError("No."), "api_error"),
        (DisconnectedError("No."), "api_error"),
        (NoEndpointError("No."), "overloaded_error"),
        (upstream_error(402), "billing_error"),
        (upstream_error(409), "invalid_request_error"),
        (upstream_error(422), "invalid_request_error"),
        (upstream_error(529), "overloaded_error"),
        (upstream_error(502, "overloaded_error"), "overloaded_error"),
        (upstream_error(500, "server_error"), "api_error"),
    ],
)
def test_an_error_has_the_type_that_anthropic_gives_it(error: WrpError, kind: str) -> None:
    assert said(error) == {"type": "error", "error": {"type": kind, "message": "No."}}


@pytest.mark.parametrize("error_class", [ContextTooLongError, UpstreamContextError])
def test_a_context_too_long_is_told_in_words_that_clients_know(
    error_class: type[WrpError],
) -> None:
    error = said(error_class("At most 8192 tokens."))["error"]

    assert error["message"] == "prompt is too long: At most 8192 tokens."


def test_words_that_clients_know_are_not_said_twice() -> None:
    error = said(ContextTooLongError("Prompt is too long: 9 tokens > 8 maximum"))["error"]

    assert error["message"] == "Prompt is too long: 9 tokens > 8 maximum"


def test_a_failed_stream_ends_with_an_error_event_and_nothing_else() -> None:
    error = DisconnectedError("The upstream left.")

    told = stream_decoder().failure(error)

    assert told == (
        b"event: error\n"
        b'data: {"type":"error","error":{"type":"api_error","message":"The upstream left."}}\n\n'
    )
    assert answer_decoder().failure(error) == told
    assert DIALECT.error_event(error) == told
