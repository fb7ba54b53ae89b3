"""What is kept of a chat completion: itself where it is plain, its sum where it is streamed."""

from typing import Any

import pytest

from tests.answers import DONE, USAGE, event
from tests.unit.cache.answers.giving import (
    HEAD,
    TOKENS,
    body_of,
    choice,
    chunk,
    kept_of,
    reason_of,
    stream_of,
    whole,
)
from tests.unit.nouns import usage


def test_a_plain_answer_is_kept_as_it_came() -> None:
    body = b'{ "choices":[{"message":{"content":"Hi"} ,"finish_reason":"stop"}],"new":1e2}\n'

    assert body_of([body[:9], body[9:]], stream=False) == body


def test_a_stream_becomes_the_completion_that_it_is() -> None:
    pieces = stream_of({"content": "Hel"}, {"content": "lo"}, usage=True)

    assert kept_of(pieces, stream=True) == whole(choice(), usage=USAGE)


def test_thoughts_and_annotations_are_put_together() -> None:
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "reasoning_content": "Let "},
        {"reasoning_content": "me", "reasoning": "Hm"},
        {"thinking_blocks": [{"type": "thinking", "thinking": "Let me", "signature": "s"}]},
        {"content": "Hello"},
        {"annotations": [{"type": "url_citation"}]},
        {"annotations": [{"type": "file_citation"}]},
    ]

    message = kept_of(stream_of(*deltas), stream=True)["choices"][0]["message"]

    assert message == {
        "role": "assistant",
        "content": "Hello",
        "reasoning_content": "Let me",
        "reasoning": "Hm",
        "thinking_blocks": [{"type": "thinking", "thinking": "Let me", "signature": "s"}],
        "annotations": [{"type": "url_citation"}, {"type": "file_citation"}],
    }


def test_logprobs_are_strung_together() -> None:
    pieces = [
        chunk({"role": "assistant", "content": ""}, logprobs={"content": [], "refusal": None}),
        *(chunk({"content": one["token"]}, logprobs={"content": [one]}) for one in TOKENS),
        chunk({}, finish="stop"),
        DONE,
    ]

    kept = kept_of(pieces, stream=True)["choices"][0]

    assert kept["logprobs"] == {"content": TOKENS, "refusal": None}


def test_fields_that_are_not_known_are_kept_as_they_are_at_the_end() -> None:
    first = {**HEAD, "id": "", "created": 0, "prompt_filter_results": [1], "choices": []}
    last = {**HEAD, "choices": [], "citations": ["a", "b"], "timings": {"ms": 2}}
    early = {**HEAD, "choices": [], "citations": ["a"], "timings": {"ms": 1}, "new": None}

    kept = kept_of(
        [event(first), event(early), *stream_of({"content": "Hello"})[:-1], event(last), DONE],
        stream=True,
    )

    assert kept == whole(
        choice(),
        prompt_filter_results=[1],
        citations=["a", "b"],
        timings={"ms": 2},
        new=None,
    )


def test_fields_of_a_choice_that_are_not_known_are_kept() -> None:
    pieces = [
        chunk({"role": "assistant"}, token_ids=[1], content_filter_results={"hate": {}}),
        chunk(
            {"content": "Hello"},
            token_ids=[2],
            content_filter_results={"hate": {"severity": "safe"}},
        ),
        chunk({}, finish="stop", stop_reason="###"),
        DONE,
    ]

    kept = kept_of(pieces, stream=True)["choices"][0]

    assert kept["token_ids"] == [1, 2]
    assert kept["content_filter_results"] == {"hate": {"severity": "safe"}}
    assert kept["stop_reason"] == "###"


def test_padding_is_not_kept() -> None:
    padded = {**HEAD, "choices": [], "obfuscation": "xxxx"}

    assert kept_of([event(padded), *stream_of({"content": "Hello"})], stream=True) == whole(
        choice()
    )


def test_a_role_in_every_chunk_is_one_role() -> None:
    deltas = [{"role": "assistant", "content": text} for text in ("Hel", "lo")]

    assert kept_of(stream_of(*deltas), stream=True) == whole(choice())


def test_an_answer_without_a_role_is_the_assistants() -> None:
    pieces = [chunk({"content": "Hello"}), chunk(None, finish="stop"), DONE]

    assert kept_of(pieces, stream=True) == whole(choice())


def test_choices_come_in_any_order() -> None:
    pieces = [
        chunk({"role": "assistant", "content": "B"}, index=1),
        chunk({"role": "assistant", "content": "A"}),
        chunk({"content": "b"}, index=1),
        chunk({"content": "a"}, finish="stop"),
        chunk({}, finish="stop", index=1),
        DONE,
    ]

    kept = kept_of(pieces, stream=True, choices=2)

    assert kept == whole(choice("Aa"), {**choice("Bb"), "index": 1})


def test_usage_that_the_stream_does_not_tell_is_the_attempts() -> None:
    pieces = stream_of({"content": "Hello"})

    kept = kept_of(pieces, stream=True, usage=usage(cached_tokens=4))

    assert kept["usage"] == {**USAGE, "prompt_tokens_details": {"cached_tokens": 4}}
    assert kept_of(pieces, stream=True, usage=usage())["usage"] == USAGE


@pytest.mark.parametrize("known", [None, usage(estimated=True)])
def test_usage_that_nobody_counted_is_not_made_up(known: Any) -> None:
    assert "usage" not in kept_of(stream_of({"content": "Hello"}), stream=True, usage=known)


def test_usage_that_the_stream_tells_is_left_alone() -> None:
    pieces = stream_of({"content": "Hello"}, usage=True)

    assert kept_of(pieces, stream=True, usage=usage(1, 1))["usage"] == USAGE


def test_usage_is_told_anew_with_every_chunk_by_some() -> None:
    counting = [event({**HEAD, "choices": [], "usage": {"prompt_tokens": n}}) for n in (1, 2)]
    nothing = event({**HEAD, "choices": [], "usage": None})

    kept = kept_of([*counting, nothing, *stream_of({"content": "Hello"})], stream=True)

    assert kept["usage"] == {"prompt_tokens": 2}


def test_what_follows_the_end_counts_for_nothing() -> None:
    pieces = [*stream_of({"content": "Hello"}), chunk({"content": "!"}), b"data: {\n\n"]

    assert kept_of(pieces, stream=True) == whole(choice())


def test_every_beginning_of_a_stream_is_cut_off() -> None:
    stream = b"".join(stream_of({"content": "Hello"}, usage=True))

    for end in range(len(stream)):
        assert reason_of([stream[:end]], stream=True) == "cut off"
