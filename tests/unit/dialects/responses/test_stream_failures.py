"""Streams that fail, and how they end."""

import pytest

from tests.unit.dialects.responses.told import (
    chat_chunk,
    events_in,
    stream_decoder,
)
from wrp_proxy.errors import DisconnectedError, RateLimitedError, RejectedError, UpstreamError


def test_a_stream_that_never_finishes_is_not_completed() -> None:
    decoder = stream_decoder()
    decoder.feed(chat_chunk({"content": "a"}))

    with pytest.raises(DisconnectedError):
        decoder.close()


def test_a_failure_in_the_same_piece_comes_after_what_was_said() -> None:
    decoder = stream_decoder()
    piece = chat_chunk({"content": "a"}) + b'data: {"error": {"message": "boom"}}\n\n'

    said = b"".join(chunk.data for chunk in decoder.feed(piece))

    assert b'"delta":"a"' in said
    assert decoder.done
    with pytest.raises(UpstreamError, match="boom"):
        decoder.close()


def test_a_malformed_event_after_the_first_content_is_a_failure() -> None:
    decoder = stream_decoder()
    decoder.feed(chat_chunk({"content": "a"}))

    told = decoder.feed(chat_chunk({"content": "b"}) + b"data: {oops\n\n")

    assert b'"delta":"b"' in b"".join(chunk.data for chunk in told)
    with pytest.raises(DisconnectedError):
        decoder.close()


def test_a_failure_goes_on_with_the_numbers_and_keeps_the_code() -> None:
    decoder = stream_decoder(instructions="Be brief.")
    before = b"".join(chunk.data for chunk in decoder.feed(chat_chunk({"content": "a"})))

    (failed,) = events_in(decoder.failure(RateLimitedError("Slow down.")))

    assert failed["type"] == "response.failed"
    assert failed["sequence_number"] == events_in(before)[-1]["sequence_number"] + 1
    assert failed["response"]["id"] == "resp_0"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Slow down."}
    assert failed["response"]["instructions"] == "Be brief."


def test_a_refused_request_without_a_code_is_no_fault_of_the_server() -> None:
    (failed,) = events_in(stream_decoder().failure(RejectedError("No.")))

    assert failed["response"]["error"]["code"] == "invalid_prompt"
