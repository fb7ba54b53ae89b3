"""What holds for every streamed answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import DONE, delta, event, usage_chunk
from tests.unit.dialects.messages.anything import json_values, names, words
from tests.unit.dialects.messages.asking import (
    events_in,
    joined,
    stream_decoder,
    told,
)
from tests.unit.pieces import cut, places, single_bytes

arguments = st.dictionaries(words, json_values, max_size=3).map(json.dumps)


@st.composite
def call_fragments(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Parallel calls whose fragments come in any order between the calls."""
    calls = draw(st.lists(arguments, max_size=3))
    queues = []
    for index, text in enumerate(calls):
        function = {"name": draw(names), "arguments": ""}
        first = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        pieces = [piece.decode() for piece in cut(text.encode("ascii"), draw(places))]
        rest = [{"index": index, "function": {"arguments": piece}} for piece in pieces]
        queues.append([first, *rest])
    fragments = []
    while queues:
        queue = draw(st.sampled_from(queues))
        fragments.append({"tool_calls": [queue.pop(0)]})
        queues = [queue for queue in queues if queue]
    return fragments


@st.composite
def deltas(draw: st.DrawFn) -> list[dict[str, Any]]:
    said = st.sampled_from(["content", "reasoning_content"])
    spoken = draw(st.lists(st.builds(lambda name, text: {name: text}, said, words), max_size=8))
    called = draw(call_fragments())
    order = draw(st.permutations([0] * len(spoken) + [1] * len(called)))
    spoken_left, called_left = iter(spoken), iter(called)
    return [next(called_left if is_call else spoken_left) for is_call in order]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[dict[str, Any]], bytes]:
    """The deltas of an answer, and all of its bytes."""
    said = draw(deltas())
    events = [event(delta("", role="assistant"))]
    for one in said:
        events.append(event(delta(**one)))
        if draw(st.booleans()):
            events.append(b": keep-alive\n\n")
    events.append(event(delta(finish=draw(st.sampled_from(["stop", "length"])))))
    if draw(st.booleans()):
        events.append(event(usage_chunk()))
    if draw(st.booleans()):
        events.append(DONE)
    return said, b"".join(events)


@given(streams(), places)
def test_any_split_tells_the_same_bytes(
    stream: tuple[list[dict[str, Any]], bytes], places: list[int]
) -> None:
    whole = stream[1]

    tellings = {
        joined(told(stream_decoder(), pieces))
        for pieces in ([whole], cut(whole, places), single_bytes(whole))
    }

    assert len(tellings) == 1


@given(streams())
def test_blocks_come_one_after_the_other_between_start_and_stop(
    stream: tuple[list[dict[str, Any]], bytes],
) -> None:
    events = events_in(joined(told(stream_decoder(), [stream[1]])))

    kinds = [said["type"] for said in events if said["type"] != "ping"]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    is_open, index = False, 0
    for said in (said for said in events if said["type"].startswith("content_block")):
        assert said["index"] == index
        assert is_open == (said["type"] != "content_block_start")
        is_open = said["type"] != "content_block_stop"
        index += said["type"] == "content_block_stop"
    assert not is_open


def _told(events: list[dict[str, Any]], kind: str, field: str) -> str:
    pieces = [said["delta"] for said in events if said["type"] == "content_block_delta"]
    return "".join(piece[field] for piece in pieces if piece["type"] == kind)


@given(streams())
def test_all_that_was_said_is_told_and_nothing_else(
    stream: tuple[list[dict[str, Any]], bytes],
) -> None:
    said, whole = stream

    events = events_in(joined(told(stream_decoder(), [whole])))

    spoken = "".join(one.get("content") or "" for one in said)
    thought = "".join(one.get("reasoning_content") or "" for one in said)
    assert _told(events, "text_delta", "text") == spoken
    assert _told(events, "thinking_delta", "thinking") == thought
    fragments = [call for one in said for call in one.get("tool_calls", [])]
    opened = [one for one in events if one["type"] == "content_block_start"]
    calls = [one for one in opened if one["content_block"]["type"] == "tool_use"]
    firsts = [fragment for fragment in fragments if "id" in fragment]
    assert [call["content_block"]["id"] for call in calls] == [first["id"] for first in firsts]
    for call, first in zip(calls, firsts, strict=True):
        own = [said for said in events if said.get("index") == call["index"]]
        parts = [one["function"] for one in fragments if one["index"] == first["index"]]
        assert call["content_block"]["name"] == first["function"]["name"]
        assert _told(own, "input_json_delta", "partial_json") == "".join(
            part["arguments"] for part in parts
        )


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
@given(value=json_values)
def test_an_odd_delta_never_breaks_the_rest(field: str, value: Any) -> None:
    tellers: list[Callable[[Any], dict[str, Any]]] = [
        lambda odd: {field: odd},
        lambda odd: {"tool_calls": odd},
        lambda odd: {"tool_calls": [{"index": odd, "id": odd, "function": odd}]},
        lambda odd: {"thinking_blocks": [{"type": odd, "signature": odd}]},
    ]
    odd = [event(delta(**make(value))) for make in tellers]

    events = events_in(
        joined(
            told(stream_decoder(), [*odd, event(delta("end")), event(delta(finish="stop")), DONE])
        )
    )

    assert _told(events, "text_delta", "text").endswith("end")
    assert events[-1] == {"type": "message_stop"}
