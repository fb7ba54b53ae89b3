"""What every verifier promises of any two texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrp_proxy.cache.base import Verifier
from wrp_proxy.cache.guard.guard import MAX_CHARACTERS, LexicalGuard
from wrp_proxy.cache.guard.words import word_set
from wrp_proxy.cache.verifier.learned import LearnedVerifier

VERIFIERS: dict[str, Verifier] = {
    "guard": LexicalGuard(),
    "strict guard": LexicalGuard(strict=True),
    **{f"learned {name}": LearnedVerifier.load(name) for name in ("strict", "balanced", "lenient")},
}
WORDS = sorted(
    word_set(
        "how do i the to from not never no two 2 first all best reset password order refund before"
        " after without cheap paris rome 6s c++ x = y + £50 15k twenty five usa and or than is"
        " nicht kein zwei je ne pas trois 不 从 北 到 ない website web site unpaid paid painless"
        " pain"
    )
)
PIECES = (
    *("'", "a'b", "a-", "a.", "(", "a/b", "1", "1.", "1,", "-", "*", "@", "un", "Aa1_", "http://"),
    *("twenty ", "get use make ", "从北", "😀", "\u200d", "a\u0301", "²", "\x00", "\u0661"),
)
texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join),
)
similarities = st.floats(-1, 1)


@pytest.fixture(scope="module", params=VERIFIERS)
def verifier(request: pytest.FixtureRequest) -> Verifier:
    return VERIFIERS[request.param]


@settings(max_examples=25)
@given(asked=texts, known=texts, similarity=similarities)
def test_any_two_texts_get_an_answer_that_fits_a_line(
    verifier: Verifier, asked: str, known: str, similarity: float
) -> None:
    reason = verifier.refuse(asked, known, similarity)

    assert reason is None or (0 < len(reason) <= 120 and reason.isprintable())


@settings(max_examples=25)
@given(asked=texts, known=texts, similarity=similarities)
def test_the_order_of_two_texts_does_not_matter(
    verifier: Verifier, asked: str, known: str, similarity: float
) -> None:
    there = verifier.refuse(asked, known, similarity)
    back = verifier.refuse(known, asked, similarity)

    assert (there is None) == (back is None)


@settings(max_examples=25)
@given(text=texts, similarity=similarities)
def test_a_text_is_never_refused_for_itself(
    verifier: Verifier, text: str, similarity: float
) -> None:
    assert verifier.refuse(text, text, similarity) is None


@settings(max_examples=25)
@given(
    words=st.lists(st.from_regex(r"[a-z]{1,12}", fullmatch=True), min_size=1, max_size=12),
    space=st.sampled_from([" ", "  ", "\n", "\t", "\u00a0"]),
    end=st.sampled_from(["", "?", ".", "!", "...", " ?"]),
    case=st.sampled_from([str.upper, str.title, str.capitalize, str.lower]),
)
def test_case_white_space_and_the_last_mark_do_not_matter(
    verifier: Verifier, words: list[str], space: str, end: str, case: object
) -> None:
    assert callable(case)

    assert verifier.refuse(" ".join(words), case(space.join(words)) + end, 0.99) is None


@pytest.mark.parametrize("longer", ["a" * (MAX_CHARACTERS + 1), "word " * MAX_CHARACTERS])
def test_long_texts_are_not_compared(verifier: Verifier, longer: str) -> None:
    assert verifier.refuse(longer, longer, 1.0) == "too long to compare"
    assert verifier.refuse("short", longer, 1.0) == "too long to compare"


@pytest.mark.parametrize("piece", PIECES)
def test_texts_of_one_piece_over_and_over_get_an_answer(verifier: Verifier, piece: str) -> None:
    long = (piece * MAX_CHARACTERS)[: MAX_CHARACTERS - 1]

    verifier.refuse(long, f"{long[:-5]} else", 1.0)

    assert verifier.refuse(long, long, 1.0) is None
