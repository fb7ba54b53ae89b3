"""The input of a custom tool is read out of JSON while that is still being written."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pieces import places
from wrp_proxy.dialects.responses.arguments import CustomInput


def read(fragments: list[str]) -> tuple[str, str]:
    """Return the deltas, joined, and the text as it stands in the end."""
    arguments = CustomInput()
    deltas = [arguments.feed(fragment) for fragment in fragments]
    return "".join([*deltas, arguments.close()]), arguments.text


@given(st.text(st.characters(codec="utf-8")), places, st.booleans())
def test_any_input_comes_out_as_it_was_meant(text: str, places: list[int], ascii_: bool) -> None:
    whole = json.dumps({"input": text}, ensure_ascii=ascii_)
    bounds = sorted({place % (len(whole) + 1) for place in places} | {0, len(whole)})
    fragments = [whole[a:b] for a, b in pairwise(bounds)]

    assert read(fragments) == (text, text)
    assert read(list(whole)) == (text, text)


def test_the_input_grows_with_each_fragment() -> None:
    arguments = CustomInput()

    assert [arguments.feed(piece) for piece in ('{ "input" : "a', "b\\", "nc", '"}')] == [
        "a",
        "b",
        "\nc",
        "",
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("*** Begin Patch", "*** Begin Patch"),
        ('"just a text"', "just a text"),
        ('{"patch": "p"}', "p"),
        ('{"why": "w", "input": "p"}', "p"),
        ('{"a": "1", "b": "2"}', '{"a": "1", "b": "2"}'),
        ("", ""),
        ('{"input": "a\nb"}', "a\nb"),
        ('{"input": "\\ud83dx"}', "?x"),
        ('{"input": "cut o', "cut o"),
    ],
)
def test_a_model_that_does_not_keep_to_the_form_is_taken_at_its_word(
    raw: str, expected: str
) -> None:
    assert read([raw]) == (expected, expected)
