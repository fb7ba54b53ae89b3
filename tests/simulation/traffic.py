"""Traffic on a cache where it is known which answers are right."""

from collections.abc import Iterator
from itertools import accumulate
from math import exp
from random import Random
from typing import NamedTuple

ENTRIES = 300
_SPREAD = 0.015
"""Entries differ in how near a question must be; standard deviation of a cosine."""
_WIDTH = 0.015
"""Of the logistic curve of right answers, in cosine; wrong hits halve every .02, as measured."""


class Question(NamedTuple):
    """One request and the entry nearest to it."""

    entry_id: bytes
    similarity: float
    is_same: bool
    """The entry's answer is right for it."""


class Traffic:
    """Questions fall on entries by Zipf's law; how near decides how often the answer is right."""

    def __init__(self, *, seed: int, half_right_at: float) -> None:
        """`half_right_at` is the similarity at which half of the answers are right."""
        self._random = Random(seed)  # noqa: S311 - a simulation
        self._middles = [self._random.gauss(half_right_at, _SPREAD) for _ in range(ENTRIES)]

    def questions(self, count: int) -> Iterator[Question]:
        random = self._random
        weights = list(accumulate(1 / rank for rank in range(1, ENTRIES + 1)))
        for entry in random.choices(range(ENTRIES), cum_weights=weights, k=count):
            similarity = 1 - abs(random.gauss(0, 0.08))
            right = 1 / (1 + exp((self._middles[entry] - similarity) / _WIDTH))
            yield Question(name(entry), similarity, random.random() < right)

    def wrong_share(self, threshold: float, count: int = 20_000) -> float:
        """Return how many hits would be wrong at one threshold for all."""
        hits = [q.is_same for q in self.questions(count) if q.similarity >= threshold]
        return hits.count(False) / len(hits)

    def oracle(self, budget: float, count: int = 50_000) -> float:
        """Return the hit rate of the one threshold that uses up the budget and no more."""
        wrong = best = 0
        nearest_first = sorted(self.questions(count), key=lambda q: -q.similarity)
        for hits, question in enumerate(nearest_first, 1):
            wrong += not question.is_same
            if wrong <= budget * hits:
                best = hits
        return best / count


def name(entry: int) -> bytes:
    return entry.to_bytes(16, "big")
