import numpy as np
import numpy.typing as npt

from tests.unit.clock import Clock
from wrp_proxy.routers.clusters import Clusters

Matrix = npt.NDArray[np.float32]


def heaps(count: int, each: int, seed: int = 1) -> Matrix:
    """Rows of length 1, in well separated heaps, one after the other."""
    noise = np.random.default_rng(seed).normal(0.0, 0.05, (count * each, 16))
    noise[np.arange(count * each), np.repeat(np.arange(count), each)] += 1.0
    rows: Matrix = (noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float32)
    return rows


def test_well_separated_heaps_are_found() -> None:
    members = Clusters(Clock(), seed=3).fit(heaps(5, 40), 5).reshape(5, 40)

    assert (members == members[:, :1]).all()
    assert len(set(members[:, 0])) == 5


def test_the_same_seed_finds_the_same_clusters() -> None:
    rows = np.random.default_rng(1).normal(size=(200, 8)).astype(np.float32)
    one, same, other = (Clusters(Clock(), seed) for seed in (3, 3, 4))
    found = [clusters.fit(rows, 12).tolist() for clusters in (one, same, other)]

    assert found[0] == found[1] != found[2]
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_a_text_belongs_to_the_cluster_that_its_like_was_put_in() -> None:
    clusters, rows = Clusters(Clock()), heaps(4, 25)

    members = clusters.fit(rows, 4)

    assert [clusters.of(row) for row in rows] == members.tolist()


def test_there_are_no_more_clusters_than_rows() -> None:
    clusters = Clusters(Clock())
    clusters.fit(heaps(2, 1), 32)

    assert clusters.count == 2


def test_equal_rows_are_no_trouble() -> None:
    rows = np.repeat(heaps(1, 1), 10, axis=0)

    assert len(set(Clusters(Clock()).fit(rows, 3))) == 1


def test_without_centres_or_features_of_their_length_there_is_no_cluster() -> None:
    clusters, row = Clusters(Clock()), heaps(1, 1)[0]
    assert clusters.of(row) is None

    clusters.fit(heaps(2, 5), 2)

    assert clusters.of(None) is None
    assert clusters.of(row[:7]) is None
    assert clusters.of(row) is not None


def test_centres_are_read_back_from_the_statistics() -> None:
    one, other, rows = Clusters(Clock()), Clusters(Clock()), heaps(4, 10)
    one.fit(rows, 4)

    other.statistics.replace(one.statistics.dump())

    assert [other.of(row) for row in rows] == [one.of(row) for row in rows]
    assert other.fingerprint == one.fingerprint


def test_centres_that_do_not_fit_together_count_as_none() -> None:
    clusters = Clusters(Clock())
    clusters.statistics.replace({"centre0": ([1.0, 0.0], 0.0), "centre1": ([1.0], 0.0)})

    assert clusters.count == 0
