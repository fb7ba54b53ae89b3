"""Texts are classed by their script and their digits, in no more than thirty classes."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.workload.context_length import byte_length
from wrp_proxy.workload.text_class import text_class_of

PROSE = "The sea is wide, and nobody knows how deep it is. " * 40


def class_of(text: str) -> str:
    return text_class_of(text, byte_length(text))


@pytest.mark.parametrize(
    ("text", "text_class"),
    [
        (PROSE, "ascii/0"),
        (PROSE + "café " * 5, "ascii/0"),
        ("Das Meer ist weit, und niemand weiß, wie tief es ist. " * 20, "accented/0"),
        ("Море широко, и никто не знает, как оно глубоко. " * 20, "mixed/0"),  # noqa: RUF001 - Russian
        ("海は広い。誰もその深さを知らない。" * 40, "wide/0"),
        ('{"id": "2f81c09a7715", "price": 18.25}, ' * 60, "ascii/5"),
        (b64encode(bytes(range(256)) * 8).decode(), "packed/3"),
        ("", "packed/0"),
    ],
)
def test_script_and_digits_make_the_class(text: str, text_class: str) -> None:
    assert class_of(text) == text_class


def test_digits_count_wherever_they_stand() -> None:
    assert class_of(PROSE + "7" * 100) == "ascii/2"
    assert class_of("7" * 100 + PROSE) == "ascii/2"
    assert class_of(PROSE + "7" * 1000) == "ascii/5"


@pytest.mark.parametrize("width", range(2, 40))
def test_the_columns_of_a_table_do_not_mislead(width: int) -> None:
    table = ("7" + "a " * width)[:width] * (60_000 // width)

    steps = abs(
        int(class_of(table)[-1]) - sum(1 / width > s for s in (0.01, 0.03, 0.08, 0.16, 0.28))
    )

    assert steps <= 1


@given(st.text(st.characters(), max_size=200))
def test_there_are_no_more_than_thirty_classes(text: str) -> None:
    script, _, digits = class_of(text).partition("/")

    assert script in {"ascii", "accented", "mixed", "wide", "packed"}
    assert digits in set("012345")
