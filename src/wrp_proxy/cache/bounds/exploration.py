"""A policy that asks the model although an entry is near, to learn which entries can be trusted."""

from collections import OrderedDict
from random import Random

from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.bounds.wilson import wilson_lower

_LABELS = 64
"""Kept per entry, the latest."""


class Exploration:
    """Explores so often that at most a given share of all answers is wrong.

    After vCache (arXiv 2502.03771): where an entry answers rightly with probability q, a share of
    1 - error / (1 - q) of its hits goes to the model. For q stands Wilson's lower limit, from the
    labels of that entry at or below the similarity; the paper fits a sigmoid in its place.

    It is not the default. The promise is about all answers, and those of the model are right: the
    few hits that an unknown entry serves meanwhile are as wrong as they would be without it. With
    it, what was served was 2 to 4 times as often wrong as with a fixed threshold of .90.

    What it knows stays in this process. The least recently labelled entries are forgotten.
    """

    def __init__(self, *, error: float, random: Random, max_entries: int = 10_000) -> None:
        """`error` is the share of all answers that may be wrong."""
        self._error = error
        self._random = random
        self._max_entries = max_entries
        self._entries: OrderedDict[bytes, tuple[tuple[float, bool], ...]] = OrderedDict()

    def explore(self, entry_id: bytes, similarity: float) -> bool:
        """Tell whether to ask the model; called in worker threads."""
        labels = self._entries.get(entry_id, ())
        verdicts = [is_right for where, is_right in labels if where <= similarity]
        doubt = 1 - wilson_lower(sum(verdicts), len(verdicts))
        return self._random.random() >= self._error / doubt

    def learn(self, label: Label) -> None:
        if label.right is None:
            return
        labels = (*self._entries.get(label.entry_id, ()), (label.similarity, label.right))
        self._entries[label.entry_id] = labels[-_LABELS:]
        self._entries.move_to_end(label.entry_id)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def forget(self, entry_id: bytes) -> None:
        self._entries.pop(entry_id, None)
