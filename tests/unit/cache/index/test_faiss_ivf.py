"""A division into cells, while vectors come and go."""

import numpy as np
import pytest

from tests.unit.cache.index.vectors import name, vectors
from wrp_proxy.cache.index.cells import train_cells
from wrp_proxy.cache.index.faiss_flat import FaissFlat
from wrp_proxy.cache.index.faiss_ivf import FaissIvf

ROWS = vectors(4000, dimensions=16)
"""More cells are made of them than are searched."""


def flat() -> FaissFlat:
    index = FaissFlat(16, "half")
    for number, vector in enumerate(ROWS):
        index.put(name(number), vector)
    return index


@pytest.fixture
def ivf() -> FaissIvf:
    return FaissIvf(flat(), train_cells(ROWS, 200))


def place(ivf: FaissIvf, slots: "np.typing.NDArray[np.int64]") -> None:
    rows = ivf.flat.rows(slots)
    ivf.place(slots, rows, ivf.cells_of(rows))


def test_everything_is_searched_before_cells_are_known(ivf: FaissIvf) -> None:
    assert ivf.search(ROWS[7], 50) == ivf.flat.search(ROWS[7], 50)


def test_cells_far_away_are_not_searched_once_they_are_known(ivf: FaissIvf) -> None:
    place(ivf, np.arange(4000))

    found = ivf.search(ROWS[7], 4000)

    assert 0 < len(found) < 3000
    assert found[:5] == ivf.flat.search(ROWS[7], 5)


def test_a_new_vector_is_put_into_its_cell(ivf: FaissIvf) -> None:
    place(ivf, np.arange(4000))
    new = vectors(300, dimensions=16, seed=1)

    for number, vector in enumerate(new):
        ivf.put(name(9000 + number), vector)

    assert [ivf.search(vector, 1)[0][0] for vector in new] == [
        name(9000 + number) for number in range(300)
    ]


def test_a_vector_that_changed_meanwhile_is_left_where_it_is_always_found(ivf: FaissIvf) -> None:
    slots = np.arange(4000)
    rows = ivf.flat.rows(slots)
    cells = ivf.cells_of(rows)
    ivf.flat.put(name(7), -ROWS[7])
    ivf.remove(name(8))

    ivf.place(slots, rows, cells)

    assert ivf.search(-ROWS[7], 1)[0][0] == name(7)
    assert ivf.search(ROWS[3999], 1)[0][0] == name(3999)
    assert len(ivf) == 3999
