"""How streams end, well or badly, and what is reckoned where no usage came."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.answers import DONE, delta, event
from tests.unit.providers.streams import FINISH, ROLE, decoder_of, relay
from wrp_proxy.errors import (
    DisconnectedError,
    RateLimitedError,
    RejectedError,
    UpstreamContextError,
    UpstreamError,
)


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


@pytest.mark.parametrize("pieces", [[], [b"\n"], [ROLE], [ROLE, event(delta("a"))]])
def test_a_stream_that_ends_without_a_finish_is_broken(pieces: list[bytes]) -> None:
    with pytest.raises(DisconnectedError, match="before the answer was finished"):
        relay(decoder_of(), pieces)


def test_a_stream_that_ends_within_an_event_is_broken() -> None:
    with pytest.raises(DisconnectedError):
        relay(decoder_of(), [event(delta("a")), FINISH[:-20]])


@pytest.mark.parametrize("cut", [b"d", b"data: [", b"data: [DON", b'data: {"id": "chat'])
def test_what_is_cut_off_after_the_last_finish_is_left_out(cut: bytes) -> None:
    relayed = relay(decoder_of(), [event(delta("a")), FINISH, cut])

    assert relayed == event(delta("a")) + FINISH + DONE


@pytest.mark.parametrize("odd", [b"<html>", b"{", b"[]"])
def test_what_is_no_chunk_breaks_a_stream_that_has_begun(odd: bytes) -> None:
    decoder = decoder_of()
    decoder.feed(event(delta("a")))

    with pytest.raises(DisconnectedError):
        relay(decoder, [b"data: " + odd + b"\n\n", FINISH])


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
    relayed = relay(decoder_of(), [event(delta("a")) + FINISH + DONE + b"data: more\n\nda"])

    assert relayed == event(delta("a")) + FINISH + DONE


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "slow down", "code": 429}, RateLimitedError),
        ({"message": "slow down", "code": 429, "status": "RESOURCE_EXHAUSTED"}, RateLimitedError),
        ({"message": "no", "code": 400, "type": "BadRequestError"}, RejectedError),
        (
            {"message": "This model's maximum context length is 8.", "code": 400},
            UpstreamContextError,
        ),
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


def test_what_stands_before_an_error_in_one_piece_still_goes_out() -> None:
    decoder = decoder_of()

    chunks = decoder.feed(ROLE + event(delta("a")) + event({"error": {"code": 429}}) + DONE)

    assert b"".join(chunk.data for chunk in chunks) == ROLE + event(delta("a"))
    assert decoder.done
    with pytest.raises(RateLimitedError):
        decoder.close()


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
        b'{"choices": [{"delta": {"content": "\xff"}}]}',
        b'{"choices": [{"delta": {"content": NaN}}]}',
        b'{"choices": [{"delta": {"content": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}]}",
    ],
)
def test_a_malformed_event_is_a_broken_answer(payload: bytes) -> None:
    with pytest.raises(DisconnectedError, match="malformed"):
        relay(decoder_of(), [b"data: " + payload + b"\n\n", FINISH, DONE])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
odd_choices = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("index", "delta", "finish_reason"), json_values)
)
odd_events = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.lists(odd_choices, max_size=2) | json_values,
        "usage": json_values | st.dictionaries(st.just("prompt_tokens"), json_values),
        "error": json_values,
    },
)


@given(st.lists(odd_events, max_size=4))
@example([{"choices": [{"index": [], "finish_reason": "stop"}]}])
def test_no_event_does_more_than_break_the_answer(events: list[dict[str, Any]]) -> None:
    try:
        relayed = relay(decoder_of(), [event(each) for each in events])
    except UpstreamError:
        relayed = DONE

    assert relayed.endswith(DONE)


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
