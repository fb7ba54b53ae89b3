import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.learning.packing import field_of, is_text, key_of, pack, unpack

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, max_size=50), finite)
def test_what_is_packed_comes_back_to_the_last_bit(values: list[float], at: float) -> None:
    assert unpack(pack(values, at)) == (tuple(values), at)


@given(st.binary(max_size=64))
def test_bytes_of_whatever_kind_raise_nothing(packed: bytes) -> None:
    unpack(packed)
    key_of(packed)


@pytest.mark.parametrize("packed", [b"", b"short", struct.pack("<2d", 1.0, math.nan)])
def test_what_makes_no_sense_is_nothing(packed: bytes) -> None:
    assert unpack(packed) is None


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 1000))
def test_a_field_names_key_and_length(key: str, length: int) -> None:
    assert key_of(field_of(key, length)) == (key, length)


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    assert is_text("température|modèle")
    assert not is_text("\ud800")
