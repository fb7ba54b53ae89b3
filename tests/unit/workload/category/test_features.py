"""Any text becomes a vector of length 1, the same each time, within bounds."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workload.category.shipped import FEATURES
from wrp_proxy.workload.category.features import DIMENSIONS, HASHED, excerpt

HOSTILE = {
    "half a pair": "\ud83d",
    "other half": "a\udfffb",
    "zeros": "\x00" * 3000,
    "marks": "e" + "\u0301" * 3000,
    "bidi": "\u202e" * 3000,
    "braces": "{" * 3000,
    "one word": "a" * 3000,
    "family": "👨‍👩‍👧‍👦" * 300,
    "wide": "\uff41" * 3000,
    "control tokens": "[CLS] [SEP] [PAD] [MASK] [UNK]" * 80,
    "cjk": "数学の問題" * 600,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_vectors_like_others(text: str) -> None:
    vector = FEATURES.of(text)

    assert vector.shape == (DIMENSIONS,)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-3) or not vector.any()


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_a_text_has_the_same_vector_each_time(text: str) -> None:
    vector = FEATURES.of(text)

    assert np.array_equal(vector, FEATURES.of(text))
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-3) or not vector.any()


@pytest.mark.parametrize("text", ["", "   ", "\n\t ", "\x00", "\u200b\u200b"])
def test_without_words_all_is_zero(text: str) -> None:
    assert not FEATURES.of(text).any()


@pytest.mark.parametrize("text", ["🙂", "数学", "Здравствуйте", "مرحبا", "?"])
def test_a_sign_of_any_script_is_seen(text: str) -> None:
    assert FEATURES.of(text).any()


def test_of_a_long_text_both_ends_count_and_no_more() -> None:
    text = "a" * 1600 + "middle" * 100_000 + "z" * 800

    assert excerpt(text) == "a" * 1600 + " " + "z" * 800
    assert np.array_equal(FEATURES.of(text), FEATURES.of("a" * 1600 + " " + "z" * 800))


@given(st.text(max_size=4000))
def test_an_excerpt_of_an_excerpt_is_the_same(text: str) -> None:
    once = excerpt(text)

    assert len(once) <= 2401
    assert excerpt(once) == once


def test_the_order_of_words_counts_among_the_hashed() -> None:
    one, other = FEATURES.of("dog bites man"), FEATURES.of("man bites dog")

    assert not np.allclose(one[:HASHED], other[:HASHED])
    assert np.allclose(one[HASHED:], other[HASHED:], atol=1e-5)


@pytest.mark.anyio
async def test_many_threads_get_what_one_gets() -> None:
    texts = [f"Question {number}: what is {number} plus {number}?" for number in range(200)]
    alone = [FEATURES.of(text) for text in texts]

    together = await asyncio.gather(*(asyncio.to_thread(FEATURES.of, text) for text in texts))

    assert np.array_equal(alone, together)
