"""What LiteLLM raises becomes the answer that it was made of, or a failure of the connection."""

import json
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from tests.answers import delta
from tests.unit.providers.litellm_stand_in import (
    ASKED,
    KEY,
    StandIn,
    Stream,
    VendorError,
    ask,
    call,
    error,
    events_of,
    gives,
    upstream_of,
)
from wrp_proxy.errors import (
    DisconnectedError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamMissingError,
    UpstreamTimeoutError,
)
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder

pytestmark = pytest.mark.anyio


async def classified(raised: Exception, *, stream: bool = False) -> UpstreamError:
    """Tell how an error at the start of a call is seen through the OpenAI provider."""
    library = StandIn(gives(raised))
    provider = OpenAIProvider(base_url="litellm://lab", api_key=KEY)

    return provider.error(*await ask(upstream_of(library), call(**ASKED, stream=stream)))


@pytest.mark.parametrize("stream", [False, True])
async def test_a_rate_limit_keeps_the_vendors_words_and_its_patience(stream: bool) -> None:
    raised = error(
        "RateLimitError",
        "litellm.RateLimitError: RateLimitError: Hosted_vllmException - "
        '{"error": {"message": "Slow down", "type": "tokens", "code": "tpm", "param": null}}',
        429,
        litellm_response_headers={"Retry-After": "7", "x-ratelimit-limit-tokens": "10"},
    )

    seen = await classified(raised, stream=stream)

    assert isinstance(seen, RateLimitedError)
    assert (seen.message, seen.type, seen.code) == ("Slow down", "tokens", "tpm")
    assert seen.retry_after_s == 7
    assert (b"x-ratelimit-limit-tokens", b"10") in seen.headers


@pytest.mark.parametrize(
    ("name", "status", "expected", "code"),
    [
        ("RateLimitError", 429, RateLimitedError, "rate_limit_exceeded"),
        ("ContextWindowExceededError", 400, UpstreamContextError, "context_length_exceeded"),
        ("ContentPolicyViolationError", 400, RejectedError, "content_policy_violation"),
        ("UnsupportedParamsError", 400, RejectedError, "unsupported_parameter"),
        ("BadRequestError", 400, RejectedError, None),
        ("UnprocessableEntityError", "422", RejectedError, None),
        ("NotFoundError", 404, UpstreamMissingError, "model_not_found"),
        ("AuthenticationError", 401, UnauthorisedError, "upstream_authentication_error"),
        ("PermissionDeniedError", 403, UnauthorisedError, "upstream_authentication_error"),
        ("InternalServerError", 500, UpstreamError, "upstream_error"),
        ("ServiceUnavailableError", 503, UpstreamError, "upstream_error"),
        ("Odd", None, UpstreamError, "upstream_error"),
        ("Odd", 200, UpstreamError, "upstream_error"),
    ],
)
async def test_an_error_is_classified_by_its_status_and_its_class(
    name: str, status: object, expected: type[UpstreamError], code: str | None
) -> None:
    seen = await classified(error(name, f"litellm.{name}: CohereException - Nothing", status))

    assert type(seen) is expected
    assert seen.code == code


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("litellm.BadRequestError: BedrockException - Too odd", "Too odd"),
        ('litellm.BadRequestError: CohereException - {"message": "Too odd"}', "Too odd"),
        ('BadRequestError: VertexAIException - b\'{"error": {"message": "Too odd"}}\'', "Too odd"),
        ('litellm.BadRequestError: XException: {"error": "Too odd"} and so on', "Too odd"),
        ("Too {odd}", "Too {odd}"),
        ("", "The upstream answered with status 400."),
    ],
)
async def test_a_message_loses_the_decorations(message: str, expected: str) -> None:
    seen = await classified(error("BadRequestError", message, 400))

    assert seen.message == expected


async def test_a_refused_parameter_is_named() -> None:
    said = '{"error": {"message": "No", "param": "top_p", "type": "invalid_request_error"}}'

    seen = await classified(error("BadRequestError", f"OpenAIException - {said}", 400))

    assert (seen.param, seen.type) == ("top_p", "invalid_request_error")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, "litellm.InternalServerError: XException - Cannot connect to host 10.0.0.1:80"),
        (400, 'Bad\nTraceback (most recent call last):\n File "/srv/secret.py"'),
    ],
)
async def test_what_may_name_our_insides_is_kept_to_ourselves(status: int, message: str) -> None:
    seen = await classified(error("InternalServerError", message, status))

    assert seen.message == f"The upstream answered with status {status}."


async def test_the_words_of_a_vendor_that_is_down_are_kept() -> None:
    said = 'litellm.ServiceUnavailableError: AnthropicException - {"error": {"message": "Full"}}'

    seen = await classified(error("ServiceUnavailableError", said, 529))

    assert (seen.status, seen.message) == (529, "Full")


