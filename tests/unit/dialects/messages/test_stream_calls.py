"""Calls of tools in a stream: one block at a time, each whole."""

import pytest

from tests.answers import DONE, delta, event
from tests.unit.dialects.messages.asking import events_in, events_of, joined, stream_decoder
from tests.unit.dialects.messages.telling import (
    CALLED,
    FINISH,
    USED,
    call,
    end,
    fragment,
    start,
    text,
    without_pings,
)


def test_a_call_follows_the_text() -> None:
    events = events_of(
        [
            event(delta("Look:")),
            fragment(0, id_="call_a", name="weather"),
            fragment(0, '{"city"'),
            fragment(0, ': "Ulm"}'),
            CALLED,
            USED,
            DONE,
        ]
    )

    assert events == [
        start(),
        *text(0, "Look:"),
        *call(1, "call_a", '{"city"', ': "Ulm"}'),
        *end("tool_use"),
    ]


def test_calls_one_after_the_other_are_told_as_they_come() -> None:
    decoder = stream_decoder()
    said = [
        fragment(0, id_="call_a", name="weather"),
        fragment(0, "{}"),
        fragment(1, id_="call_b", name="time"),
    ]

    so_far = events_in(b"".join(joined(decoder.feed(piece)) for piece in said))

    opening = call(1, "call_b", name="time")[0]
    assert so_far == [start(), *call(0, "call_a", "{}"), opening]


def test_calls_that_interleave_come_out_whole_and_in_order() -> None:
    events = events_of(
        [
            fragment(0, id_="call_a", name="weather"),
            fragment(1, id_="call_b", name="time"),
            fragment(0, '{"a": {}'),
            fragment(1, '{"b":'),
            fragment(0, "}"),
            fragment(1, "2}"),
            CALLED,
            USED,
            DONE,
        ]
    )

    assert without_pings(events) == [
        start(),
        *call(0, "call_a", '{"a": {}', "}"),
        *call(1, "call_b", '{"b":', "2}", name="time"),
        *end("tool_use"),
    ]


def test_what_must_wait_counts_as_content_all_the_same() -> None:
    decoder = stream_decoder()
    decoder.feed(fragment(0, '{"a":', id_="call_a", name="weather"))

    (chunk,) = decoder.feed(fragment(1, "{}", id_="call_b", name="time"))

    assert chunk.content
    assert events_in(chunk.data) == [{"type": "ping"}]


def test_a_call_whose_arguments_never_end_is_told_to_the_end() -> None:
    events = events_of(
        [
            fragment(0, '{"a":', id_="call_a", name="weather"),
            fragment(1, "{}", id_="call_b", name="time"),
            event(delta(finish="length")),
            USED,
            DONE,
        ]
    )

    assert without_pings(events) == [
        start(),
        *call(0, "call_a", '{"a":'),
        *call(1, "call_b", "{}", name="time"),
        *end("max_tokens"),
    ]


def test_text_in_the_middle_of_a_call_waits_for_its_end() -> None:
    events = events_of(
        [
            fragment(0, '{"a":', id_="call_a", name="weather"),
            event(delta("Meanwhile")),
            fragment(0, "1}"),
            CALLED,
            USED,
            DONE,
        ]
    )

    assert without_pings(events) == [
        start(),
        *call(0, "call_a", '{"a":', "1}"),
        *text(1, "Meanwhile"),
        *end("tool_use"),
    ]


@pytest.mark.parametrize("index", [0, None])
def test_calls_that_share_an_index_are_told_apart_by_their_ids(index: int | None) -> None:
    events = events_of(
        [
            fragment(index, "{}", id_="call_a", name="weather"),
            fragment(index, "{}", id_="call_b", name="time"),
            CALLED,
            USED,
            DONE,
        ]
    )

    assert events == [
        start(),
        *call(0, "call_a", "{}"),
        *call(1, "call_b", "{}", name="time"),
        *end("tool_use"),
    ]


def test_a_call_that_repeats_its_id_and_name_is_one_call() -> None:
    said = [fragment(0, piece, id_="call_a", name="weather") for piece in ('{"a"', ":1}")]

    events = events_of([*said, CALLED, USED, DONE])

    assert events == [start(), *call(0, "call_a", '{"a"', ":1}"), *end("tool_use")]


def test_a_call_is_announced_when_its_name_is_known() -> None:
    said = [fragment(0, id_="call_a"), fragment(0, "{}", name="weather")]

    events = events_of([*said, CALLED, USED, DONE])

    assert without_pings(events) == [start(), *call(0, "call_a", "{}"), *end("tool_use")]


def test_a_call_in_the_old_words_is_a_call() -> None:
    said = event(delta(function_call={"name": "weather", "arguments": "{}"}))

    events = events_of([said, event(delta(finish="function_call")), USED, DONE])

    assert events == [start(), *call(0, "toolu_1_0", "{}"), *end("tool_use")]


def test_a_stop_with_calls_is_a_wish_to_use_them() -> None:
    said = fragment(0, "{}", id_="call_a", name="weather")

    assert events_of([said, FINISH, USED, DONE])[-2:] == end("tool_use")
