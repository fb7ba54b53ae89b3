"""Which entry lies in which slot."""

from collections.abc import Sequence


class Slots:
    """Numbers 0 to n - 1 for n entries."""

    def __init__(self) -> None:
        self._ids: list[bytes] = []
        self._slots: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, entry_id: bytes) -> int | None:
        return self._slots.get(entry_id)

    def ids(self) -> Sequence[bytes]:
        return self._ids

    def take(self, entry_id: bytes) -> int:
        """Return an entry's slot: a new last one if it has none."""
        slot = self._slots.setdefault(entry_id, len(self._ids))
        if slot == len(self._ids):
            self._ids.append(entry_id)
        return slot

    def free(self, entry_id: bytes) -> int | None:
        """Give an entry's slot to the last one and return it; the last slot is no more.

        None: the entry has no slot.
        """
        slot = self._slots.pop(entry_id, None)
        if slot is None:
            return None
        last = self._ids.pop()
        if slot < len(self._ids):
            self._ids[slot] = last
            self._slots[last] = slot
        return slot
