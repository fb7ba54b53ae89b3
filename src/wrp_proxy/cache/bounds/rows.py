"""What all replicas have counted for one key."""

from collections.abc import Iterable
from typing import Annotated

import msgspec

_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
_MAX_ROWS = 16
"""Replicas that are remembered per key; each start of a process may be a new one."""
_WINDOW = 2000
"""Audits of one replica at which half of them are given up: traffic changes."""


class Count(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """Audits of one replica; later counts are larger."""

    halvings: _Number = 0
    audited: _Number = 0
    wrong: _Number = 0

    def with_audit(self, *, is_wrong: bool) -> "Count":
        audited, wrong = self.audited + 1, self.wrong + is_wrong
        if audited < _WINDOW:
            return Count(self.halvings, audited, wrong)
        # Halved upwards: it is never told better than it was.
        return Count(self.halvings + 1, audited // 2, (wrong + 1) // 2)


class Stage(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """Where the threshold stands, and since when."""

    moves: _Number = 0
    level: _Number = 0
    """Steps above the policy's threshold; of two moves at once, the one up counts."""

    def moved(self, steps: int) -> "Stage":
        return Stage(self.moves + 1, self.level + steps)


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one replica has counted; no other writes it."""

    stage: Stage = Stage()
    at_stage: Count = Count()
    lately: Count = Count()
    """At any stage."""

    def united(self, other: "Row") -> "Row":
        """Return the later of two states: commutative, associative, idempotent."""
        stage, at_stage = max((self.stage, self.at_stage), (other.stage, other.at_stage))
        return Row(stage, at_stage, max(self.lately, other.lately))


class Rows:
    """One row per replica, so that no replica's counts take the place of another's, whatever
    the order, repetition or loss of messages.
    """

    def __init__(self) -> None:
        self.stage = Stage()
        """The latest that was heard of; read in worker threads."""
        self._rows: dict[str, Row] = {}

    def of(self, replica: str) -> Row:
        return self._rows.get(replica, Row())

    def put(self, replica: str, row: Row) -> None:
        known = self._rows.pop(replica, row)
        self._rows[replica] = known.united(row)
        self.stage = max(self.stage, row.stage)
        if len(self._rows) > _MAX_ROWS:
            del self._rows[next(iter(self._rows))]

    def audit(self, replica: str, *, is_wrong: bool) -> None:
        """Count an audit of a replica's own."""
        row = self.of(replica)
        at_stage = row.at_stage if row.stage == self.stage else Count()
        audited = at_stage.with_audit(is_wrong=is_wrong)
        self.put(replica, Row(self.stage, audited, row.lately.with_audit(is_wrong=is_wrong)))

    def move(self, replica: str, steps: int) -> None:
        """Have the threshold stand elsewhere, and count anew."""
        self.put(replica, Row(self.stage.moved(steps), Count(), self.of(replica).lately))

    def at_stage(self) -> tuple[int, int]:
        """Return how many hits were audited and found wrong since the threshold moved last."""
        return _sum(row.at_stage for row in self._rows.values() if row.stage == self.stage)

    def lately(self) -> tuple[int, int]:
        """Return how many of the latest hits were audited and found wrong."""
        return _sum(row.lately for row in self._rows.values())


def _sum(counts: Iterable[Count]) -> tuple[int, int]:
    pairs = [(count.audited, count.wrong) for count in counts]
    return sum(audited for audited, _ in pairs), sum(wrong for _, wrong in pairs)
