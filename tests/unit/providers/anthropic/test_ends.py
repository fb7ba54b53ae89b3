"""What is no answer is not taken for one, in either API's words."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from tests.unit.pieces import cut, places, single_bytes
from tests.unit.providers.anthropic.messages import (
    FAILURE,
    PING,
    STOP,
    chat_decoder,
    event,
    message,
    native_decoder,
    read,
    start,
    stop,
    text_block,
    whole,
)
from wrp_proxy.errors import DisconnectedError, RateLimitedError, RejectedError, UpstreamError
from wrp_proxy.providers.base import Decoder

Make = Callable[..., Decoder]
both = pytest.mark.parametrize("make", [native_decoder, chat_decoder])
BEGUN = start() + b"".join(text_block(0, "Hello"))


def relayed_before_failure(decoder: Decoder, pieces: list[bytes]) -> tuple[bytes, UpstreamError]:
    relayed = b""
    try:
        for piece in pieces:
            relayed += b"".join(chunk.data for chunk in decoder.feed(piece))
            if decoder.done:
                break
        relayed += b"".join(chunk.data for chunk in decoder.close())
    except UpstreamError as error:
        return relayed, error
    pytest.fail("nothing was raised")


@both
@pytest.mark.parametrize(
    "stream",
    [
        b"",
        PING,
        start(),
        BEGUN,
        BEGUN + stop(),
        BEGUN + STOP,
        STOP,
        BEGUN + stop(None) + STOP,
        BEGUN + b"data: [DONE]\n\n",
        BEGUN + b"data: {\n\n",
        BEGUN + b"data: []\n\n",
        BEGUN + b"data: \xff\n\n",
        BEGUN + b"data: %b\n\n" % (b"[" * 5000),
        b"<html>Welcome</html>",
        b'{"type": "message"}',
    ],
)
def test_a_stream_that_is_not_finished_is_broken(make: Make, stream: bytes) -> None:
    with pytest.raises(DisconnectedError):
        read(make(), [stream])


@both
def test_the_last_event_may_lack_its_blank_line(make: Make) -> None:
    stream = whole(text_block(0, "a"))

    assert (
        read(make(), [stream.rstrip(b"\n")])[-1].data
        == read(make(), [stream[:-2], b"\n\n"])[-1].data
    )


@both
@pytest.mark.parametrize(
    ("failure", "kind", "status"),
    [
        (FAILURE, UpstreamError, 529),
        ({"type": "rate_limit_error", "message": "m"}, RateLimitedError, 429),
        ({"type": "invalid_request_error", "message": "m"}, RejectedError, 400),
        ({"type": "not_known_yet", "message": "m"}, UpstreamError, 502),
        ("odd", UpstreamError, 502),
    ],
)
def test_an_error_in_a_stream_is_classified(
    make: Make, failure: Any, kind: type[UpstreamError], status: int
) -> None:
    with pytest.raises(UpstreamError) as raised:
        read(make(), [start(), event("error", error=failure)])

    assert type(raised.value) is kind
    assert raised.value.status == status
    assert "sk-secret" not in raised.value.message


@both
@given(places)
def test_what_stands_before_a_failure_goes_out_in_any_split(make: Make, places: list[int]) -> None:
    stream = BEGUN + event("error", error=FAILURE) + b"".join(text_block(1, "not seen"))
    expected = b"".join(chunk.data for chunk in make().feed(BEGUN))

    for pieces in ([stream], cut(stream, places), single_bytes(stream)):
        relayed, error = relayed_before_failure(make(), pieces)

        assert relayed == expected
        assert (error.status, error.type, error.code) == (
            529,
            "overloaded_error",
            "overloaded_error",
        )


@both
@pytest.mark.parametrize("stream", [True, False])
def test_a_plain_error_of_status_200_is_a_failure(make: Make, *, stream: bool) -> None:
    body = json.dumps({"type": "error", "error": FAILURE}).encode()

    with pytest.raises(UpstreamError, match=r"Overloaded \*\*\*") as raised:
        read(make(stream=stream), [body])

    assert raised.value.status == 529


@both
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"{",
        b"[]",
        b"null",
        b"<html>",
        b"[" * 5000,
        json.dumps(message(content=None)).encode(),
        json.dumps(message(stop_reason=None)).encode(),
        json.dumps(message(stop_reason={})).encode(),
    ],
)
def test_an_answer_that_is_no_message_is_broken(make: Make, body: bytes) -> None:
    with pytest.raises(DisconnectedError):
        read(make(stream=False), [body])


@both
def test_an_event_without_end_is_broken_off(make: Make) -> None:
    decoder = make()

    with pytest.raises(DisconnectedError, match="too long"):
        decoder.feed(b"data: " + b"x" * (9 * 1024 * 1024))


@both
def test_tokens_are_estimated_from_what_was_seen(make: Make) -> None:
    decoder = make()
    decoder.feed(start() + b"".join(text_block(0, "x" * 400)))

    assert decoder.estimate() == 100
