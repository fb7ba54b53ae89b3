"""What an upstream's refusal means: by status first, by text last."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.errors import (
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamMissingError,
)
from wrp_proxy.providers.openai_error import error_in_answer, error_of, retry_after_s


def refusal(status: int, **fields: Any) -> UpstreamError:
    said = {"message": "It did not work.", "type": "odd_error", "param": "p", "code": "odd"}
    return error_of(status, {}, json.dumps({"error": {**said, **fields}}).encode())


@pytest.mark.parametrize("status", [400, 405, 409, 410, 413, 415, 422, 451])
def test_a_status_that_blames_the_request_is_final(status: int) -> None:
    error = refusal(status)

    assert type(error) is RejectedError
    assert error.status == status
    assert not error.retryable
    assert not error.at_fault


@pytest.mark.parametrize("status", [408, 425, 500, 501, 502, 503, 504, 520, 529])
def test_a_status_that_blames_the_upstream_may_be_tried_elsewhere(status: int) -> None:
    error = refusal(status)

    assert type(error) is UpstreamError
    assert error.status == status
    assert error.retryable
    assert error.at_fault


def test_too_many_requests_are_a_rate_limit() -> None:
    error = refusal(429)

    assert type(error) is RateLimitedError
    assert error.status == 429
    assert error.retryable
    assert error.at_fault


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_is_the_proxys_own_affair(status: int) -> None:
    error = refusal(status, message="Incorrect API key provided: sk-secret")

    assert type(error) is UnauthorisedError
    assert error.status == 502
    assert error.code == "upstream_authentication_error"
    assert "sk-secret" not in error.message
    assert error.retryable


@pytest.mark.parametrize(
    "fields",
    [
        {
            "message": "Your chosen model requires it",
            "code": 403,
            "metadata": {"reasons": ["violence"], "flagged_input": "...", "model_slug": "a/b"},
        },
        {"message": "No", "code": 403, "metadata": {"error_type": "content_policy_violation"}},
        {"message": "Your input was flagged", "code": 403},
        {"message": "Refused", "code": "content_filter"},
        {"message": "Refused", "type": "content_policy_violation"},
        {"message": "It violates our usage policies"},
    ],
)
def test_a_403_that_the_content_has_provoked_blames_the_request(fields: dict[str, Any]) -> None:
    error = refusal(403, **fields)

    assert type(error) is RejectedError
    assert (error.status, error.message) == (403, fields["message"])


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "Project `p` does not have access to model `m`", "code": "model_not_found"},
        {"message": "You don't have access to the model with the specified model ID."},
        {"message": "Access to model denied. Please make sure you are eligible for it."},
        {"message": "Refused", "code": "model_permission_blocked_project"},
        {"message": "User u is not authorized to access model m or model does not exist"},
    ],
)
def test_a_403_for_want_of_a_model_is_not_the_keys(fields: dict[str, Any]) -> None:
    error = refusal(403, **fields)

    assert type(error) is UpstreamMissingError
    assert error.retryable


@pytest.mark.parametrize(
    "message",
    [
        "You have insufficient permissions for this operation. Missing scopes: model.request.",
        "Your API key does not have permission to use the specified resource.",
        "Country, region, or territory not supported",
        "Invalid API key",
        "",
    ],
)
def test_any_other_403_is_a_refused_key(message: str) -> None:
    assert type(refusal(403, message=message)) is UnauthorisedError


def test_a_403_that_no_api_has_written_is_a_failure_of_the_upstream() -> None:
    error = error_of(403, {}, b"<html>Sorry, you have been blocked</html>")

    assert type(error) is UpstreamError


@pytest.mark.parametrize("status", [401, 402])
def test_the_words_of_another_status_do_not_save_a_key(status: int) -> None:
    error = refusal(status, message="Your input was flagged", code="content_filter")

    assert type(error) is UnauthorisedError


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308])
def test_a_redirection_is_a_failure_of_the_upstream(status: int) -> None:
    error = error_of(status, {b"location": b"http://elsewhere"}, b"")

    assert type(error) is UpstreamError
    assert error.status == 502
    assert error.retryable


@pytest.mark.parametrize("status", [400, 404, 422, 429, 500, 529])
def test_the_upstreams_own_words_are_kept(status: int) -> None:
    error = refusal(status, message="Your words.", type="their_type", param="top_p", code="theirs")

    assert error.message == "Your words."
    assert (error.type, error.param, error.code) == ("their_type", "top_p", "theirs")


def test_an_empty_quota_is_recognisable() -> None:
    error = refusal(429, code="insufficient_quota", type="insufficient_quota")

    assert (error.status, error.code) == (429, "insufficient_quota")


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (400, {"code": "context_length_exceeded"}),
        (400, {"code": 400, "type": "exceed_context_size_error", "n_ctx": 8, "n_prompt_tokens": 9}),
        (400, {"code": 400, "message": "the request exceeds the available context size"}),
        (400, {"code": None, "message": "This model's maximum context length is 8192 tokens."}),
        (400, {"code": None, "message": "The prompt is longer than the context window"}),
        (400, {"code": 400, "message": "MAXIMUM CONTEXT of the model is 8"}),
        (413, {"code": None, "message": "Request too large: too many tokens"}),
        (422, {"code": None, "message": "`inputs` tokens must be within the context length"}),
    ],
)
def test_a_request_too_long_for_one_window_may_fit_another(
    status: int, fields: dict[str, Any]
) -> None:
    error = refusal(status, **fields)

    assert type(error) is UpstreamContextError
    assert error.status == status
    assert error.code == "context_length_exceeded"
    assert error.retryable
    assert not error.at_fault


@pytest.mark.parametrize("status", [404, 409, 429, 500])
def test_the_status_outweighs_the_text(status: int) -> None:
    error = refusal(status, message="maximum context length")

    assert type(error) is not UpstreamContextError


def test_an_integer_code_is_no_code() -> None:
    error = refusal(400, code=400)

    assert error.code is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Bad Gateway",
        b"<html><head><title>502 Bad Gateway</title></head></html>",
        b"null",
        b"17",
        b'"text"',
        b"[]",
        b"[1]",
        b"{}",
        b'{"error": null}',
        b'{"error": []}',
        b'{"detail": "Not Found"}',
        b'{"error": {"message": "\xff"}}',
        b"[" * 10_000 + b"]" * 10_000,
    ],
)
@pytest.mark.parametrize(("status", "kind"), [(400, RejectedError), (502, UpstreamError)])
def test_a_body_that_says_nothing_leaves_the_status_to_speak(
    status: int, kind: type[UpstreamError], body: bytes
) -> None:
    error = error_of(status, {}, body)

    assert type(error) is kind
    assert error.message == f"The upstream answered with status {status}."
    assert error.status == status


@pytest.mark.parametrize(
    "body",
    [
        {"error": "slow down"},
        {"error": {"message": "slow down"}},
        [{"error": {"message": "slow down"}}],
        {"object": "error", "message": "slow down", "type": "TooManyRequests", "code": 429},
    ],
)
def test_every_shape_of_error_is_understood(body: object) -> None:
    error = error_of(429, {}, json.dumps(body).encode())

    assert error.message == "slow down"


@pytest.mark.parametrize("message", [{"a": None}, ["b", True], True])
def test_a_message_that_is_no_text_is_not_shown_as_python(message: object) -> None:
    error = refusal(400, message=message)

    assert error.message != str(message)


@given(st.integers(300, 599), st.binary(max_size=80))
def test_no_body_makes_the_classification_fail(status: int, body: bytes) -> None:
    error = error_of(status, {}, body)

    assert 400 <= error.status < 600


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "message", "code", "type", "param", "status"]), inner
            )
        ),
    )
)
def test_no_json_makes_the_classification_fail(said: object) -> None:
    body = json.dumps(said).encode()

    assert isinstance(error_of(400, {}, body), UpstreamError)
    assert isinstance(error_in_answer(body), UpstreamError | None)


def test_the_headers_about_limits_are_passed_on_and_no_others() -> None:
    passed_on = {
        b"retry-after": b"7",
        b"retry-after-ms": b"6500",
        b"x-should-retry": b"true",
        b"x-ratelimit-remaining-tokens": b"0",
    }
    private = {b"set-cookie": b"a=b", b"server": b"inside.example", b"x-request-id": b"theirs"}

    error = error_of(429, {**private, **passed_on}, b"")

    assert dict(error.headers) == passed_on


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({b"retry-after": b""}, None),
        ({b"retry-after": b"7"}, 7.0),
        ({b"retry-after": b"0.25"}, 0.25),
        ({b"retry-after": b"0"}, 0.0),
        ({b"retry-after": b"-3"}, 0.0),
        ({b"retry-after-ms": b"1500"}, 1.5),
        ({b"retry-after-ms": b"1500", b"retry-after": b"2"}, 1.5),
        ({b"retry-after-ms": b"-1"}, 0.0),
        ({b"retry-after": b"Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({b"retry-after": b"soon"}, None),
        ({b"retry-after": b"Wed, 99 Oct 2015"}, None),
        ({b"retry-after": b"\xff\xfe"}, None),
        ({b"retry-after-ms": b"soon"}, None),
        ({b"retry-after-ms": b"soon", b"retry-after": b"7"}, 7.0),
    ],
)
def test_retry_after_is_read_in_every_form(
    headers: dict[bytes, bytes], seconds: float | None
) -> None:
    assert retry_after_s(headers) == seconds


def test_a_date_to_come_is_waited_for() -> None:
    seconds = retry_after_s({b"retry-after": b"Fri, 31 Dec 9998 23:59:59 GMT"})

    assert seconds is not None
    assert seconds > 1e9


@pytest.mark.parametrize("name", [b"retry-after", b"retry-after-ms"])
@pytest.mark.parametrize("value", [b"nan", b"inf", b"-inf", b"1e999"])
def test_a_time_that_is_none_is_not_taken_for_one(name: bytes, value: bytes) -> None:
    seconds = retry_after_s({name: value})

    assert seconds is None or math.isfinite(seconds)


@pytest.mark.parametrize(
    ("said", "kind", "status"),
    [
        ({"message": "m", "code": 429}, RateLimitedError, 429),
        ({"message": "m", "status": 429}, RateLimitedError, 429),
        ({"message": "m", "code": 429, "status": "RESOURCE_EXHAUSTED"}, RateLimitedError, 429),
        ({"message": "m", "code": 400, "status": "INVALID_ARGUMENT"}, RejectedError, 400),
        ({"message": "m", "code": 401}, UnauthorisedError, 502),
        ({"message": "m", "code": 529}, UpstreamError, 529),
        ({"message": "m", "code": 200}, UpstreamError, 502),
        ({"message": "m", "code": "rate_limit_exceeded"}, UpstreamError, 502),
        ({"message": "m"}, UpstreamError, 502),
    ],
)
def test_an_error_in_a_successful_answer_is_classified_by_its_own_number(
    said: dict[str, Any], kind: type[UpstreamError], status: int
) -> None:
    error = error_in_answer(json.dumps({"error": said}).encode())

    assert type(error) is kind
    assert error.status == status


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"error": null}', b"<html>"])
def test_an_answer_without_an_error_has_none(body: bytes) -> None:
    assert error_in_answer(body) is None


def test_a_model_that_an_endpoint_has_not_may_be_another_endpoints() -> None:
    error = refusal(404, code="model_not_found")

    assert (error.status, error.code) == (404, "model_not_found")
    assert error.retryable
    assert error.at_fault
