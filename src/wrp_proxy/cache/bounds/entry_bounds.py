"""From which similarity on an entry answers, as far as labels tell."""

from collections import OrderedDict
from typing import Annotated

import msgspec

from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.stores.records import UNREADABLE

_FLOOR = 0.75
"""No label makes a threshold lower; what is below it is not learnt from."""
_SCALE = 1000
"""Similarities are kept in thousandths, rounded upwards: each rounding asks for more."""
_MAX_SIMILARITY = 1.01
"""A cosine of 1 and what floating point adds to it."""
_Barred = Annotated[int, msgspec.Meta(ge=0, le=1011)]
_Place = Annotated[int, msgspec.Meta(ge=750, le=1011)]


class _Learnt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the labels of one entry say, in thousandths."""

    barred: _Barred = 0
    """The first above all wrong labels; 0: there are none."""
    right: tuple[_Place, ...] = ()
    """Where right labels are, ascending, from `barred` on: 262 at most.

    Two labels in one place count once. Mostly they are the same question, and no second witness.
    """

    def with_all(self, other: "_Learnt") -> "_Learnt":
        """Unite what both know: commutative, associative, idempotent.

        None of the places may be left out to save room: those that seem of no use may be all
        that remain above a wrong label which is heard of later.
        """
        barred = max(self.barred, other.barred)
        right = {place for place in (*self.right, *other.right) if place >= barred}
        return _Learnt(barred, tuple(sorted(right)))

    def threshold(self, base: float, raised: float) -> float:
        if len(self.right) > 1:
            base = min(base, self.right[1] / _SCALE)
        return max(base + raised, self.barred / _SCALE, _FLOOR)


_LEARNT = msgspec.msgpack.Decoder(_Learnt)


class EntryBounds:
    """The thresholds of single entries.

    A wrong label raises an entry's threshold above its similarity at once, and for good. Right
    labels lower it to the lowest similarity above all wrong labels which has two of them at or
    below it, for a single one may be the judge's error. It is never under .75.

    Written on the event loop, read in worker threads: reading is one access to a dictionary, and
    what it finds never changes. The least recently labelled entries are forgotten.
    """

    def __init__(self, *, max_entries: int = 100_000) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[bytes, _Learnt] = OrderedDict()

    def threshold(self, entry_id: bytes, base: float, raised: float = 0.0) -> float:
        """Return the least similarity that is enough; `base` is the policy's.

        `raised` is what audits of all entries add, to a lowered threshold as well. What a wrong
        label bars is the same with and without it: otherwise each would push the other up.
        """
        learnt = self._entries.get(entry_id)
        return base + raised if learnt is None else learnt.threshold(base, raised)

    def learn(self, label: Label) -> None:
        if label.right is None or label.similarity < _FLOOR:
            return
        if label.right:
            learnt = _Learnt(right=(_rounded_up(label.similarity),))
        else:
            learnt = _Learnt(barred=_above(label.similarity))
        self._unite(label.entry_id, learnt)

    def forget(self, entry_id: bytes) -> None:
        self._entries.pop(entry_id, None)

    def encode(self, entry_id: bytes) -> bytes:
        """Return what is known of an entry, for `merge` in another replica."""
        return msgspec.msgpack.encode(self._entries.get(entry_id, _Learnt()))

    def merge(self, entry_id: bytes, learnt: bytes) -> None:
        """Take in what another replica knows of an entry; what cannot be read is left."""
        try:
            read = _LEARNT.decode(learnt)
        except UNREADABLE:
            return
        self._unite(entry_id, read)

    def _unite(self, entry_id: bytes, learnt: _Learnt) -> None:
        known = self._entries.get(entry_id, _Learnt())
        self._entries[entry_id] = known.with_all(learnt)
        self._entries.move_to_end(entry_id)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)


def _above(similarity: float) -> int:
    """Return the first thousandth that is larger."""
    place = int(min(similarity, _MAX_SIMILARITY) * _SCALE) + 1
    return place if place / _SCALE > similarity else place + 1


def _rounded_up(similarity: float) -> int:
    """Return the first thousandth that is not smaller."""
    place = int(min(similarity, _MAX_SIMILARITY) * _SCALE)
    return place if place / _SCALE >= similarity else place + 1