async def test_a_key_that_a_vendor_quotes_is_struck_out() -> None:
    seen = await classified(error("BadRequestError", f"The key {KEY} is odd", 400))

    assert seen.message == "The key *** is odd"


async def test_a_model_of_no_known_vendor_is_a_missing_one() -> None:
    said = "litellm.BadRequestError: LLM Provider NOT provided. You passed model=x"

    assert isinstance(await classified(error("BadRequestError", said, 400)), UpstreamMissingError)


async def test_an_error_that_litellm_cannot_place_keeps_the_vendors_status() -> None:
    raised = error("APIConnectionError", "litellm.APIConnectionError: Somewhere")
    raised.__context__ = error("SomeVendorError", '{"message": "Slow down"}', 429)

    seen = await classified(raised)

    assert isinstance(seen, RateLimitedError)
    assert seen.message == "Slow down"


async def test_an_error_of_any_other_class_says_nothing_of_itself() -> None:
    seen = await classified(KeyError("the prompt"))

    assert type(seen) is UpstreamError
    assert seen.message == "The upstream answered with status 500."


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (error("Timeout", "litellm.Timeout: …", 408), UpstreamTimeoutError),
        (TimeoutError(), UpstreamTimeoutError),
        (error("APIConnectionError", "Connection to 10.0.0.1 refused"), DisconnectedError),
    ],
)
async def test_a_connection_that_fails_is_no_answer(
    raised: Exception, expected: type[UpstreamError]
) -> None:
    with pytest.raises(expected) as caught:
        await ask(upstream_of(StandIn(gives(raised))), call(**ASKED))

    assert "10.0.0.1" not in caught.value.message


async def test_a_package_that_a_vendor_needs_is_named() -> None:
    raised = error("APIConnectionError", "…")
    raised.__context__ = ModuleNotFoundError("No module named 'boto3'", name="boto3")

    with pytest.raises(UpstreamError, match="`boto3`"):
        await ask(upstream_of(StandIn(gives(raised))), call(**ASKED))


@pytest.mark.parametrize("name", ["APIConnectionError", "InternalServerError"])
async def test_the_log_names_what_failed_and_quotes_nothing(name: str) -> None:
    raised = error(name, "Hello there", 500)
    raised.__cause__ = KeyError("Hello there")

    with capture_logs() as logs, suppress(DisconnectedError):
        await ask(upstream_of(StandIn(gives(raised))), call(**ASKED))

    assert [line["errors"] for line in logs] == [[name, "KeyError"]]
    assert "Hello" not in str(logs)


async def test_a_refusal_is_not_logged() -> None:
    with capture_logs() as logs:
        await classified(error("BadRequestError", "No", 400))

    assert logs == []


async def test_an_error_in_mid_stream_is_an_event_that_keeps_its_class() -> None:
    cause = error("RateLimitError", 'XException - {"message": "Slow down"}', 429)
    raised = error("MidStreamFallbackError", "…", 503, original_exception=cause)
    library = StandIn(gives(Stream([delta("Hello"), raised])))
    decoder = OpenAIStreamDecoder(choices=1, wants_usage=False)

    _, _, body = await ask(upstream_of(library), call(**ASKED, stream=True))

    assert b"[DONE]" not in body
    assert events_of(body)[-1]["error"]["code"] == "rate_limit_exceeded"
    decoder.feed(body)
    with pytest.raises(RateLimitedError, match="Slow down"):
        decoder.close()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Timeout", UpstreamTimeoutError), ("APIConnectionError", DisconnectedError)],
)
async def test_a_connection_that_breaks_in_mid_stream_ends_it(
    name: str, expected: type[UpstreamError]
) -> None:
    raised = error("MidStreamFallbackError", "…", 503, original_exception=error(name, "…"))
    library = StandIn(gives(Stream([delta("Hello"), raised])))

    async with upstream_of(library).open(call(**ASKED, stream=True)) as exchange:
        assert events_of(await anext(aiter(exchange))) == [delta("Hello")]
        with pytest.raises(expected):
            await anext(aiter(exchange))


async def test_a_stream_that_failed_has_no_more_and_is_closed() -> None:
    stream = Stream([VendorError("…"), delta("Hello")])
    library = StandIn(gives(stream))

    _, _, body = await ask(upstream_of(library), call(**ASKED, stream=True))

    assert [list(event) for event in events_of(body)] == [["error"]]
    await stream.is_closed.wait()


async def test_an_answer_that_is_none_is_a_failure() -> None:
    _, _, body = await ask(upstream_of(StandIn(gives(None))), call(**ASKED))

    assert json.loads(body)["error"]["message"] == "The upstream answered with status 500."
