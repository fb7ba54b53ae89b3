"""All that a store knows in this process: entries by id, by canonical key, by vector."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from wrp_proxy.cache.base import Entry, Near, Vector
from wrp_proxy.cache.stores.epochs import Epochs
from wrp_proxy.cache.stores.eviction import Eviction
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.records import is_writable
from wrp_proxy.cache.stores.vectors import Vectors
from wrp_proxy.cache.stores.write_rate import WriteRate

SHELVES = 256
"""By the first byte: no step on one of them, of a million entries, takes longer than .1 ms."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """An entry in its place."""

    entry: Entry
    payload: bytes | None
    """None: it is kept elsewhere."""
    has_vector: bool


class EntryTable:
    """Holds entries within bounds; changed on the event loop only.

    `nearest`, `vector` and `shelf` read in other threads what the loop is changing, without locks:
    what they find is immutable, and an id that has left meanwhile is skipped.
    """

    def __init__(
        self,
        *,
        vectors: Vectors,
        limits: StoreLimits,
        clock: Callable[[], float],
        fingerprint: str,
    ) -> None:
        self.epochs = Epochs()
        self.evicted = 0
        self.refused = 0
        """Entries that were more than their scope may write, or than could ever be held."""
        self.payload_bytes = 0
        self.vectors = 0
        self.changes = 0
        """Grows with every change of what is held."""
        self.fingerprint = fingerprint
        self.dimensions: int | None = None
        """Of the vectors that were added in this process; None: there was none yet."""
        self._index = vectors
        self._clock = clock
        self._eviction = Eviction(limits)
        self._rate = WriteRate(limits.writes_per_minute, clock)
        self._shelves: list[dict[bytes, Held]] = [{} for _ in range(SHELVES)]
        self._by_canonical: list[dict[bytes, bytes]] = [{} for _ in range(SHELVES)]
        self._partitions: dict[bytes, int] = {}
        """Partition -> how many entries it has."""
        self._entries = 0
        self._swept = 0

    def __len__(self) -> int:
        return self._entries

    @property
    def partitions(self) -> int:
        return len(self._partitions)

    def find(self, entry_id: bytes) -> Entry | None:
        """Return an entry that is still good; one that is not leaves."""
        held = self.held(entry_id)
        if held is None:
            return None
        if self.is_good(held.entry):
            return held.entry
        self.remove(entry_id)
        return None

    def find_canonical(self, canonical: bytes) -> Entry | None:
        entry_id = self._named(canonical).get(canonical)
        return self.find(entry_id) if entry_id is not None else None

    def nearest(self, partition: bytes, vector: Vector, count: int) -> Sequence[Near]:
        """Return good entries of a partition, nearest first; safe in any thread."""
        near = []
        for entry_id, similarity in self._index.search(partition, vector, count):
            held = self.held(entry_id)
            if held and held.entry.partition == partition and self.is_good(held.entry):
                near.append(Near(held.entry, similarity))
        return near

    def held(self, entry_id: bytes) -> Held | None:
        """Return what is held under an id, good or not."""
        return self._shelves[entry_id[0]].get(entry_id) if entry_id else None

    def holds(self, entry: Entry) -> bool:
        """Tell whether this very entry is held, and still good."""
        held = self.held(entry.id)
        return held is not None and held.entry == entry and self.is_good(entry)

    def vector(self, held: Held) -> Vector | None:
        """Return its vector; only in worker threads, as it may have to wait."""
        return self._index.get(held.entry.partition, held.entry.id) if held.has_vector else None

    def is_good(self, entry: Entry) -> bool:
        return entry.expires_at > self._clock() and entry.epoch == self.epochs.of(entry.scope)

    def admits(self, entry: Entry) -> bool:
        """Tell whether an entry may be put, and count it; the same one again costs nothing."""
        if self.holds(entry):
            return True
        if self._eviction.fits(entry) and is_writable(entry) and self._rate.allows(entry.scope):
            return True
        self.refused += 1
        return False

    def put(self, entry: Entry, payload: bytes | None, vector: Vector | None) -> list[Entry]:
        """Hold an entry in place of any with its id; return those that made room for it.

        One that could never be held only takes away the one in its place.
        """
        self.remove(entry.id)
        if not self._eviction.fits(entry):
            return []
        self._insert(Held(entry, payload, self._put_vector(entry, vector)))
        return self._make_room()

    def remove(self, entry_id: bytes) -> Entry | None:
        """Let an entry go; return it, None where there is none."""
        held = self.held(entry_id)
        if held is None:
            return None
        entry = held.entry
        del self._shelves[entry_id[0]][entry_id]
        self._eviction.remove(entry)
        self._count(held, -1)
        if self._named(entry.canonical).get(entry.canonical) == entry_id:
            del self._named(entry.canonical)[entry.canonical]
        if held.has_vector:
            self._index.remove(entry.partition, entry_id)
        return entry

    def touch(self, entry: Entry) -> None:
        """Count a use of an entry that is held."""
        self._eviction.touch(entry)

    def shelf(self, number: int) -> list[Held]:
        """Copy one of the SHELVES, in one step of the interpreter."""
        return list(self._shelves[number].values())

    def entries(self) -> Iterator[Entry]:
        """Walk over what is good; what comes meanwhile may be left out."""
        for number in range(SHELVES):
            for held in self.shelf(number):
                if self.is_good(held.entry):
                    yield held.entry

    def sweep(self) -> list[Entry]:
        """Let the entries of the next shelf go that are no longer good; return them."""
        gone = [h.entry for h in self.shelf(self._swept) if not self.is_good(h.entry)]
        for entry in gone:
            self.remove(entry.id)
        self._swept = (self._swept + 1) % SHELVES
        return gone

    def scopes(self) -> set[str]:
        """Return all scopes that were heard of."""
        return self._eviction.scopes() | self.epochs.scopes()

    def _named(self, canonical: bytes) -> dict[bytes, bytes]:
        return self._by_canonical[canonical[0] if canonical else 0]

    def _insert(self, held: Held) -> None:
        entry = held.entry
        self._shelves[entry.id[0]][entry.id] = held
        self._eviction.add(entry)
        self._count(held, 1)
        if entry.canonical:
            self._named(entry.canonical)[entry.canonical] = entry.id

    def _put_vector(self, entry: Entry, vector: Vector | None) -> bool:
        if vector is None or entry.fingerprint != self.fingerprint:
            return False
        self._index.put(entry.partition, entry.id, vector)
        return True

    def _make_room(self) -> list[Entry]:
        gone = []
        while (victim := self._eviction.victim()) is not None:
            if entry := self.remove(victim):
                gone.append(entry)
                self.evicted += 1
        return gone

    def _count(self, held: Held, sign: int) -> None:
        entry = held.entry
        self.changes += 1
        self._entries += sign
        self.vectors += sign * held.has_vector
        self.payload_bytes += sign * len(held.payload or b"")
        entries = self._partitions.get(entry.partition, 0) + sign
        if entries:
            self._partitions[entry.partition] = entries
        else:
            del self._partitions[entry.partition]
