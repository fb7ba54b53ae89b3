"""A division of space, so that a search need not look everywhere."""

from typing import Any

import numpy as np
import numpy.typing as npt

from wrp_proxy.cache.base import Vector


class Cells:
    """The cells around some centroids: each vector is in that of the nearest."""

    def __init__(self, centroids: Vector) -> None:
        import faiss

        self._faiss = faiss
        self._index: Any = faiss.IndexFlatIP(centroids.shape[1])
        self._index.add(centroids)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def nearest(self, vectors: Vector, count: int) -> npt.NDArray[np.int64]:
        """Return the cells nearest to each of some vectors (one a row), nearest first."""
        self._faiss.omp_set_num_threads(1)
        cells: npt.NDArray[np.int64] = self._index.search(vectors, count)[1]
        return cells


def train_cells(sample: Vector, count: int, seed: int = 0) -> Cells:
    """Divide space by spherical k-means over some vectors (one a row); takes a second or so."""
    import faiss

    faiss.omp_set_num_threads(1)
    faiss.cvar.distance_compute_blas_query_bs = 256  # 4096 leave a table of 7 MB in the heap
    kmeans = faiss.Kmeans(
        sample.shape[1],
        count,
        niter=8,
        seed=seed,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(sample),
    )
    kmeans.train(sample)
    return Cells(np.asarray(kmeans.centroids, np.float32))
