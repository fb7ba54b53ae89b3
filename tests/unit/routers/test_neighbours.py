import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.routers.neighbours import Neighbours
from wrp_proxy.signals import Features


def features(place: int, length: int = 300) -> Features:
    vector = np.zeros(length, np.float32)
    vector[place] = 1.0
    return vector


def mean(neighbours: Neighbours, place: int, k: int = 1) -> float:
    counts, totals = neighbours.near(features(place), ["a"], k, 0.01)
    return float(totals[0] / counts[0])


def test_the_most_similar_request_tells() -> None:
    neighbours = Neighbours(1000)
    for place in range(200):
        neighbours.add(features(place), {"a": place / 200}, 1.0)

    assert [mean(neighbours, place) for place in (0, 77, 199)] == pytest.approx([0, 0.385, 0.995])


def test_nothing_is_known_of_nothing() -> None:
    neighbours = Neighbours(10)
    counts, totals = neighbours.near(features(0), ["a", "b"], 5, 1.0)

    assert counts.tolist() == totals.tolist() == [0.0, 0.0]
    assert np.isnan(neighbours.overall(["a"])).all()
    assert neighbours.counts(["a"]).tolist() == [0.0]


def test_neighbours_are_weighed_by_their_closeness_and_weight() -> None:
    neighbours = Neighbours(10)
    neighbours.add(features(0), {"a": 1.0}, 0.5)
    neighbours.add(features(0), {"a": 0.0, "b": 1.0}, 1.0)

    counts, totals = neighbours.near(features(0), ["a", "b", "c"], 2, 1.0)

    assert counts == pytest.approx([1.5, 1.0, 0.0])
    assert totals == pytest.approx([0.5, 1.0, 0.0])


def test_the_temperature_tells_how_much_closeness_counts() -> None:
    neighbours = Neighbours(10)
    neighbours.add(features(0), {"a": 1.0}, 1.0)
    neighbours.add(features(1), {"a": 0.0}, 1.0)

    cold, warm = (
        np.divide(*reversed(neighbours.near(features(0), ["a"], 2, t)))[0] for t in (0.05, 100.0)
    )

    assert cold > 0.99
    assert warm == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("capacity", [1, 7, 64, 100, 256, 300])
def test_the_ring_keeps_the_latest(capacity: int) -> None:
    neighbours = Neighbours(capacity)
    for number in range(2 * capacity + 3):
        neighbours.add(features(number % 290), {"a": float(number)}, 1.0)

    kept = list(range(capacity + 3, 2 * capacity + 3))
    counts, totals = neighbours.near(features(0), ["a"], 10_000, 1e9)
    assert counts[0] == pytest.approx(capacity)
    assert totals[0] == pytest.approx(sum(kept))
    assert neighbours.overall(["a"]) == pytest.approx([sum(kept) / capacity])


def test_it_grows_with_what_is_added_not_beforehand() -> None:
    few, many = Neighbours(10**12), Neighbours(10**12)
    few.add(features(0), {"a": 1.0}, 1.0)
    for number in range(1000):
        many.add(features(number % 300), {"a": float(number // 300)}, 1.0)

    assert mean(few, 0) == 1.0
    assert mean(many, 10, k=4) == pytest.approx(1.5)


def test_the_projection_keeps_angles_about() -> None:
    draw = np.random.default_rng(1)
    rows = draw.normal(size=(200, 1152)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    near = rows + 0.3 * draw.normal(size=rows.shape).astype(np.float32) / 1152**0.5
    neighbours = Neighbours(200)
    for number, row in enumerate(rows):
        neighbours.add(row, {"a": float(number)}, 1.0)

    found = [neighbours.near(row, ["a"], 1, 1.0) for row in near]

    told = [totals[0] / counts[0] for counts, totals in found]
    assert np.mean(np.round(told) == np.arange(200)) > 0.97


def test_features_of_another_length_begin_anew() -> None:
    neighbours = Neighbours(10)
    neighbours.add(features(0), {"a": 1.0}, 1.0)
    counts, _ = neighbours.near(features(0, 7), ["a"], 1, 1.0)
    assert counts.tolist() == [0.0]

    neighbours.add(features(0, 7), {"b": 0.5}, 1.0)

    counts, totals = neighbours.near(features(0, 7), ["a", "b"], 1, 1.0)
    assert (counts.tolist(), totals.tolist()) == ([0.0, 1.0], [0.0, 0.5])
    assert np.isnan(neighbours.overall(["a"])).all()


def test_what_was_scored_before_can_be_corrected() -> None:
    neighbours = Neighbours(10)
    neighbours.add(features(0), {"a": 1.0}, 1.0)
    neighbours.add(features(1), {"a": 1.0}, 1.0)

    neighbours.correct(features(0), "a", 1.0, 0.25)
    neighbours.correct(features(2), "a", 1.0, 0.0)
    neighbours.correct(features(1), "a", 0.5, 0.0)
    neighbours.correct(features(1), "b", 1.0, 0.0)
    neighbours.correct(features(1, 7), "a", 1.0, 0.0)

    assert [mean(neighbours, 0), mean(neighbours, 1)] == [0.25, 1.0]
    assert neighbours.overall(["a"]) == pytest.approx([0.625])


def test_models_beyond_the_bound_are_left_out() -> None:
    neighbours = Neighbours(300)
    for number in range(300):
        neighbours.add(features(0), {f"m{number}": 0.5}, 1.0)

    counts, _ = neighbours.near(features(0), ["m0", "m255", "m256", "m299"], 300, 1.0)

    assert counts.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_what_was_cleared_is_forgotten() -> None:
    neighbours = Neighbours(10)
    neighbours.add(features(0), {"a": 1.0}, 1.0)
    neighbours.clear()
    neighbours.add(features(1), {"a": 0.0}, 1.0)

    assert neighbours.overall(["a"]) == pytest.approx([0.0])


rows = st.lists(
    st.tuples(st.integers(0, 3), st.dictionaries(st.sampled_from("abc"), st.floats(0, 1))),
    max_size=40,
)


@given(rows, st.integers(1, 12))
def test_the_means_are_those_of_what_is_kept(
    added: list[tuple[int, dict[str, float]]], capacity: int
) -> None:
    neighbours = Neighbours(capacity)
    for place, scores in added:
        neighbours.add(features(place, 8), scores, 1.0)

    for name in "abc":
        kept = [scores[name] for _, scores in added[-capacity:] if name in scores]
        expected = sum(kept) / len(kept) if kept else np.nan
        assert neighbours.overall([name]) == pytest.approx([expected], abs=1e-5, nan_ok=True)
        assert neighbours.counts([name]).tolist() == [len(kept)]
