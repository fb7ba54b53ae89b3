"""Streams are read as browsers read them, and cut between events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import event
from wrp_proxy.cache.answers.events import MAX_PIECE_BYTES, in_pieces, payloads
from wrp_proxy.cache.answers.rules import UnfitError
from wrp_proxy.providers.sse import data_of, split_events


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        (b"", []),
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\r\n\r\ndata:  b\r\n\r\n", [b"a", b" b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\n\r\ndata: b\r\r\n", [b"a", b"b"]),
        (b"data: {\ndata: }\n\n", [b"{\n}"]),
        (b"event: x\ndata: a\nid: 1\n\n", [b"a"]),
        (b": comment\n\ndata: a\n\n: another\n", [b"a"]),
        (b"database: a\n\ndata\n\n", []),
        (b"\n\n\ndata: a\n\n\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a\x0b\x0c\x1c\x85\xe2\x80\xa8b\n\n", [b"a\x0b\x0c\x1c\x85\xe2\x80\xa8b"]),
    ],
)
def test_the_data_of_each_event_is_found(stream: bytes, found: list[bytes]) -> None:
    assert payloads(stream) == found


@pytest.mark.parametrize(
    "stream", [b"data: a", b"data: a\n", b"data: a\n\nda", b"data: a\n\ndata: b\r\n"]
)
def test_a_last_event_without_its_blank_line_is_cut_off(stream: bytes) -> None:
    with pytest.raises(UnfitError, match="cut off"):
        payloads(stream)


@given(st.lists(st.sampled_from([b"data: a", b"data:", b": c", b"\n", b"\r", b"\r\n", b"b"])))
def test_whole_streams_are_read_as_the_providers_read_them(parts: list[bytes]) -> None:
    stream = b"".join(parts) + b"\n\n"
    expected = [data for one in split_events(stream) if (data := data_of(one))]

    assert [one for one in payloads(stream) if one] == expected


@given(st.lists(st.integers(1, 3 * MAX_PIECE_BYTES), max_size=12))
def test_pieces_are_whole_events_and_few(sizes: list[int]) -> None:
    events = [event("x" * size) for size in sizes]

    pieces = in_pieces(b"".join(events))

    assert b"".join(pieces) == b"".join(events)
    assert all(piece.endswith(b"\n\n") for piece in pieces)
    assert all(len(piece) <= MAX_PIECE_BYTES or piece in events for piece in pieces)
    assert len(pieces) <= 1 + 2 * len(b"".join(events)) // MAX_PIECE_BYTES


def test_a_stream_without_borders_stays_whole() -> None:
    stream = b"data: x\r\r" * MAX_PIECE_BYTES

    assert in_pieces(stream) == [stream]
