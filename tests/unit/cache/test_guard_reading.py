"""How a text is read: its words, numbers, stems, and what it is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.cache.guard.folding import fold
from wrp_proxy.cache.guard.numbers import scaled, written
from wrp_proxy.cache.guard.reading import content_words, read
from wrp_proxy.cache.guard.stems import stem
from wrp_proxy.cache.guard.synonyms import GROUPS
from wrp_proxy.cache.guard.tokens import tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What\u2019s new?", ["what", "new"]),
        ("don't", ["do", "not"]),
        ("l\u2019hôtel", ["l", "hôtel"]),
        ("gluten-free (nut-free) pesto", ["gluten", "free", "nut", "free", "pesto"]),
        ("pub/sub, name,age", ["pub", "sub", "name", "age"]),
        ("the U.S. and the US", ["the", "usa", "and", "the", "usa"]),
        ("TELL US NOW", ["tell", "us", "now"]),
        ("C++ node.js foo_bar -v #1", ["c++", "node.js", "foo_bar", "-v", "#1"]),
        ("an 18-year-old's **bold** ` -- ?", ["an", "18", "year", "old", "bold"]),
        ("Rs.15000", ["rs", "15000"]),
        ("去北京iPhone", ["去", "北", "京", "iphone"]),
        ("a\u200bb \u0661\u0662 ½", ["ab", "12", "1/2"]),
    ],
)
def test_words_are_told_apart(text: str, words: list[str]) -> None:
    assert [token.text for token in tokens(fold(text))] == words


@pytest.mark.parametrize(
    ("chunk", "words"),
    [
        ("£2,700", ("2700", "pound")),
        ("$1.5m", ("1500000", "dollar")),
        ("15k", ("15000",)),
        ("100gb", ("100", "gb")),
        ("5%", ("5", "percent")),
        ("20°c", ("20", "c")),
        ("-5", ("-5",)),
        ("1st", ("first",)),
        ("21st", ("21",)),
        ("10:30", ("10:30",)),
        ("p60", None),
        ("mp3", None),
        ("12abc", None),
    ],
)
def test_written_numbers_come_with_their_units(chunk: str, words: tuple[str, ...] | None) -> None:
    assert written(chunk) == words


@given(value=st.integers(0, 10**9), power=st.integers(0, 12))
def test_a_scaled_number_is_that_many_times_as_large(value: int, power: int) -> None:
    assert scaled(str(value), power) == str(value * 10**power)


@pytest.mark.parametrize(
    "forms",
    [
        "make makes making made",
        "study studies studying studied",
        "stop stops stopping stopped",
        "migrate migrates migrating migration",
        "travel traveling travelling travelled",
        "child children",
        "easy easily easier easiest",
        "big bigger biggest",
        "use uses using used usage",
        "prevent preventing prevention",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("refund", "refundable"),
        ("employer", "employee"),
        ("interest", "inter"),
        ("state", "station"),
        ("new", "news"),
        ("organ", "organic"),
        ("suitable", "unsuitable"),
    ],
)
def test_different_words_have_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_no_word_has_synonyms_of_two_kinds() -> None:
    groups = [{stem(word) for word in group.split()} for group in GROUPS.strip().splitlines()]

    assert sum(map(len, groups)) == len(set().union(*groups))


def test_the_language_is_known_by_its_small_words() -> None:
    german = read("Wie kann ich das ändern?")

    assert "wie" in german.questions
    assert not german.is_english
    assert read("How can I change that?").is_english
    assert not read("change password windows").is_english


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("What about it?", 0),
        ("and the blue one?", 1),
        ("thanks, what does that cost?", 1),
        ("How long does the blue kettle take to boil 2 litres?", 7),
        ("Was kostet das?", 2),
        ("", 0),
    ],
)
def test_content_words_are_those_that_carry_meaning(text: str, count: int) -> None:
    assert len(content_words(text)) == count
