"""What every index of vectors promises, alone and as it grows from one kind to the next."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.index.base import VectorIndex
from wrp_proxy.cache.index.cells import Cells
from wrp_proxy.cache.index.faiss_flat import FaissFlat
from wrp_proxy.cache.index.faiss_ivf import FaissIvf
from wrp_proxy.cache.index.growth import Sizes
from wrp_proxy.cache.index.numpy_index import NumpyIndex
from wrp_proxy.cache.index.partitions import PartitionedIndex

DIMENSIONS = 8
ROUNDING = 2e-3
"""Of half precision."""
GROWING = Sizes(flat=3, half=5, divided=8, full_partitions=1)


def vectors(count: int, dimensions: int = DIMENSIONS, seed: int = 0) -> Vector:
    """Return random vectors, one a row."""
    rows = np.random.default_rng(seed).standard_normal((count, dimensions), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


POOL = vectors(40)
KINDS: dict[str, Callable[[], VectorIndex]] = {
    "numpy": lambda: NumpyIndex(DIMENSIONS),
    "full": lambda: FaissFlat(DIMENSIONS, "full"),
    "half": lambda: FaissFlat(DIMENSIONS, "half"),
    "ivf": lambda: FaissIvf(FaissFlat(DIMENSIONS, "half"), Cells(POOL[:4])),
}

entries = st.integers(0, 30).map(lambda number: b"entry-%d" % number)
changes = st.lists(st.tuples(entries, st.none() | st.integers(0, len(POOL) - 1)), max_size=60)
"""An entry and which vector is put for it; None: it is removed."""


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Callable[[], VectorIndex]:
    return KINDS[request.param]


def nearest(held: dict[bytes, Vector], asked: Vector, count: int) -> list[float]:
    """Return the cosines that a search must find, by comparing with everything."""
    return sorted((float(vector @ asked) for vector in held.values()), reverse=True)[:count]


def check(found: list[tuple[bytes, float]], held: dict[bytes, Vector], asked: Vector) -> None:
    cosines = [cosine for _, cosine in found]
    assert cosines == sorted(cosines, reverse=True)
    assert cosines == pytest.approx(nearest(held, asked, 5), abs=ROUNDING)
    assert len({entry_id for entry_id, _ in found}) == len(found)
    for entry_id, cosine in found:
        assert cosine == pytest.approx(float(held[entry_id] @ asked), abs=ROUNDING)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(changes=changes, asked=st.integers(0, len(POOL) - 1))
@settings(max_examples=100)
def test_a_search_finds_what_comparing_with_everything_finds(
    kind: Callable[[], VectorIndex], changes: list[tuple[bytes, int | None]], asked: int
) -> None:
    index, held = kind(), dict[bytes, Vector]()

    for entry_id, which in changes:
        if which is None:
            index.remove(entry_id)
            held.pop(entry_id, None)
        else:
            index.put(entry_id, POOL[which])
            held[entry_id] = POOL[which]

    assert len(index) == len(held)
    assert set(index.ids()) == held.keys()
    check(index.search(POOL[asked], 5), held, POOL[asked])


def test_what_was_put_is_returned(kind: Callable[[], VectorIndex]) -> None:
    index = kind()
    for number, vector in enumerate(POOL):
        index.put(b"%d" % number, vector)

    vector = index.get(b"7")

    assert vector is not None
    assert vector.dtype == np.float32
    assert vector == pytest.approx(POOL[7], abs=ROUNDING)
    assert index.get(b"other") is None


def test_an_entry_that_is_not_there_can_be_removed(kind: Callable[[], VectorIndex]) -> None:
    index = kind()

    assert index.remove(b"other") is None
    assert index.search(POOL[0], 5) == []


@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from((b"p", b"p", b"q")),
            entries,
            st.integers(-8, len(POOL) - 1),
            st.sampled_from(("", "search", "settle")),
        ),
        min_size=30,
        max_size=120,
    )
)
@settings(max_examples=50)
def test_partitions_find_the_same_while_they_grow(
    changes: list[tuple[bytes, bytes, int, str]],
) -> None:
    index, held = PartitionedIndex(GROWING), dict[bytes, dict[bytes, Vector]]()

    for partition, entry_id, which, then in changes:
        if which < 0:
            index.remove(partition, entry_id)
            held.get(partition, {}).pop(entry_id, None)
        else:
            index.put(partition, entry_id, POOL[which])
            held.setdefault(partition, {})[entry_id] = POOL[which]
        if then == "settle":
            index.settle()
        if then == "search":
            found = index.search(partition, POOL[0], 5)
            check(found, held.get(partition, {}), POOL[0])

    index.settle()
    counts = index.counts()
    assert counts["partitions"] == sum(map(bool, held.values()))
    assert counts["vectors"] == sum(map(len, held.values()))
    assert counts["waiting"] == 0
    assert bool(counts["bytes"]) == bool(counts["vectors"])


def test_nearly_all_near_duplicates_are_found_in_a_divided_partition() -> None:
    index, rows = PartitionedIndex(Sizes(divided=10_000)), vectors(10_000, 384)
    for number, vector in enumerate(rows):
        index.put(b"p", number.to_bytes(4), vector)
    index.settle()
    noise = vectors(500, 384, seed=1)
    near = 0.85 * rows[:500] + np.sqrt(1 - 0.85**2) * noise
    near /= np.linalg.norm(near, axis=1, keepdims=True)

    found = [index.search(b"p", vector, 1)[0] for vector in near]

    same = [entry_id == number.to_bytes(4) for number, (entry_id, _) in enumerate(found)]
    assert np.mean(same) >= 0.98
