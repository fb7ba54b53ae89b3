"""A streamed chat completion becomes Anthropic's events, in their exact order."""

from typing import Any

import pytest

from tests.answers import DONE, USAGE, chunks_of, delta, event, usage_chunk
from tests.unit.dialects.messages.asking import events_in, events_of, joined, stream_decoder, told
from tests.unit.dialects.messages.telling import (
    FINISH,
    ROLE,
    STOPPED,
    USED,
    block,
    end,
    start,
    text,
    thinking,
)
from wrp_proxy.types import Usage


def test_text_becomes_one_block() -> None:
    events = events_of(chunks_of(["Hello ", "there"]))

    assert events == [start(), *text(0, "Hello ", "there"), *end()]


def test_thinking_comes_before_text_and_ends_with_a_signature() -> None:
    events = events_of(
        [
            ROLE,
            event(delta(reasoning_content="Let ")),
            event(delta(reasoning_content="me")),
            event(delta("Yes")),
            FINISH,
            USED,
            DONE,
        ]
    )

    assert events == [start(), *thinking(0, "Let ", "me"), *text(1, "Yes"), *end()]


def test_reasoning_by_its_other_name_is_thinking_and_not_told_twice() -> None:
    said = [event(delta(reasoning="A")), event(delta(reasoning="B", reasoning_content="B"))]

    events = events_of([*said, FINISH, USED, DONE])

    assert events == [start(), *thinking(0, "A", "B"), *end()]


def test_a_signature_closes_the_thinking_it_belongs_to() -> None:
    signed = {"type": "thinking", "thinking": "Hm", "signature": "s1"}
    redacted = {"type": "redacted_thinking", "data": "d2"}

    events = events_of(
        [
            event(delta(reasoning_content="Hm")),
            event(delta(thinking_blocks=[signed])),
            event(delta(thinking_blocks=[redacted, {**signed, "signature": "s3"}])),
            event(delta(reasoning_content="More")),
            FINISH,
            USED,
            DONE,
        ]
    )

    assert events == [
        start(),
        *thinking(0, "Hm", signature="s1"),
        *block(1, redacted),
        *thinking(2, "Hm", signature="s3"),
        *thinking(3, "More"),
        *end(),
    ]


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("unheard_of", "end_turn"),
    ],
)
def test_the_finish_becomes_a_stop_reason(finish: str, reason: str) -> None:
    events = events_of([event(delta("a")), event(delta(finish=finish)), USED, DONE])

    assert events[-2:] == end(reason)


def test_a_refusal_is_text_and_the_reason() -> None:
    events = events_of([event(delta(refusal="I cannot.")), FINISH, USED, DONE])

    assert events == [start(), *text(0, "I cannot."), *end("refusal")]


def test_the_stop_sequence_is_told_where_the_upstream_tells_it() -> None:
    finish = delta(finish="stop")
    finish["choices"][0]["stop_reason"] = "END"

    events = events_of([event(delta("a")), event(finish), USED, DONE], stop_sequences=["END"])

    assert events[-2:] == end("stop_sequence", stop_sequence="END")


def test_an_answer_that_says_nothing_has_no_blocks() -> None:
    assert events_of([ROLE, FINISH, USED, DONE]) == [start(), *end()]


def test_usage_known_at_the_start_stands_at_the_start() -> None:
    first = {**delta("a"), "usage": {"prompt_tokens": 11, "completion_tokens": 1}}

    events = events_of([event(first), FINISH, USED, DONE])

    assert events[0] == start({"input_tokens": 11, "output_tokens": 1})
    assert events[-2:] == end()


def test_cached_tokens_are_no_input_tokens() -> None:
    used = {**usage_chunk(), "usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 4}}}

    usage = events_of([event(delta("a")), FINISH, event(used), DONE])[-2]["usage"]

    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (7, 4)


def test_usage_that_never_comes_is_estimated() -> None:
    events = events_of([event(delta("Hello there!")), FINISH, DONE])

    assert events[-2]["usage"] == {"output_tokens": 3}


def test_the_end_does_not_need_a_done() -> None:
    events = events_of([event(delta("a")), FINISH, USED])

    assert events == [start(), *text(0, "a"), *end()]


def test_nothing_is_told_after_the_end() -> None:
    decoder = stream_decoder()

    events = events_in(
        joined(told(decoder, [event(delta("a")) + FINISH + DONE + event(delta("b"))]))
    )

    assert events[-1] == STOPPED
    assert decoder.done
    assert decoder.usage is None


def test_the_decoder_knows_the_usage_of_the_upstream() -> None:
    decoder = stream_decoder()

    told(decoder, chunks_of(["a"]))

    assert decoder.usage == Usage(prompt_tokens=11, completion_tokens=7)


def test_only_what_comes_of_content_is_content() -> None:
    decoder = stream_decoder()
    said = [
        b": hello\n\n",
        ROLE,
        b": wait\n\n",
        event(delta("a")),
        b": wait\n\n",
        FINISH,
        USED,
        DONE,
    ]

    content = [[chunk.content for chunk in decoder.feed(piece)] for piece in said]

    assert content == [[], [False], [False], [True], [False], [], [], [True]]


def test_a_comment_becomes_a_ping_once_the_message_has_begun() -> None:
    events = events_of(
        [b": early\n\n", ROLE, b": late\n\n\n", event(delta("a")), FINISH, USED, DONE]
    )

    assert events == [start(), {"type": "ping"}, *text(0, "a"), *end()]


def test_other_choices_are_not_told() -> None:
    other = delta("no")
    other["choices"][0]["index"] = 1

    events = events_of([event(delta("a")), event(other), FINISH, USED, DONE])

    assert events == [start(), *text(0, "a"), *end()]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        [],
        {"content": 5},
        {"content": [5, {"text": 5}]},
        {"tool_calls": 5},
        {"tool_calls": [5]},
        {"thinking_blocks": [5, {}]},
        {"reasoning_content": []},
    ],
)
def test_an_odd_delta_says_nothing(odd: Any) -> None:
    said = event({"choices": [{"index": 0, "delta": odd}]})

    events = events_of([event(delta("a")), said, FINISH, USED, DONE])

    assert events == [start(), *text(0, "a"), *end()]
