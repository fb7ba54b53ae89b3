"""Questions are recognised by short sketches; nothing that was asked is kept."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.grading.asking import Asked, alike, asked, jaccard

QUESTION = "How do I reset the password of my account when the email does not arrive?"


def of(text: object, *before: str) -> Asked | None:
    messages = [{"role": "user", "content": one} for one in (*before, text)]
    return asked({"messages": messages}, None)


def sure(text: object, *before: str) -> Asked:
    found = of(text, *before)
    assert found is not None
    return found


def test_case_space_and_punctuation_do_not_make_another_question() -> None:
    assert sure("What is  the tide, today?").digest == sure("what is the tide today").digest
    assert sure("What is the tide today?").digest != sure("What is the tide tomorrow?").digest


def test_the_last_text_of_a_user_counts_and_the_turns_are_numbered() -> None:
    found = sure([{"type": "text", "text": "And now?"}, {"type": "image_url"}], "Hello")

    assert (found.turn, found.digest) == (2, sure("and now").digest)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": "no list"},
        {"messages": [None, "odd", {"role": "assistant", "content": "Hello"}]},
        {"messages": [{"role": "user", "content": None}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}, "odd"]}]},
        {"messages": [{"role": "user", "content": "  "}]},
    ],
)
def test_without_words_of_a_user_nothing_was_asked(body: dict[str, Any]) -> None:
    assert asked(body, None) is None


def test_a_word_more_is_nearly_the_same_and_another_topic_is_not() -> None:
    again, other = (
        f"{QUESTION} please",
        "Write a poem about the sea in the style of Heine, with rhymes.",
    )

    assert alike(sure(QUESTION), sure(again)) > 0.9
    assert alike(sure(QUESTION), sure(other)) < 0.35
    assert alike(sure(QUESTION), sure(QUESTION)) == 1.0


def test_features_go_before_words_where_both_have_them() -> None:
    body = {"messages": [{"role": "user", "content": QUESTION}]}
    one, two = np.array([1, 0], np.float32), np.array([0.6, 0.8], np.float32)
    first, second = asked(body, one), asked(body, two)

    assert first is not None
    assert second is not None
    assert alike(first, second) == pytest.approx(0.6)


def test_long_texts_are_compared_by_a_sample_that_is_near_the_truth() -> None:
    rng = np.random.default_rng(1)
    words = [f"w{n}" for n in rng.integers(0, 10**6, 110)]
    text, changed = " ".join(words), " ".join([*words[:100], *(f"x{n}" for n in range(10))])
    shingles = [{t[i : i + 3] for i in range(len(t) - 2)} for t in (text, changed)]
    truth = len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])

    assert jaccard(sure(text).sketch, sure(changed).sketch) == pytest.approx(truth, abs=0.06)


def test_what_is_remembered_is_small() -> None:
    found = sure("word and number " * 100_000)

    assert found.sketch.nbytes <= 1024
    assert found.is_long
    assert not found.is_short


@given(st.text(), st.text())
def test_likeness_is_from_0_to_1_and_the_same_both_ways(one: str, two: str) -> None:
    first, second = of(one), of(two)
    if first is None or second is None:
        return

    assert 0 <= jaccard(first.sketch, second.sketch) <= 1
    assert jaccard(first.sketch, second.sketch) == jaccard(second.sketch, first.sketch)
    assert jaccard(first.sketch, first.sketch) == 1
