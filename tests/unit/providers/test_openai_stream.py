"""A streamed answer is relayed as it came; only what was not asked for is left out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import DONE, USAGE, delta, event, usage_chunk
from tests.unit.pieces import cut, places, single_bytes
from tests.unit.providers.streams import FINISH, REPORTED, ROLE, decoder_of, relay
from wrp_proxy.errors import (
    DisconnectedError,
)
from wrp_proxy.types import Usage


@st.composite
def answers(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """A whole answer as (kind, bytes) of its events, in any dress that servers wear."""
    newline = draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    colon = draw(st.sampled_from([b"data: ", b"data:"]))
    before = draw(st.sampled_from([b"", b"event: message" + newline, b"id: 1" + newline]))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    is_ascii = draw(st.booleans())

    def dressed(chunk: Any) -> bytes:
        text = json.dumps(chunk, separators=separators, ensure_ascii=is_ascii)
        return before + colon + text.encode() + newline * 2

    text = st.text(st.characters(codec="utf-8"), max_size=12) | st.just("a\u2028b\u2029c")
    events = [("chunk", dressed(delta("", role="assistant")))]
    for content in draw(st.lists(text, max_size=8)):
        events.append(("chunk", dressed(delta(content))))
        if draw(st.booleans()):
            events.append(("comment", b": keep-alive" + newline * 2))
    events.append(("chunk", dressed(delta(finish="stop"))))
    events.append(("usage", dressed(usage_chunk())))
    events.append(("done", colon + b"[DONE]" + newline * 2))
    return events


@given(answers(), places, st.booleans(), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_any_split_gives_the_same_bytes_and_the_same_usage(
    events: list[tuple[str, bytes]], places: list[int], wants_usage: bool, bom: bytes
) -> None:
    whole = bom + b"".join(data for _, data in events)
    asked_for = b"".join(data for kind, data in events if kind != "usage" or wants_usage)

    for pieces in ([whole], cut(whole, places), single_bytes(whole)):
        decoder = decoder_of(wants_usage=wants_usage)
        relayed = relay(decoder, pieces)

        assert relayed == asked_for
        assert decoder.usage == REPORTED
        assert decoder.done


def test_blank_lines_between_events_are_the_same_in_any_split() -> None:
    whole = ROLE + b"\n" + event(delta("a")) + b"\n" + FINISH + DONE
    events = [ROLE + b"\n", event(delta("a")) + b"\n", FINISH, DONE]

    relayed = relay(decoder_of(), events)

    assert relayed == relay(decoder_of(), [whole])


def test_an_event_without_choices_fares_the_same_in_any_split() -> None:
    events = [ROLE, event(delta("a")), event({"type": "ping"}), FINISH, DONE]

    relayed = relay(decoder_of(), events)

    assert relayed == relay(decoder_of(), [b"".join(events)])


def test_the_usage_chunk_is_kept_from_a_caller_who_did_not_ask() -> None:
    decoder = decoder_of()

    relayed = relay(decoder, [ROLE, event(delta("a")), FINISH, event(usage_chunk()), DONE])

    assert relayed == ROLE + event(delta("a")) + FINISH + DONE
    assert decoder.usage == REPORTED


def test_the_usage_chunk_is_given_to_a_caller_who_asked() -> None:
    relayed = relay(
        decoder_of(wants_usage=True), [ROLE, event(delta("a")), FINISH, event(usage_chunk()), DONE]
    )

    assert relayed == ROLE + event(delta("a")) + FINISH + event(usage_chunk()) + DONE


def test_usage_in_the_last_content_chunk_is_read_and_the_chunk_relayed() -> None:
    last = event({**delta("b", finish="stop"), "usage": USAGE})
    decoder = decoder_of()

    relayed = relay(decoder, [event(delta("a")), last, DONE])

    assert relayed == event(delta("a")) + last + DONE
    assert decoder.usage == REPORTED


def test_usage_of_every_chunk_counts_as_the_last_one_says() -> None:
    def counted(content: str, completion_tokens: int) -> bytes:
        usage = {**USAGE, "completion_tokens": completion_tokens}
        return event({**delta(content), "usage": usage})

    decoder = decoder_of()
    relay(decoder, [counted("a", 1), counted("b", 2), event({**delta(finish="stop")}), DONE])

    assert decoder.usage == Usage(prompt_tokens=11, completion_tokens=2)


def test_cached_tokens_are_read() -> None:
    reported = {**USAGE, "prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 0}}
    decoder = decoder_of()

    relay(decoder, [FINISH, event({**usage_chunk(), "usage": reported}), DONE])

    assert decoder.usage == Usage(prompt_tokens=11, completion_tokens=7, cached_tokens=5)


@pytest.mark.parametrize("usage", [None, {}])
def test_a_usage_that_says_nothing_is_none(usage: object) -> None:
    decoder = decoder_of()

    relay(decoder, [event({**delta("a"), "usage": usage}), FINISH, DONE])

    assert decoder.usage is None


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 11.0, "completion_tokens": 7.0},
        {"prompt_tokens": "11", "completion_tokens": "7"},
        {"prompt_tokens": 11, "completion_tokens": 7, "prompt_tokens_details": []},
        "n/a",
        [],
    ],
)
def test_an_odd_usage_does_not_spoil_a_good_answer(usage: object) -> None:
    odd = event({**delta(finish="stop"), "usage": usage})

    relayed = relay(decoder_of(), [event(delta("a")), odd, DONE])

    assert relayed == event(delta("a")) + odd + DONE


def test_a_chunk_of_empty_choices_is_left_out_wherever_it_stands() -> None:
    filtered = event({**delta(), "choices": [], "prompt_filter_results": [{"prompt_index": 0}]})

    relayed = relay(decoder_of(), [filtered, event(delta("a")), filtered, FINISH, DONE])

    assert relayed == event(delta("a")) + FINISH + DONE


def test_comments_are_relayed_and_are_no_content() -> None:
    decoder = decoder_of()

    chunks = decoder.feed(b": OPENROUTER PROCESSING\n\n")

    assert [(chunk.data, chunk.content) for chunk in chunks] == [
        (b": OPENROUTER PROCESSING\n\n", False)
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "assistant"},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": None, "refusal": None, "tool_calls": []},
        {},
    ],
)
def test_a_chunk_without_output_is_no_content(fields: dict[str, Any]) -> None:
    chunks = decoder_of().feed(event(delta(**fields)))

    assert [chunk.content for chunk in chunks] == [False]


@pytest.mark.parametrize(
    "fields",
    [
        {"content": "a"},
        {"role": "assistant", "content": " "},
        {"reasoning_content": "Hm."},
        {"reasoning": "Hm."},
        {"refusal": "No."},
        {"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "tide"}}]},
        {"function_call": {"name": "tide"}},
        {"audio": {"id": "audio_1"}},
    ],
)
def test_a_chunk_with_any_output_is_content(fields: dict[str, Any]) -> None:
    chunks = decoder_of().feed(event(delta(**fields)))

    assert [chunk.content for chunk in chunks] == [True]


def test_a_finish_is_content_even_of_an_empty_answer() -> None:
    chunks = decoder_of().feed(FINISH)

    assert [chunk.content for chunk in chunks] == [True]


def test_a_null_delta_is_no_content() -> None:
    chunk = delta()
    chunk["choices"][0]["delta"] = None

    chunks = decoder_of().feed(event(chunk))

    assert [chunk.content for chunk in chunks] == [False]


def test_an_event_of_a_mebibyte_is_relayed() -> None:
    large = event(delta("a" * 2**20))
    pieces = [large[start : start + 2**16] for start in range(0, len(large), 2**16)]

    relayed = relay(decoder_of(), [*pieces, FINISH, DONE])

    assert relayed == large + FINISH + DONE


def test_an_event_that_never_ends_is_refused() -> None:
    decoder = decoder_of()
    decoder.feed(b"data: ")

    with pytest.raises(DisconnectedError, match="malformed"):
        decoder.feed(b"a" * (8 * 2**20))


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" , ", " : "), (",", ":\t")])
@pytest.mark.parametrize("last", [{}, {"usage": USAGE}])
def test_the_white_space_of_json_means_nothing(
    separators: tuple[str, str], last: dict[str, Any]
) -> None:
    def spaced(chunk: dict[str, Any]) -> bytes:
        return f"data: {json.dumps(chunk, separators=separators)}\n\n".encode()

    decoder = decoder_of()
    relay(decoder, [spaced(delta("a")), spaced({**delta(finish="stop"), **last}), DONE])

    assert decoder.done
    assert decoder.usage == (REPORTED if last else None)
