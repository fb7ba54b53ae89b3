"""Changes from the event loop, searches from threads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest

from tests.unit.cache.index.vectors import name, vectors
from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.index.growth import Sizes
from wrp_proxy.cache.index.partitions import PartitionedIndex

ROWS = vectors(3000, dimensions=16)
SMALL = Sizes(flat=8, half=50, divided=200, full_partitions=2)


class SlowVector:
    """One that a search does not get past until it is told to go on."""

    __array_ufunc__ = None

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def __rmatmul__(self, rows: Vector) -> Vector:
        self.reached.set()
        assert self.go_on.wait(60)
        return np.zeros(len(rows), np.float32)


def filled(count: int, sizes: Sizes | None = None) -> PartitionedIndex:
    index = PartitionedIndex(sizes)
    for number in range(count):
        index.put(b"p", name(number), ROWS[number])
    return index


def test_a_partition_does_not_see_another_ones_entries() -> None:
    index = filled(3)
    index.put(b"q", b"other", ROWS[0])

    assert [entry_id for entry_id, _ in index.search(b"q", ROWS[0], 5)] == [b"other"]
    assert index.search(b"r", ROWS[0], 5) == []


def test_an_entry_has_its_last_vector() -> None:
    index = filled(3)

    index.put(b"p", name(1), ROWS[9])

    ((entry_id, cosine),) = index.search(b"p", ROWS[9], 1)
    assert entry_id == name(1)
    assert cosine == pytest.approx(1, abs=2e-3)
    assert index.get(b"p", name(1)) == pytest.approx(ROWS[9], abs=1e-3)
    assert index.get(b"p", b"other") is None
    assert index.get(b"other", name(1)) is None


def test_clearing_forgets_what_came_before_and_nothing_else() -> None:
    index = filled(3)
    index.settle()

    index.clear()
    index.put(b"p", name(9), ROWS[9])
    index.settle()

    assert [entry_id for entry_id, _ in index.search(b"p", ROWS[0], 5)] == [name(9)]
    assert index.counts() == {"partitions": 1, "vectors": 1, "bytes": 32, "waiting": 0}


def test_a_partition_without_entries_is_gone() -> None:
    index = filled(30, SMALL)
    for number in range(30):
        index.remove(b"p", name(number))

    index.settle()

    assert index.counts() == {"partitions": 0, "vectors": 0, "bytes": 0, "waiting": 0}


def test_a_search_applies_only_some_of_many_changes() -> None:
    index = filled(3000)

    index.search(b"p", ROWS[0], 1)

    assert 0 < index.counts()["waiting"] < 3000
    index.settle()
    assert index.counts()["waiting"] == 0
    assert index.counts()["vectors"] == 3000


def test_the_event_loop_does_not_wait_for_a_search() -> None:
    index, slow = filled(3), SlowVector()
    with ThreadPoolExecutor() as threads:
        search = threads.submit(index.search, b"p", cast(Any, slow), 1)
        assert slow.reached.wait(60)

        index.put(b"p", name(4), ROWS[4])
        index.remove(b"p", name(0))
        index.clear()

        assert index.counts()["waiting"] == 3
        slow.go_on.set()
        assert len(search.result()) == 1


def test_full_precision_is_for_a_few_partitions_only() -> None:
    index = PartitionedIndex(SMALL)
    for partition in (b"1", b"2", b"3", b"4"):
        for number in range(10):
            index.put(partition, name(number), ROWS[number])

    index.settle()

    assert index.counts()["bytes"] == 10 * 16 * (2 * 4 + 2 * 2)


@pytest.mark.parametrize("partitions", [1, 30, 3000])
def test_vectors_take_the_same_memory_however_they_are_spread(partitions: int) -> None:
    index = PartitionedIndex()
    for number, vector in enumerate(ROWS):
        index.put(name(number % partitions), name(number), vector)

    index.settle()

    assert 3000 * 32 <= index.counts()["bytes"] <= 3000 * 32 * 1.3


def test_searches_go_on_while_a_partition_grows_and_is_divided() -> None:
    index, ended = PartitionedIndex(SMALL), threading.Event()

    def search() -> int:
        searches = 0
        while not ended.is_set() or not searches:
            found = index.search(b"p", ROWS[searches % 3000], 3)
            for entry_id, cosine in found:
                number = int.from_bytes(entry_id)
                expected = float(ROWS[number] @ ROWS[searches % 3000])
                assert cosine == pytest.approx(expected, abs=2e-3)
            searches += 1
        return searches

    with ThreadPoolExecutor() as threads:
        searching = [threads.submit(search) for _ in range(2)]
        for number, vector in enumerate(ROWS):
            index.put(b"p", name(number), vector)
            if number % 3 == 2:
                index.remove(b"p", name(number - 1))
            if number % 500 == 0:
                threads.submit(index.settle).result()
        index.settle()
        ended.set()

        assert all(thread.result() for thread in searching)

    assert index.counts()["vectors"] == 2000
    assert index.search(b"p", ROWS[2999], 1)[0][0] == name(2999)
