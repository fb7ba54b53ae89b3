"""The order in which the entries of one scope and category make room."""

from itertools import islice

_MOST_USES = 3


class Queue:
    """Ids, oldest turn first, each with up to three uses that give it another turn.

    A plain dictionary of bytes and integers is nothing to the garbage collector; a million entries
    in an OrderedDict stop the event loop for .2 s whenever it runs. What a dictionary lacks is a
    quick way to its oldest keys where many were deleted, so they are looked up in batches.
    """

    def __init__(self) -> None:
        self._turns: dict[bytes, int] = {}
        """Id -> its turn and, in the two lowest bits, its uses."""
        self._batch: list[bytes] = []
        """Some of the oldest ids, the very oldest last; those that have left among them."""
        self._batch_end = 0
        """The latest turn of the batch: an id with a later one has come again since."""
        self.is_listed = False
        """Whoever looks for the oldest of several queues knows of this one."""

    def push(self, entry_id: bytes, turn: int, uses: int = 0) -> None:
        """Put an id that is not there at the end; turns only grow."""
        self._turns[entry_id] = turn << 2 | uses

    def touch(self, entry_id: bytes) -> None:
        turn = self._turns.get(entry_id)
        if turn is not None and turn & 3 < _MOST_USES:
            self._turns[entry_id] = turn + 1

    def remove(self, entry_id: bytes) -> None:
        self._turns.pop(entry_id, None)

    def oldest_turn(self) -> int | None:
        while self._turns:
            while self._batch:
                turn = self._turns.get(self._batch[-1])
                if turn is not None and turn >> 2 <= self._batch_end:
                    return turn >> 2
                self._batch.pop()
            self._fill_batch()
        return None

    def pop(self) -> tuple[bytes, int]:
        """Remove the oldest, just after `oldest_turn` has found it; return it and its uses."""
        oldest = self._batch.pop()
        return oldest, self._turns.pop(oldest) & 3

    def _fill_batch(self) -> None:
        count = 16 + len(self._turns) // 64
        self._batch = list(islice(self._turns, count))
        self._batch_end = self._turns[self._batch[-1]] >> 2
        self._batch.reverse()
