"""Ways in which a network may cut bytes."""

from itertools import pairwise

from hypothesis import strategies as st

MAX_CUTS = 12


def cut(whole: bytes, places: list[int]) -> list[bytes]:
    """Cut at these places, which may lie anywhere: they are taken modulo the length."""
    bounds = sorted({place % (len(whole) + 1) for place in places} | {0, len(whole)})
    return [whole[start:end] for start, end in pairwise(bounds)]


def single_bytes(whole: bytes) -> list[bytes]:
    return [whole[place : place + 1] for place in range(len(whole))]


places = st.lists(st.integers(0, 2**16), max_size=MAX_CUTS)
