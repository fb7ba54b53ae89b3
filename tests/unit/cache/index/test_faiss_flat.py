"""Slots in blocks of memory."""

import numpy as np
import pytest

from tests.unit.cache.index.vectors import name, vectors
from wrp_proxy.cache.index.faiss_flat import FaissFlat

ROWS = vectors(8300)
"""More than one block has."""


@pytest.fixture
def index() -> FaissFlat:
    index = FaissFlat(8, "half")
    for number, vector in enumerate(ROWS):
        index.put(name(number), vector)
    return index


def test_the_nearest_of_several_blocks_are_found(index: FaissFlat) -> None:
    found = index.search(ROWS[0], 20)

    cosines = np.sort(ROWS @ ROWS[0])[::-1][:20]
    assert [cosine for _, cosine in found] == pytest.approx(cosines, abs=2e-3)
    assert found[0][0] == name(0)


def test_the_last_vector_moves_from_its_block_to_where_one_is_removed(index: FaissFlat) -> None:
    assert index.remove(name(5)) == 5

    assert index.ids()[5] == name(8299)
    assert index.search(ROWS[8299], 1)[0][0] == name(8299)
    assert index.search(ROWS[5], 1)[0][0] != name(5)


def test_what_remains_is_found_when_blocks_have_gone(index: FaissFlat) -> None:
    for number in range(8290):
        index.remove(name(number))

    found = index.search(ROWS[8295], 100)

    assert found[0][0] == name(8295)
    assert {entry_id for entry_id, _ in found} == {name(number) for number in range(8290, 8300)}


def test_only_slots_whose_bit_is_set_are_looked_at(index: FaissFlat) -> None:
    wanted = np.zeros(len(index), np.bool_)
    wanted[[3, 8191, 8192, 8299]] = True

    found = index.search_among(np.packbits(wanted, bitorder="little"), ROWS[8192], 10)

    assert {entry_id for entry_id, _ in found} == {name(3), name(8191), name(8192), name(8299)}
    assert found[0][0] == name(8192)


def test_rows_are_copied_from_any_block(index: FaissFlat) -> None:
    rows = index.rows(np.array([1, 8191, 8192, 8299]))

    assert rows == pytest.approx(ROWS[[1, 8191, 8192, 8299]], abs=1e-3)


@pytest.mark.parametrize(("precision", "nbytes"), [("half", 2), ("full", 4)])
def test_memory_is_told_by_what_is_used(precision: str, nbytes: int) -> None:
    index = FaissFlat(8, "full" if precision == "full" else "half")
    for number in range(100):
        index.put(name(number), ROWS[number])

    assert index.nbytes == 100 * 8 * nbytes
