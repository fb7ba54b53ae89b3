"""A streamed answer is relayed as it came; only what was not asked for is left out."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import DONE, USAGE, delta, event, usage_chunk
from tests.unit.pieces import cut, places, single_bytes
from wrp_proxy.errors import (
    DisconnectedError,
    RateLimitedError,
    RejectedError,
    UpstreamContextError,
    UpstreamError,
)
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder
from wrp_proxy.types import Usage

REPORTED = Usage(prompt_tokens=11, completion_tokens=7)
ROLE = event(delta("", role="assistant"))
FINISH = event(delta(finish="stop"))


def decoder_of(*, choices: int = 1, wants_usage: bool = False) -> OpenAIStreamDecoder:
    return OpenAIStreamDecoder(choices=choices, wants_usage=wants_usage)


def relay(decoder: OpenAIStreamDecoder, pieces: Iterable[bytes]) -> bytes:
    """Feed as an attempt does: until it is done, then close."""
    relayed = []
    for piece in pieces:
        relayed += decoder.feed(piece)
        if decoder.done:
            break
    relayed += decoder.close()
    return b"".join(chunk.data for chunk in relayed)


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


def test_a_missing_done_is_added_after_a_finish() -> None:
    relayed = relay(decoder_of(), [event(delta("a")), FINISH])

    assert relayed == event(delta("a")) + FINISH + DONE


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_last_event_without_its_blank_line_counts(end: bytes) -> None:
    decoder = decoder_of()

    relayed = relay(decoder, [event(delta("a")), FINISH, DONE.strip() + end])

    assert decoder.done
    assert relayed.rstrip() == (event(delta("a")) + FINISH + DONE).rstrip()


def test_a_last_event_with_a_name_and_without_its_blank_line_counts() -> None:
    relayed = relay(decoder_of(), [event(delta("a")), b"event: message\n" + FINISH.strip()])

    assert relayed.rstrip().endswith(b"data: [DONE]")


@pytest.mark.parametrize("pieces", [[], [ROLE], [ROLE, event(delta("a"))], [event(delta("a"))[:9]]])
def test_a_stream_that_ends_without_a_finish_is_broken(pieces: list[bytes]) -> None:
    with pytest.raises(DisconnectedError, match="before the answer was finished"):
        relay(decoder_of(), pieces)


def test_a_done_without_a_finish_is_broken() -> None:
    with pytest.raises(DisconnectedError, match="before the answer was finished"):
        relay(decoder_of(), [event(delta("a")), DONE])


def of_choice(index: int, **fields: Any) -> bytes:
    chunk = delta(**fields)
    chunk["choices"][0]["index"] = index
    return event(chunk)


def test_two_choices_both_have_to_finish() -> None:
    both = [of_choice(0, content="a"), of_choice(1, content="b")]
    decoder = decoder_of(choices=2)

    relayed = relay(decoder, [*both, of_choice(1, finish="stop"), of_choice(0, finish="length")])

    assert relayed.endswith(of_choice(0, finish="length") + DONE)


@pytest.mark.parametrize("end", [[], [DONE]])
def test_two_choices_of_which_one_never_finishes_are_broken(end: list[bytes]) -> None:
    both = [of_choice(0, content="a"), of_choice(1, content="b")]

    with pytest.raises(DisconnectedError, match="before the answer was finished"):
        relay(decoder_of(choices=2), [*both, of_choice(1, finish="stop"), *end])


def test_two_choices_may_finish_in_one_chunk() -> None:
    chunk = delta(finish="stop")
    chunk["choices"].append({**chunk["choices"][0], "index": 1})

    relayed = relay(decoder_of(choices=2), [event(delta("a")), event(chunk)])

    assert relayed.endswith(DONE)


def test_bytes_after_done_are_dropped() -> None:
    decoder = decoder_of()

    relayed = relay(decoder, [event(delta("a")) + FINISH + DONE + b"data: more\n\nda"])
    relayed += b"".join(chunk.data for chunk in decoder.feed(b"data: more\n\n"))

    assert relayed == event(delta("a")) + FINISH + DONE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "slow down", "code": 429}, RateLimitedError),
        ({"message": "slow down", "code": 429, "status": "RESOURCE_EXHAUSTED"}, RateLimitedError),
        ({"message": "no", "code": 400, "type": "BadRequestError"}, RejectedError),
        ({"message": "This model's maximum context length is 8.", "code": 400}, UpstreamContextError),
        ({"message": "boom", "type": "server_error", "code": None}, UpstreamError),
        ("boom", UpstreamError),
    ],
)
@pytest.mark.parametrize("before", [[], [event(delta("a"))]])
def test_an_error_object_in_the_stream_is_raised(
    before: list[bytes], error: object, expected: type[UpstreamError]
) -> None:
    with pytest.raises(UpstreamError) as raised:
        relay(decoder_of(), [*before, event({"error": error})])

    assert type(raised.value) is expected
    assert raised.value.message == (error["message"] if isinstance(error, dict) else error)


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_an_error_that_comes_as_json_instead_of_a_stream_is_raised(end: bytes) -> None:
    body = b'{"error": {"message": "slow down", "code": 429}}'

    with pytest.raises(RateLimitedError, match="slow down"):
        relay(decoder_of(), [body[:20], body[20:] + end])


@pytest.mark.parametrize("error", [None, False, {}, ""])
def test_an_empty_error_is_none(error: object) -> None:
    chunk = event({**delta("a"), "error": error})

    relayed = relay(decoder_of(), [chunk, FINISH, DONE])

    assert relayed == chunk + FINISH + DONE


@pytest.mark.parametrize(
    "payload",
    [
        b"{",
        b"nonsense",
        b"[]",
        b'{"choices": {}}',
        b'{"choices": [{"finish_reason": 1}]}',
        b'{"choices": [{"delta": {"content": "\xff"}}]}',
        b'{"choices": [{"delta": {"content": NaN}}]}',
        b'{"choices": [{"delta": {"content": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}]}",
    ],
)
def test_a_malformed_event_is_a_broken_answer(payload: bytes) -> None:
    with pytest.raises(DisconnectedError, match="malformed"):
        relay(decoder_of(), [b"data: " + payload + b"\n\n", FINISH, DONE])


def test_html_instead_of_a_stream_is_a_broken_answer() -> None:
    with pytest.raises(DisconnectedError):
        relay(decoder_of(), [b"<html>\n\n<body>Welcome</body>\n\n</html>"])


def test_one_token_per_event_is_estimated_as_such() -> None:
    decoder = decoder_of()

    relay(decoder, [ROLE, *[event(delta(" word")) for _ in range(100)], FINISH, DONE])

    assert 100 <= decoder.estimate() <= 150


def test_many_tokens_per_event_are_estimated_from_their_bytes() -> None:
    decoder = decoder_of()

    relay(decoder, [ROLE, *[event(delta("four" * 100)) for _ in range(10)], FINISH, DONE])

    assert 900 <= decoder.estimate() <= 1200


def test_the_estimate_hardly_depends_on_the_split() -> None:
    texts = ["The ", "sea is wide, ", "and it is ", "deep.\n", "Nobody ", "knows how ", "deep."] * 9
    events = [ROLE, *[event(delta(text)) for text in texts], FINISH, DONE]
    decoder, other = decoder_of(), decoder_of()

    relay(decoder, events)
    relay(other, [b"".join(events)])

    assert decoder.estimate() == pytest.approx(other.estimate(), rel=0.1)


def test_the_estimate_counts_what_came_before_the_break() -> None:
    decoder = decoder_of()

    decoder.feed(ROLE + event(delta("a")) + event(delta("b")) + event(delta("c"))[:-1])

    assert decoder.estimate() == 2


@pytest.mark.parametrize("pieces", [[], [ROLE], [b": keep-alive\n\n", ROLE]])
def test_nothing_said_is_estimated_as_nothing(pieces: list[bytes]) -> None:
    decoder = decoder_of()

    for piece in pieces:
        decoder.feed(piece)

    assert decoder.estimate() == 0
