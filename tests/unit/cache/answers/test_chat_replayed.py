"""How a chat completion is given again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import DONE, USAGE
from tests.unit.cache.answers.giving import HEAD, TOKENS, choice, chunks_in, replay, whole
from wrp_proxy.cache.answers.events import MAX_PIECE_BYTES
from wrp_proxy.cache.answers.telling import cut

LONG = "The quick brown fox jumps over the lazy dog. " * 20


def deltas_in(pieces: Any) -> list[Any]:
    return [one["delta"] for said in chunks_in(pieces) for one in said["choices"]]


def test_a_plain_answer_is_the_very_bytes() -> None:
    body = b'{ "choices":[{"message":{"content":"Hi"} ,"finish_reason":"stop"}],"new":1e2}\n'

    pieces = replay(body, stream=False)

    assert len(pieces) == 1
    assert pieces[0] is body


def test_a_short_stream_byte_by_byte() -> None:
    head = (
        b'data: {"id":"chatcmpl-7","created":1700000000,"model":"mock-1-2026-01-01",'
        b'"service_tier":"default","system_fingerprint":"fp_1","object":"chat.completion.chunk",'
        b'"choices":['
    )
    usage = json.dumps(USAGE, separators=(",", ":")).encode()

    pieces = replay(whole(choice(refusal=None), usage=USAGE), wants_usage=True)

    assert pieces == [
        head + b'{"index":0,"delta":{"role":"assistant","content":"","refusal":null},'
        b'"finish_reason":null}]}\n\n'
        + head
        + b'{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}\n\n',
        head
        + b'{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\n'
        + head
        + b'],"usage":'
        + usage
        + b"}\n\n"
        + DONE,
    ]


def test_usage_is_told_only_when_asked_for() -> None:
    completion = whole(choice(), usage=USAGE)

    without, asked = replay(completion), replay(completion, wants_usage=True)

    assert not any("usage" in said for said in chunks_in(without))
    assert [said["usage"] for said in chunks_in(asked) if "usage" in said] == [USAGE]
    assert chunks_in(asked)[-1]["choices"] == []


@pytest.mark.parametrize("usage", [{}, {"usage": None}])
def test_usage_that_is_not_known_is_not_told(usage: Any) -> None:
    pieces = replay(whole(choice(), **usage), wants_usage=True)

    assert not any("usage" in said for said in chunks_in(pieces))


def test_a_long_answer_comes_in_few_chunks_and_fewer_pieces() -> None:
    texts = [delta["content"] for delta in deltas_in(replay(whole(choice(LONG)))) if delta]

    assert "".join(texts) == LONG
    assert 20 <= len(texts) <= 34
    assert all(text.startswith(" ") for text in texts[2:])
    assert len(replay(whole(choice(LONG)))) == 2


def test_a_huge_answer_comes_in_pieces_of_bounded_size() -> None:
    first, *rest = replay(whole(choice(LONG * 200)))

    assert len(rest) > 4
    assert max(map(len, (first, *rest))) <= MAX_PIECE_BYTES
    assert all(piece.endswith(b"\n\n") for piece in rest)


def test_the_first_piece_has_the_role_and_the_first_words() -> None:
    first, *_ = replay(whole(choice(LONG)))

    assert b'"role":"assistant"' in first
    assert b'"content":"The quick' in first


def test_thoughts_come_before_the_text_and_annotations_after_it() -> None:
    said = choice(
        "Yes", reasoning_content="Let me", annotations=[{"type": "url_citation"}], tool_calls=[]
    )

    assert deltas_in(replay(whole(said))) == [
        {"role": "assistant", "content": "", "tool_calls": []},
        {"reasoning_content": "Let me"},
        {"content": "Yes"},
        {"annotations": [{"type": "url_citation"}]},
        {},
    ]


def test_a_thought_under_two_names_is_told_once() -> None:
    said = choice("Yes", reasoning_content="Hm", reasoning="Hm")

    assert {"reasoning_content": "Hm", "reasoning": "Hm"} in deltas_in(replay(whole(said)))


def test_two_thoughts_under_two_names_are_told_one_after_the_other() -> None:
    said = choice("Yes", reasoning_content="Hm", reasoning="Ah")

    assert deltas_in(replay(whole(said)))[1:3] == [{"reasoning_content": "Hm"}, {"reasoning": "Ah"}]


def test_logprobs_stand_beside_the_whole_text() -> None:
    said = {**choice(LONG), "logprobs": {"content": TOKENS, "refusal": None}}

    told = [one["choices"][0] for one in chunks_in(replay(whole(said)))]

    spoken = [one for one in told if "logprobs" in one]
    assert [one["delta"] for one in spoken] == [{"content": LONG}]
    assert spoken[0]["logprobs"] == said["logprobs"]


def test_each_choice_is_told_to_its_end() -> None:
    said = whole(choice("A"), {**choice("B"), "index": 1, "stop_reason": "###"})

    told = [one["choices"][0] for one in chunks_in(replay(said))]

    assert [one["index"] for one in told] == [0, 0, 0, 1, 1, 1]
    assert [one["finish_reason"] for one in told] == [None, None, "stop", None, None, "stop"]
    assert told[-1]["stop_reason"] == "###"


def test_every_chunk_says_whose_it_is_and_the_first_says_all() -> None:
    told = chunks_in(replay(whole(choice(), citations=["a"], usage=USAGE), wants_usage=True))

    assert all(said.items() >= HEAD.items() for said in told)
    assert {said["object"] for said in told} == {"chat.completion.chunk"}
    assert [said.get("citations") for said in told] == [["a"], *[None] * (len(told) - 1)]


@given(st.text())
def test_a_text_that_is_cut_is_the_same_text(text: str) -> None:
    pieces = cut(text)

    assert "".join(pieces) == text
    assert all(pieces)
    assert len(pieces) <= 32


def test_a_text_without_spaces_is_cut_all_the_same() -> None:
    pieces = cut("道可道非常道" * 100)

    assert 2 < len(pieces) <= 32
