"""Events are cut as bytes: nothing is lost, and no split of the bytes matters."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.pieces import cut, places
from wrp_proxy.providers.sse import EventCutter, data_of, split_events

BOM = b"\xef\xbb\xbf"
FRAGMENTS = (
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n",
    b"\r\n\r\n",
    b"data: {}",
    b"data:x",
    b": comment",
    b"event: message",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}\N{LINE SEPARATOR}".encode(),
)
streams = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map(b"".join)


@given(streams, places)
def test_what_goes_in_comes_out_in_any_split(stream: bytes, places: list[int]) -> None:
    cutter = EventCutter()

    given_out = b"".join(cutter.feed(piece) for piece in cut(stream, places))

    assert given_out + cutter.close() == stream


@given(streams, places)
@example(b"data: a\n\n\n", [])
def test_the_events_of_a_block_are_the_block(stream: bytes, places: list[int]) -> None:
    cutter = EventCutter()

    blocks = [cutter.feed(piece) for piece in cut(stream, places)]

    assert [b"".join(split_events(block)) for block in blocks] == blocks


@given(streams, places)
@example(b"data: a\n\n\ndata: b\n\n\n", [9])
def test_the_events_are_the_same_in_any_split(stream: bytes, places: list[int]) -> None:
    whole, parts = EventCutter(), EventCutter()

    events = split_events(whole.feed(stream))
    cut_events = [e for piece in cut(stream, places) for e in split_events(parts.feed(piece))]

    assert cut_events == events


def test_an_unfinished_event_is_held_back() -> None:
    cutter = EventCutter()

    given_out = [cutter.feed(b"data: one\n\ndata: t"), cutter.feed(b"wo\n"), cutter.feed(b"\n")]

    assert given_out == [b"data: one\n\n", b"", b"data: two\n\n"]


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r"])
def test_every_line_break_of_the_standard_ends_events(line_break: bytes) -> None:
    stream = line_break.join([b"data: one", b"", b"event: x", b"data: two", b"", b""])
    cutter = EventCutter()

    events = split_events(cutter.feed(stream) + cutter.close())

    assert [data_of(event) for event in events] == [b"one", b"two"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"])
def test_other_separators_of_unicode_end_nothing(separator: str) -> None:
    event = f'data: {{"a":"{separator}{separator}"}}\n\n'.encode()

    events = split_events(EventCutter().feed(event))

    assert events == [event]
    assert data_of(event) == event[6:-2]


@pytest.mark.parametrize("pieces", [[BOM + b"data: a\n\n"], [BOM[:1], BOM[1:2], BOM[2:] + b"x"]])
def test_a_byte_order_mark_is_dropped(pieces: list[bytes]) -> None:
    cutter = EventCutter()

    given_out = b"".join(cutter.feed(piece) for piece in pieces) + cutter.close()

    assert given_out == b"".join(pieces).removeprefix(BOM)


def test_a_byte_order_mark_further_on_is_content() -> None:
    cutter = EventCutter()

    given_out = cutter.feed(b"data: a\n\n") + cutter.feed(b"data: " + BOM + b"\n\n")

    assert given_out == b"data: a\n\ndata: " + BOM + b"\n\n"


def test_an_event_may_have_a_mebibyte() -> None:
    event = b"data: " + b"a" * 2**20 + b"\n\n"
    cutter = EventCutter()

    given_out = [cutter.feed(event[start : start + 2**16]) for start in range(0, len(event), 2**16)]

    assert given_out[-1] == event
    assert not any(given_out[:-1])


@pytest.mark.timeout(20)
def test_a_long_event_in_many_pieces_costs_no_more_than_its_length() -> None:
    event = b": comment\r\ndata: " + b"a" * 2**22 + b"\r\n\r\n"
    cutter = EventCutter()

    given_out = [cutter.feed(event[start : start + 4096]) for start in range(0, len(event), 4096)]

    assert b"".join(given_out) == event


def test_an_event_without_end_is_refused_before_it_fills_the_memory() -> None:
    cutter = EventCutter(max_event_bytes=100)
    cutter.feed(b"data: " + b"a" * 90)

    with pytest.raises(ValueError, match="too long"):
        cutter.feed(b"a" * 10)


def test_many_short_events_are_not_one_long_event() -> None:
    cutter = EventCutter(max_event_bytes=100)

    given_out = cutter.feed(b"data: a\n\n" * 100)

    assert given_out == b"data: a\n\n" * 100


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        (b"data: x\n\n", b"x"),
        (b"data:x\n\n", b"x"),
        (b"data:  x \n\n", b" x "),
        (b"data:\n\n", b""),
        (b"data: one\ndata: two\r\ndata:three\n\n", b"one\ntwo\nthree"),
        (b"event: message\nid: 7\nretry: 10\ndata: x\n\n", b"x"),
        (b": data: x\n\n", b""),
        (b":\n\n", b""),
        (b"database: x\n\n", b""),
        (b"xdata: x\n\n", b""),
        (b"\ndata: x\n\n", b"x"),
        (b"", b""),
    ],
)
def test_the_data_of_an_event_is_that_of_its_data_lines(event: bytes, payload: bytes) -> None:
    assert data_of(event) == payload
