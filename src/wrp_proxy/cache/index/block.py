"""A run of slots that one FAISS index searches."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.index.base import Rows
from wrp_proxy.cache.index.pages import pages

Precision = Literal["full", "half"]
Bits = npt.NDArray[np.uint8]
"""One bit a row, lowest first in each byte: 1 for those to look at."""


class Block:
    """Rows that are written in place, in the memory that FAISS takes for its own.

    Capacity that is not used costs nothing. FAISS's `add` would double the memory and leave holes
    in the heap, and its `remove_ids` moves all vectors.
    """

    def __init__(self, capacity: int, dimensions: int, precision: Precision) -> None:
        import faiss

        self._faiss: Any = faiss  # its stubs lack views of memory
        self._index: Any = (
            faiss.IndexFlatIP(dimensions)
            if precision == "full"
            else faiss.IndexScalarQuantizer(
                dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
        )
        memory = pages(capacity * self._index.code_size)
        codes: Any = self._index.codes
        self._index.codes = self._faiss.MaybeOwnedVectorUInt8.create_view(
            faiss.swig_ptr(memory),
            len(memory),
            codes.owner,  # nobody: that the memory stays is up to `rows`
        )
        numbers: Any = memory.view(np.float32 if precision == "full" else np.float16)
        self.rows: Rows = numbers.reshape(capacity, dimensions)
        self._selection: tuple[Bits, Any] | None = None

    def search(
        self, vector: Vector, count: int, used: int, among: Bits | None = None
    ) -> tuple[Vector, npt.NDArray[np.int64]]:
        """Return the cosines and rows of the nearest of the first `used`, nearest first."""
        self._faiss.omp_set_num_threads(1)  # holds for the calling thread only: say it each time
        self._index.ntotal = used
        parameters = None if among is None else self._only(among)
        cosines, rows = self._index.search(vector[None], count, params=parameters)
        found = rows[0] >= 0
        return cosines[0][found], rows[0][found]

    def _only(self, among: Bits) -> Any:
        """Return parameters by which FAISS skips rows; kept, for they take longer than a search."""
        if self._selection is None:
            bits = np.zeros(len(self.rows) // 8, np.uint8)
            selector = self._faiss.IDSelectorBitmap(bits)
            self._selection = bits, self._faiss.SearchParameters(sel=selector)
        bits, parameters = self._selection
        bits[: len(among)] = among
        return parameters
