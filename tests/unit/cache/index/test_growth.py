"""Partitions that grow from one kind of index to the next."""

import pytest

from tests.unit.cache.index.vectors import name, vectors
from wrp_proxy.cache.index.cells import Cells
from wrp_proxy.cache.index.faiss_flat import FaissFlat
from wrp_proxy.cache.index.faiss_ivf import FaissIvf
from wrp_proxy.cache.index.growth import GrowingPartitions, Sizes
from wrp_proxy.cache.index.numpy_index import NumpyIndex

ROWS = vectors(160)


@pytest.fixture
def partitions() -> GrowingPartitions:
    return GrowingPartitions(Sizes(flat=4, half=8, divided=16, full_partitions=1))


def fill(partitions: GrowingPartitions, count: int, partition: bytes = b"p") -> None:
    for number in range(count):
        partitions.put(partition, name(number), ROWS[number])


@pytest.mark.parametrize(
    ("count", "kind", "precision"),
    [(3, NumpyIndex, None), (4, FaissFlat, "full"), (7, FaissFlat, "full"), (8, FaissFlat, "half")],
)
def test_the_kind_of_index_depends_on_the_number_of_vectors(
    partitions: GrowingPartitions, count: int, kind: type, precision: str | None
) -> None:
    fill(partitions, count)

    index = partitions.find(b"p")

    assert index is not None
    assert isinstance(index, kind)
    assert getattr(index, "precision", None) == precision
    assert sorted(index.ids()) == [name(number) for number in range(count)]


def test_full_precision_is_free_again_when_a_partition_has_outgrown_it(
    partitions: GrowingPartitions,
) -> None:
    fill(partitions, 4, b"first")
    fill(partitions, 4, b"second")
    fill(partitions, 8, b"first")
    fill(partitions, 4, b"third")

    kinds = [partitions.find(partition) for partition in (b"first", b"second", b"third")]

    assert [getattr(kind, "precision", None) for kind in kinds] == ["half", "half", "full"]


def test_a_large_partition_is_to_be_divided_and_again_when_it_is_four_times_as_large(
    partitions: GrowingPartitions,
) -> None:
    fill(partitions, 15)
    assert partitions.undivided() == []

    fill(partitions, 40)
    ((partition, flat),) = partitions.undivided()
    divided = partitions.divide(partition, flat, Cells(ROWS[:4]))

    assert partitions.find(b"p") is divided
    assert partitions.undivided() == []
    fill(partitions, 160)
    assert partitions.undivided() == [(b"p", flat)]
    assert isinstance(partitions.divide(b"p", flat, Cells(ROWS[:8])), FaissIvf)


def test_what_has_been_replaced_meanwhile_is_not_divided(partitions: GrowingPartitions) -> None:
    fill(partitions, 16)
    ((partition, flat),) = partitions.undivided()
    for number in range(16):
        partitions.remove(b"p", name(number))
    fill(partitions, 16)

    assert partitions.divide(partition, flat, Cells(ROWS[:4])) is None


def test_totals_are_those_of_all_partitions(partitions: GrowingPartitions) -> None:
    fill(partitions, 40, b"p")
    fill(partitions, 3, b"q")
    partitions.divide(b"p", partitions.undivided()[0][1], Cells(ROWS[:4]))
    partitions.remove(b"p", name(7))
    partitions.remove(b"p", name(7))

    held = [index for key in (b"p", b"q") if (index := partitions.find(key))]

    assert len(partitions) == 2
    assert partitions.vectors == sum(map(len, held)) == 42
    assert partitions.nbytes == sum(index.nbytes for index in held)
