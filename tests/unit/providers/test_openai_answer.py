"""A plain answer is relayed as it came, once it is seen to be one."""

import json
from typing import Any

import pytest
from hypothesis import given

from tests.answers import USAGE, completion
from tests.unit.pieces import cut, places
from wrp_proxy.errors import DisconnectedError, RateLimitedError, RejectedError, UpstreamError
from wrp_proxy.providers.openai_answer import OpenAIAnswerDecoder
from wrp_proxy.types import Chunk, Usage

TEXT = "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{LINE SEPARATOR}\N{GRINNING FACE}"


def raw(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


def decoded(body: bytes) -> OpenAIAnswerDecoder:
    decoder = OpenAIAnswerDecoder()
    decoder.feed(body)
    decoder.close()
    return decoder


@given(places)
def test_any_split_gives_the_same_answer(places: list[int]) -> None:
    body = raw(completion(TEXT, unknown={"number": 1.10}))
    decoder = OpenAIAnswerDecoder()

    early = [chunk for piece in cut(body, places) for chunk in decoder.feed(piece)]
    late = decoder.close()

    assert early == []
    assert late == (Chunk(data=body, content=True),)
    assert decoder.usage == Usage(prompt_tokens=11, completion_tokens=7)


def test_nothing_of_the_answer_is_rewritten() -> None:
    body = b' {"choices" : [ {"message":{}} ],\r\n "huge":12345678901234567890123, "a":1e3 }\n'
    decoder = OpenAIAnswerDecoder()
    decoder.feed(body)

    assert decoder.close() == (Chunk(data=body, content=True),)


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    body = raw(completion(TEXT))
    decoder = OpenAIAnswerDecoder()
    decoder.feed(b"\xef\xbb\xbf" + body)

    assert decoder.close() == (Chunk(data=body, content=True),)


@pytest.mark.parametrize("usage", [None, {}])
def test_a_usage_that_says_nothing_is_none(usage: object) -> None:
    assert decoded(raw(completion(usage=usage))).usage is None


@pytest.mark.parametrize(
    ("details", "cached"),
    [({"cached_tokens": 5}, 5), ({"cached_tokens": None}, 0), ({}, 0), (None, 0)],
)
def test_cached_tokens_are_read_where_there_are_any(
    details: dict[str, int | None] | None, cached: int
) -> None:
    answer = completion(usage={**USAGE, "prompt_tokens_details": details})

    assert decoded(raw(answer)).usage == Usage(
        prompt_tokens=11, completion_tokens=7, cached_tokens=cached
    )


def test_an_embedding_like_usage_has_no_completion() -> None:
    answer = completion(usage={"prompt_tokens": 11, "completion_tokens": None})

    assert decoded(raw(answer)).usage == Usage(prompt_tokens=11, completion_tokens=0)


@pytest.mark.parametrize(
    "reported",
    [
        {"prompt_tokens": -1, "completion_tokens": -1},
        {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 9}},
        {
            "prompt_tokens": 5,
            "completion_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": -9},
        },
    ],
)
def test_no_report_of_an_upstream_makes_a_negative_bill(reported: dict[str, Any]) -> None:
    usage = decoded(raw(completion(usage=reported))).usage

    assert usage is not None
    assert 0 <= usage.cached_tokens <= usage.prompt_tokens
    assert usage.completion_tokens >= 0


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 11.0, "completion_tokens": 7.0},
        {"prompt_tokens": "11", "completion_tokens": "7"},
        {**USAGE, "prompt_tokens_details": []},
        "n/a",
        [],
    ],
)
def test_an_odd_usage_does_not_spoil_a_good_answer(usage: object) -> None:
    body = raw(completion(usage=usage))
    decoder = OpenAIAnswerDecoder()
    decoder.feed(body)

    assert decoder.close() == (Chunk(data=body, content=True),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"<html>Welcome</html>",
        b'{"choices": NaN}',
        b'{"choices": {}}',
        b'{"choices": [' + b"[" * 10_000 + b"]" * 10_000 + b"]}",
    ],
)
def test_what_is_no_json_object_is_a_broken_answer(body: bytes) -> None:
    with pytest.raises(DisconnectedError):
        decoded(body)


@pytest.mark.parametrize("choices", [None, []])
def test_an_answer_without_choices_is_a_broken_one(choices: object) -> None:
    with pytest.raises(DisconnectedError, match="no choices"):
        decoded(raw(completion(choices=choices)))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "slow down", "code": 429}, RateLimitedError),
        ({"message": "no", "code": 400}, RejectedError),
        ({"message": "no", "code": "odd"}, UpstreamError),
        ("no", UpstreamError),
    ],
)
def test_an_error_in_an_answer_of_status_200_is_raised(
    error: object, expected: type[UpstreamError]
) -> None:
    with pytest.raises(UpstreamError) as raised:
        decoded(raw({"error": error}))

    assert type(raised.value) is expected


@pytest.mark.parametrize("error", [None, {}, ""])
def test_an_empty_error_is_none(error: object) -> None:
    assert decoded(raw(completion(error=error))).usage is not None


def test_the_estimate_of_a_long_answer_follows_its_bytes() -> None:
    decoder = decoded(raw(completion("four" * 1000, usage=None)))

    assert 900 <= decoder.estimate() <= 1200


def test_the_estimate_of_a_short_answer_is_not_that_of_its_envelope() -> None:
    decoder = decoded(raw(completion("Hello there", usage=None)))

    assert 1 <= decoder.estimate() <= 10
