"""What must not be kept of completions, and of any API, plain and streamed."""

import json
from typing import Any

import pytest

from tests.answers import DONE, event
from tests.unit.cache.answers.both_forms import BOTH, GOOD, chat, text
from tests.unit.cache.answers.giving import choice, chunk, keep, reason_of, stream_of, whole
from wrp_proxy.cache.answers.base import Kept
from wrp_proxy.types import Api

FINISHES: list[tuple[Any, str]] = [
    ("length", "not stopped"),
    ("tool_calls", "tool calls"),
    ("function_call", "tool calls"),
    ("content_filter", "refusal"),
    ("something_new", "not stopped"),
    (None, "not stopped"),
    ([], "not stopped"),
]
NOTHING = [
    ("", "empty"),
    (None, "empty"),
    (" \n\t", "empty"),
    ([{"type": "text", "text": "Hello"}], "other content"),
    (7, "other content"),
]


@BOTH
@pytest.mark.parametrize("api", GOOD)
def test_a_good_answer_is_kept(api: Api, stream: bool) -> None:
    assert isinstance(keep(GOOD[api](stream), stream=stream, api=api), Kept)


@BOTH
@pytest.mark.parametrize(("finish", "reason"), FINISHES)
def test_a_completion_that_did_not_stop_by_itself(finish: Any, reason: str, stream: bool) -> None:
    assert reason_of(chat(stream=stream, finish=finish), stream=stream) == reason
    assert (
        reason_of(text("Hi", stream=stream, finish=finish), stream=stream, api="completions")
        == reason
    )


@BOTH
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"tool_calls": [{"index": 0, "id": "call_1"}]}, "tool calls"),
        ({"function_call": {"name": "look"}}, "tool calls"),
        ({"refusal": "I cannot."}, "refusal"),
        ({"audio": {"id": "audio_1", "data": "AAAA"}}, "other content"),
    ],
)
def test_a_chat_completion_that_is_more_than_text(more: Any, reason: str, stream: bool) -> None:
    assert reason_of(chat(stream=stream, **more), stream=stream) == reason


@BOTH
@pytest.mark.parametrize(("content", "reason"), NOTHING)
def test_a_completion_without_text(content: Any, reason: str, stream: bool) -> None:
    pieces = stream_of({"reasoning_content": "Hm", "content": content})[1:]
    if not stream:
        pieces = chat(stream=False, content=content, reasoning_content="Hm")

    assert reason_of(pieces, stream=stream) == reason
    assert reason_of(text(content, stream=stream), stream=stream, api="completions") == reason


@BOTH
@pytest.mark.parametrize("api", ["chat", "completions"])
@pytest.mark.parametrize("choices", [0, 2, 1.5, "1"])
def test_another_number_of_choices_than_asked_for(api: Api, choices: Any, stream: bool) -> None:
    reason = reason_of(GOOD[api](stream), stream=stream, api=api, choices=choices)

    assert reason == "choices"


@pytest.mark.parametrize("index", [1, -1, 2**70])
def test_a_choice_of_a_wrong_number(index: int) -> None:
    plain = [json.dumps(whole({**choice(), "index": index})).encode()]
    streamed = [chunk({"content": "Hello"}, finish="stop", index=index), DONE]

    assert reason_of(plain, stream=False) == "choices"
    assert reason_of(streamed, stream=True) == "choices"


def test_one_of_two_choices_is_unfit() -> None:
    second = {**choice("B", finish="length"), "index": 1}
    streamed = [
        chunk({"content": "A"}, finish="stop"),
        chunk({"content": "B"}, finish="length", index=1),
        DONE,
    ]
    unfinished = [chunk({"content": "A"}, finish="stop"), chunk({"content": "B"}, index=1), DONE]
    plain = [json.dumps(whole(choice("A"), second)).encode()]

    assert reason_of(plain, stream=False, choices=2) == "not stopped"
    assert reason_of(streamed, stream=True, choices=2) == "not stopped"
    assert reason_of(unfinished, stream=True, choices=2) == "not stopped"


def test_a_stream_that_gives_two_reasons_to_end() -> None:
    pieces = [chunk({"content": "A"}, finish="length"), chunk({}, finish="stop"), DONE]

    assert reason_of(pieces, stream=True) == "not stopped"


@pytest.mark.parametrize("api", ["chat", "completions", "responses", "embeddings"])
def test_an_error_in_place_of_an_answer(api: Api) -> None:
    answer = json.dumps({"error": {"message": "overloaded"}}).encode()

    assert reason_of([answer], stream=False, api=api) == "error"


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_an_error_in_a_stream_of_completions(api: Api) -> None:
    pieces = GOOD[api](True)
    failed = event({"error": {"message": "overloaded"}})

    assert reason_of([pieces[0], failed], stream=True, api=api) == "error"
    assert reason_of([*pieces[:-1], failed, pieces[-1]], stream=True, api=api) == "error"


@pytest.mark.parametrize("api", GOOD)
def test_a_stream_without_an_end(api: Api) -> None:
    *pieces, _ = GOOD[api](True)

    assert reason_of(pieces, stream=True, api=api) == "cut off"
    assert reason_of([], stream=True, api=api) == "cut off"


@pytest.mark.parametrize("api", GOOD)
def test_every_beginning_of_a_stream(api: Api) -> None:
    stream = b"".join(GOOD[api](True))

    reasons = {reason_of([stream[:end]], stream=True, api=api) for end in range(len(stream))}

    assert reasons == {"cut off"}


@pytest.mark.parametrize("api", [*GOOD, "embeddings"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b'"text"',
        b"\xff",
        b"[" * 100_000,
        b"<html>",
    ],
)
def test_what_is_no_answer(api: Api, body: bytes) -> None:
    assert reason_of([body], stream=False, api=api) == "malformed"


@pytest.mark.parametrize("api", GOOD)
@pytest.mark.parametrize("data", [b"[]", b"{", b"7", b'{"a":"\xff', b"[" * 100_000])
def test_a_stream_of_what_is_no_event(api: Api, data: bytes) -> None:
    pieces = [b"data: %b\n\n" % data, *GOOD[api](True)]

    assert reason_of(pieces, stream=True, api=api) == "malformed"


@pytest.mark.parametrize("choices", [{"a": 1}, ["a"], 7, [[]]])
def test_choices_that_are_none(choices: Any) -> None:
    assert reason_of([json.dumps({"choices": choices}).encode()], stream=False) == "malformed"
    assert reason_of([event({"choices": choices}), DONE], stream=True) == "malformed"


def test_a_plain_answer_that_could_not_be_told_as_a_stream() -> None:
    body = json.dumps(whole(choice(), new="?")).encode().replace(b"?", b"\xff")

    assert reason_of([body], stream=False) == "malformed"


def test_fields_that_are_not_what_they_must_be() -> None:
    for odd in ({"delta": "Hello"}, {"delta": {}, "index": "0"}):
        assert reason_of([event({"choices": [odd]}), DONE], stream=True) == "malformed"
    said = stream_of({"content": "Hello"}, {"content": ["Hello"]})
    plain = json.dumps({"choices": [{"index": 0, "message": "Hello", "finish_reason": "stop"}]})

    assert reason_of(said, stream=True) == "malformed"
    assert reason_of([plain.encode()], stream=False) == "malformed"


def test_objects_too_deep_to_put_together() -> None:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    pieces = [b'data: {"choices":[{"delta":%b}]}\n\n' % (b'{"x":' + deep + b"}")] * 2

    assert reason_of([*pieces, DONE], stream=True) in {"malformed", "choices", "not stopped"}
