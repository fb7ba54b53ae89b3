"""Feedback on answers that were given again, or will be."""

from functools import partial

from wrp_proxy.cache.base import Embedder, Entry, Store
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.labels import Labels
from wrp_proxy.cache.search import Search

_PATIENCE_S = 5.0


class Heeding:
    """A wrong answer is given no more, nor are those of questions as near as the one it met."""

    def __init__(self, *, store: Store, embedder: Embedder, search: Search, labels: Labels) -> None:
        self._store = store
        self._embedder = embedder
        self._search = search
        self._labels = labels

    async def heed(
        self, entry_id: str, similarity: float | None, key: tuple[str, str], *, right: bool
    ) -> int:
        """Learn from an opinion on the answer of an entry; return how many entries are gone.

        `similarity` is that of the question asked, None where its words were the same; `key` is
        the request's route and category.
        """
        entry = self._store.find(bytes.fromhex(entry_id))
        if entry is None:
            return 0
        if similarity is not None:
            label = Label(
                entry_id=entry.id,
                similarity=similarity,
                right=right,
                source="feedback",
                key=key,
                partition=entry.partition,
            )
            self._labels.learn(label)
        if right:
            return 0
        return await self._store.delete({entry.id, *await self._neighbours(entry, similarity)})

    async def _neighbours(self, entry: Entry, similarity: float | None) -> list[bytes]:
        if similarity is None or not entry.question:
            return []
        find = partial(self._search.neighbours, entry.partition, similarity=similarity)
        return await self._embedder.embed(entry.question, find, _PATIENCE_S) or []
