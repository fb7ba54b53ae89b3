"""A stream that breaks never ends as one that is complete."""

from typing import Any

import pytest

from tests.answers import DONE, delta, event
from tests.unit.dialects.messages.asking import events_in, events_of, joined, stream_decoder
from tests.unit.dialects.messages.telling import (
    ROLE,
    start,
    text,
)
from wrp_proxy.errors import DisconnectedError, UpstreamError


@pytest.mark.parametrize(
    "last",
    [
        b"",
        event({"error": {"message": "overloaded", "type": "overloaded_error"}}),
        b"data: {nonsense\n\n",
        b"data: 5\n\n",
        DONE,
        event(delta(finish="error")) + DONE,
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_broken_stream_fails_after_what_it_said_and_never_stops_in_order(
    last: bytes, together: bool
) -> None:
    said = [ROLE, event(delta("a")), event(delta("b"))]
    pieces = [b"".join([*said, last])] if together else [*said, last]
    decoder = stream_decoder()
    relayed = b""

    with pytest.raises(UpstreamError):
        relayed = _relay_until_failure(decoder, pieces)

    assert relayed == b""


def _relay_until_failure(decoder: Any, pieces: list[bytes]) -> bytes:
    """Check, before the failure leaves, that all that was said is out and nothing else."""
    relayed = b""
    try:
        for piece in pieces:
            relayed += joined(decoder.feed(piece))
            if decoder.done:
                break
        relayed += joined(decoder.close())
    except UpstreamError:
        assert events_in(relayed) == [start(), *text(0, "a", "b")[:-1]]
        raise
    return relayed


def test_a_finish_that_is_a_fault_is_named() -> None:
    with pytest.raises(DisconnectedError, match="abort"):
        events_of([event(delta(finish="abort")), DONE])


def test_a_fault_in_an_event_that_is_cut_short_is_a_failure() -> None:
    cut_short = event(delta(finish="abort")).rstrip(b"\n")

    with pytest.raises(DisconnectedError, match="abort"):
        events_of([cut_short])


def test_a_finish_of_another_choice_is_none() -> None:
    other = delta(finish="stop")
    other["choices"][0]["index"] = 1

    with pytest.raises(DisconnectedError):
        events_of([event(other), DONE])
