"""Real questions one after the other, each looked up among those before it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import faiss

from cache_pairs import digest, embedded
from wrp_proxy.cache.base import Verifier
from wrp_proxy.cache.calibration import Served

QUESTIONS = 18_619
_NEIGHBOURS = 8
"""As many as the cache looks at."""
_LOWEST = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """An earlier question, as near as `similarity` and, by its label, the same or not."""

    text: str
    similarity: float
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Questions with their nearest earlier ones, nearest first."""

    size: int
    repeats: float
    """Share of questions that were asked before, by their labels."""
    asked: Sequence[tuple[str, Sequence[Neighbour]]]

    def served(self, verifier: Verifier, threshold: float) -> Served:
        """Serve each question from the nearest earlier one that the verifier lets through."""
        answers = [self._answer(text, near, verifier, threshold) for text, near in self.asked]
        hits = [answer for answer in answers if answer is not None]
        return Served(
            threshold=threshold,
            pairs=self.size,
            same=round(self.repeats * self.size),
            served=len(hits),
            wrong=sum(not hit.same for hit in hits),
        )

    @staticmethod
    def _answer(
        text: str, near: Sequence[Neighbour], verifier: Verifier, threshold: float
    ) -> Neighbour | None:
        for one in near:
            if one.similarity < threshold:
                return None
            if verifier.refuse(text, one.text, one.similarity) is None:
                return one
        return None


def make_stream(rows: Sequence[Mapping[str, Any]], seed: int) -> Stream:
    """Take whole clusters of duplicates, by a hash, until there are enough; shuffle them.

    So the share of repeats is that of the set, whatever the size.
    """
    cluster = {row[f"text_{side}"]: row[f"c{side}"] for row in rows for side in "ab"}
    texts = sorted(cluster, key=lambda text: (digest(f"{seed}:{cluster[text]}"), text))[:QUESTIONS]
    random.Random(seed).shuffle(texts)  # noqa: S311 - an order, not a secret
    vectors = embedded(texts)
    index = faiss.IndexFlatIP(len(vectors[texts[0]]))
    asked = []
    for text in texts:
        query = vectors[text][None]
        scores, places = index.search(query, min(_NEIGHBOURS, index.ntotal) or 1)
        near = [
            Neighbour(
                text=texts[place],
                similarity=float(score),
                same=cluster[texts[place]] == cluster[text],
            )
            for score, place in zip(scores[0], places[0], strict=True)
            if place >= 0 and score >= _LOWEST
        ]
        asked.append((text, near))
        index.add(query)
    return Stream(
        size=len(texts), repeats=1 - len({*map(cluster.get, texts)}) / len(texts), asked=asked
    )
