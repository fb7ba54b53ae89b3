"""What an upstream refuses or fails at reaches the client in the upstream's own words."""

import threading
from itertools import count
from typing import Any

import openai
import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import ASK, Proxy, ask, recorded


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
    ],
)
def test_a_refusal_of_the_request_passes_untouched(
    shared_proxy: Proxy,
    shared_upstream: FakeUpstream,
    status: int,
    expected: type[openai.APIStatusError],
    stream: bool,
) -> None:
    said: dict[str, Any] = {
        "message": "Not like this.",
        "type": "odd_type",
        "param": "tools[0]",
        "code": "odd_c",
    }
    shared_upstream.answer = answers.error(status, **said)

    with pytest.raises(expected) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=stream)

    assert caught.value.status_code == status
    assert caught.value.body == said


def test_a_refusal_without_type_code_and_param_gets_none_made_up(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.plain({"error": {"message": "Not like this."}}, 400)

    reply = ask(shared_proxy)

    assert reply.status_code == 400
    assert reply.json()["error"] == {
        "message": "Not like this.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<html><h1>Not Found</h1></html>", id="HTML"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b'{"detail": [{"loc": ["body"], "msg": "field required"}]}', id="FastAPI's"),
        pytest.param(b"[" * 5000, id="deep"),
        pytest.param(b'{"error": {"message": {"a": 1}, "type": 5, "code": []}}', id="odd types"),
    ],
)
def test_a_refusal_in_no_known_shape_gets_the_shape_of_openai(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, body: bytes
) -> None:
    shared_upstream.answer = answers.plain(body, 422, content_type="text/html")

    reply = ask(shared_proxy)

    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["error"].keys() == {"message", "type", "param", "code"}
    assert isinstance(reply.json()["error"]["message"], str)
    assert "<html>" not in reply.text


def test_an_error_without_end_is_not_read_to_its_end(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    ended = threading.Event()

    async def endless(received: Received, wire: Wire) -> None:
        await wire.head(400, content_type="text/plain", transfer_encoding="chunked")
        try:
            for _ in count():
                await wire.piece(b"no " * 1000)
        finally:
            ended.set()

    shared_upstream.answer = endless

    reply = ask(shared_proxy)

    assert reply.status_code == 400
    assert len(reply.content) < 70_000
    assert ended.wait(10)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_of_the_proxy_is_no_fault_of_the_client(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, status: int
) -> None:
    shared_upstream.answer = answers.error(
        status,
        message="Incorrect API key provided: upstream-secret.",
        type="invalid_request_error",
        code="invalid_api_key",
    )

    with pytest.raises(openai.InternalServerError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.status_code == 502
    assert caught.value.code == "upstream_authentication_error"
    assert "upstream-secret" not in caught.value.response.text
    rows = recorded(shared_proxy, request_id=caught.value.request_id)
    assert rows[0]["error"] == "upstream_authentication_error"


@pytest.mark.parametrize("stream", [False, True])
def test_a_rate_limit_reaches_the_client_with_all_its_headers(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, stream: bool
) -> None:
    passed_on = {
        "retry-after": "7",
        "retry-after-ms": "6500",
        "x-should-retry": "false",
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-requests": "6m0s",
    }
    shared_upstream.answer = answers.error(
        429, headers=passed_on, message="Slow down.", type="tokens", code="rate_limit_exceeded"
    )

    with pytest.raises(openai.RateLimitError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=stream)

    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.type == "tokens"
    assert caught.value.response.headers.items() >= passed_on.items()


def test_an_empty_account_keeps_its_code(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.error(
        429, type="insufficient_quota", code="insufficient_quota"
    )

    with pytest.raises(openai.RateLimitError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.code == "insufficient_quota"
    assert caught.value.type == "insufficient_quota"


def test_retry_after_in_milliseconds_is_given_in_seconds_too(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.error(429, headers={"retry-after-ms": "1500"})

    reply = ask(shared_proxy)

    assert reply.headers["retry-after-ms"] == "1500"
    assert reply.headers["retry-after"] == "2"


@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
@pytest.mark.parametrize(
    "value", ["soon", "-5", "nan", "inf", "1e999", "", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400]
)
def test_an_odd_retry_after_changes_nothing_about_the_error(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, name: str, value: str
) -> None:
    shared_upstream.answer = answers.error(429, headers={name: value}, code="rate_limit_exceeded")

    reply = ask(shared_proxy)

    assert reply.status_code == 429
    assert reply.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [500, 503, 529])
def test_a_failing_upstream_keeps_its_status(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, status: int, stream: bool
) -> None:
    shared_upstream.answer = answers.error(
        status, message="We are overloaded.", type="overloaded_error", code="overloaded"
    )

    with pytest.raises(openai.InternalServerError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=stream)

    assert caught.value.status_code == status
    assert caught.value.code == "overloaded"
    assert caught.value.type == "overloaded_error"
    assert caught.value.response.headers["x-wrp-attempts"] == "1"


def test_a_redirect_is_not_followed_and_not_passed_on(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.plain(b"", 302, location="http://internal.example/v1")

    reply = ask(shared_proxy)

    assert reply.status_code == 502
    assert "location" not in reply.headers
    assert "internal.example" not in reply.text
    assert reply.headers["x-wrp-attempts"] == "1"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"message": "Too long.", "code": "context_length_exceeded"}, id="by code"),
        pytest.param(
            {"message": "This model's maximum context length is 8192 tokens."}, id="by text"
        ),
    ],
)
def test_a_context_that_is_too_long_for_the_upstream_is_said_so(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, said: dict[str, Any]
) -> None:
    shared_upstream.answer = answers.error(400, **said)

    with pytest.raises(openai.BadRequestError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.code == "context_length_exceeded"
    assert said["message"] in caught.value.message


def test_a_refusal_of_content_keeps_its_code(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.error(400, code="content_policy_violation")

    with pytest.raises(openai.BadRequestError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.code == "content_policy_violation"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, openai.BadRequestError),
        (404, openai.NotFoundError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
async def test_the_async_client_sees_the_same_errors(
    shared_proxy: Proxy,
    shared_upstream: FakeUpstream,
    status: int,
    expected: type[openai.APIStatusError],
) -> None:
    shared_upstream.answer = answers.error(status, code="odd_code")
    url = f"{shared_proxy.url}/v1"

    async with openai.AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:
        with pytest.raises(expected) as caught:
            await client.chat.completions.create(model="auto", messages=ASK, stream=True)

    assert caught.value.code == "odd_code"
    assert caught.value.request_id


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_the_stock_client_tries_again_by_itself(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, status: int
) -> None:
    shared_upstream.answer = answers.in_turn(
        answers.error(status, headers={"retry-after-ms": "1"}), answers.chat("Second try")
    )
    client = shared_proxy.openai.with_options(max_retries=1)

    reply = client.chat.completions.create(model="auto", messages=ASK)

    assert reply.choices[0].message.content == "Second try"
