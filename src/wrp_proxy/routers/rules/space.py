"""All workloads that conditions can tell apart, as boxes in a finite space; exact, not sampled."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from wrp_proxy.routers.rules.atoms import Atom
from wrp_proxy.routers.rules.conditions import AllOf, AnyOf, Condition, Not, atoms
from wrp_proxy.routers.rules.stand_ins import stand_ins

Box = Mapping[str, int]
"""Variable -> bits of the values that it may have; what is not in it may have all."""
MAX_BOXES = 500
"""Of one condition."""
_MAX_PAIRS = 8 * MAX_BOXES
_MAX_COMPARISONS = 300_000
"""Of boxes, in one search: about half a second."""


class TooLargeError(Exception):
    """There are more boxes than can be looked through."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What was found of some boxes outside of others."""

    box: Box | None
    """None: there is nothing."""
    used: frozenset[int]
    """Places of those that it took to show that."""


class Space:
    """Turns conditions into boxes: their disjunctive normal form.

    The atoms themselves are asked about the values that stand in for all others, so that what is
    found holds for all workloads, and for nothing else.
    """

    def __init__(self, conditions: Iterable[Condition], categories: Iterable[str] = ()) -> None:
        """`categories`: all that a classifier may name; empty: there may be others."""
        by_variable: dict[str, list[Atom]] = {}
        for condition in conditions:
            for atom in atoms(condition):
                by_variable.setdefault(atom.variable, []).append(atom)
        self._values = {
            variable: stand_ins(same, categories) for variable, same in by_variable.items()
        }
        self._all = {variable: (1 << len(v)) - 1 for variable, v in self._values.items()}

    def values(self, variable: str) -> Sequence[object]:
        """Return what stands for all values of a variable; empty: no atom looks at it."""
        return self._values.get(variable, ())

    def chosen(self, box: Box, variable: str) -> list[object]:
        """Return the values that a variable may have in a box."""
        bits = box.get(variable, -1)
        return [value for bit, value in enumerate(self.values(variable)) if bits >> bit & 1]

    def with_value(self, variable: str, value: object) -> Box:
        return {variable: 1 << self._values[variable].index(value)}

    def is_always(self, atom: Atom, *, wanted: bool = True) -> bool:
        """Tell whether an atom always holds, or never."""
        return self._bits(atom, wanted=wanted) == self._all[atom.variable]

    def boxes(self, condition: Condition, *, wanted: bool = True) -> list[Box]:
        """Return where a condition holds, or does not; raise TooLargeError."""
        match condition:
            case Not(part):
                return self.boxes(part, wanted=not wanted)
            case AllOf(parts) | AnyOf(parts):
                sides = [self.boxes(part, wanted=wanted) for part in parts]
                is_meeting = isinstance(condition, AllOf) == wanted
                return self._meeting(sides) if is_meeting else self._simpler(chain(*sides))
        return self._simpler([{condition.variable: self._bits(condition, wanted=wanted)}])

    def outside(self, boxes: Iterable[Box], taken: Sequence[Box]) -> Outside:
        """Look for a box within these that meets none of those taken; raise TooLargeError.

        A search in depth, which ends with the first find. What is taken away first is what leaves
        the fewest pieces.
        """
        stack: list[tuple[Box, Sequence[int]]] = [(box, range(len(taken))) for box in boxes]
        used: set[int] = set()
        comparisons = 0
        while stack:
            box, near = stack.pop()
            comparisons += len(near)
            if comparisons > _MAX_COMPARISONS:
                raise TooLargeError
            pieces = {i: count for i in near if (count := self._pieces(box, taken[i])) is not None}
            if not pieces:
                return Outside(box, frozenset())
            best = min(pieces, key=pieces.__getitem__)
            used.add(best)
            rest = [place for place in pieces if place != best]
            stack += [(piece, rest) for piece in self._cut(box, taken[best])]
        return Outside(None, frozenset(used))

    def _pieces(self, box: Box, taken: Box) -> int | None:
        """Return how many pieces are left of a box without another; None: they do not meet."""
        count = 0
        for variable, bits in taken.items():
            had = box.get(variable, self._all[variable])
            if not had & bits:
                return None
            count += had & ~bits != 0
        return count

    def _bits(self, atom: Atom, *, wanted: bool) -> int:
        values = enumerate(self._values[atom.variable])
        return sum(1 << bit for bit, value in values if atom.test(value) == wanted)

    def _cut(self, box: Box, taken: Box) -> Iterator[Box]:
        """Yield disjoint boxes that make up a box without another that it meets."""
        rest = dict(box)
        for variable, bits in taken.items():
            had = rest.get(variable, self._all[variable])
            if outside := had & ~bits:
                yield {**rest, variable: outside}
            rest[variable] = had & bits

    def _meeting(self, sides: Sequence[Sequence[Box]]) -> list[Box]:
        met: list[Box] = [{}]
        for side in sides:
            if len(met) * len(side) > _MAX_PAIRS:
                raise TooLargeError
            pairs = (together(one, other) for one in met for other in side)
            met = self._simpler([box for box in pairs if box is not None])
        return met

    def _simpler(self, boxes: Iterable[Box]) -> list[Box]:
        """Join boxes of one and the same variable, and leave out those within another."""
        single: dict[str, int] = {}
        larger: list[Box] = []
        for box in boxes:
            if not box:
                return [{}]
            if len(box) == 1:
                ((variable, bits),) = box.items()
                single[variable] = single.get(variable, 0) | bits
            else:
                larger.append(box)
        if any(bits == self._all[variable] for variable, bits in single.items()):
            return [{}]
        kept: list[Box] = [{variable: bits} for variable, bits in single.items() if bits]
        for box in sorted(larger, key=len):
            if not any(_is_within(box, other) for other in kept):
                kept.append(box)
            if len(kept) > MAX_BOXES:
                raise TooLargeError
        return kept


def together(one: Box, other: Box) -> Box | None:
    """Return where both hold; None: nowhere."""
    both = dict(one)
    for variable, bits in other.items():
        both[variable] = both.get(variable, bits) & bits
        if not both[variable]:
            return None
    return both


def _is_within(box: Box, other: Box) -> bool:
    return all(box.get(variable, -1) & ~bits == 0 for variable, bits in other.items())
