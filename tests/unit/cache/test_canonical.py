"""Which texts ask the same in other dress."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.cache.canonical import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the capital of France?", "  what is  the capital of france "),
        ("WHAT IS THE CAPITAL OF FRANCE", "what is the capital of france?!"),
        ("Could you please explain gravity, thanks!", "Explain gravity."),
        ("Hello, how tall is Everest?", "how tall is everest"),
        ("Hi there! What's up", "what’s up"),  # noqa: RUF001 - what phones write
        ("Bitte erklär mir Fugen", "erklär mir Fugen"),
        ("Où est la gare, s'il vous plaît", "où est la gare"),
    ],
)
def test_dress_falls_away(one: str, other: str) -> None:
    assert fold(one) == fold(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Who are the US?", "Who are the us?"),
        ("What is C++?", "What is C?"),
        ("How do you say thanks?", "How do you say please?"),
        ("What is -5?", "What is 5?"),
        ("hello world in python", "world in python"),
        ("Is it 10%?", "Is it 10?"),
        ("Do not explain", "Explain"),
        ("What is 5!", "What is 5?"),
        ("What is .5 in percent?", "What is 5 in percent?"),
        ("What is .Net?", "What is net?"),
        ("What does !important do in CSS", "What does important do in CSS"),
        ("Was bedeutet Maße?", "Was bedeutet Masse?"),
        ("Good morning! How do you say that?", "Good evening! How do you say that?"),
        ("Put it into German. Thank you.", "Put it into German. Please."),
        ("Convert 5 mW to watts", "Convert 5 MW to watts"),
        ("How many feet are 5 m?", "How many feet are 5 M?"),
        ("Is vitamin A good", "Is vitamin a good"),
    ],
)
def test_what_counts_stays(one: str, other: str) -> None:
    assert fold(one) is None or fold(one) != fold(other)


@pytest.mark.parametrize(
    "text",
    [
        "Translate: Thank you",
        "What is 1,000?",
        "What is 1.5?",
        "Add 1, 23",
        "Is 'Us' a word",
        'Is "Us" a word',
        "run `ls`",
        "a\nb",
        "x = 1",
        "see example.com/Path",
        "f(x[0])",
        "snake_case",
        "x" * 3000,
        "",
        " ?!",
    ],
)
def test_where_every_sign_may_count_nothing_is_folded(text: str) -> None:
    assert fold(text) is None


@given(st.text())
def test_folding_never_raises_and_is_done_once(text: str) -> None:
    folded = fold(text)

    assert folded is None or folded.split() == folded.split(" ")


@given(st.lists(st.sampled_from(["why", "is", "water", "wet", "blue"]), min_size=1))
def test_case_space_and_final_marks_never_count_in_plain_words(words: list[str]) -> None:
    plain = " ".join(words)

    assert fold(f"  {'  '.join(words).capitalize()}?! ") == fold(plain)
