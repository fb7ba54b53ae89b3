"""For each variable, one value for every class of values that no atom tells apart."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import get_args

from wrp_proxy.routers.rules.atoms import NUMBERS, Atom, Likely, OneOf, Within
from wrp_proxy.signals import UNKNOWN
from wrp_proxy.types import Api, Kind

ANOTHER = object()
"""Stands for all names that no rule has."""
_CLOSED: dict[str, tuple[str, ...]] = {"api": get_args(Api), "kind": get_args(Kind)}


def stand_ins(atoms: Sequence[Atom], categories: Iterable[str]) -> tuple[object, ...]:
    """Return values for the variable that these atoms share.

    `categories`: all that a classifier may name; empty: there may be others.
    """
    first = atoms[0]
    if isinstance(first, Within):
        return _numbers(first.signal, [a for a in atoms if isinstance(a, Within)])
    if isinstance(first, Likely):
        return _categories([a for a in atoms if isinstance(a, Likely)], tuple(categories))
    if isinstance(first, OneOf):
        named = [name for atom in atoms if isinstance(atom, OneOf) for name in atom.names]
        return _CLOSED.get(first.signal) or (*dict.fromkeys(named), ANOTHER)
    return (False, True)


def _numbers(signal: str, atoms: Sequence[Within]) -> tuple[object, ...]:
    limits = [limit for atom in atoms for limit in (atom.above, atom.below) if limit is not None]
    number = NUMBERS[signal]
    unknown = (None,) if number.may_be_unknown else ()
    if number.is_whole:
        return (*unknown, *_whole(number.lowest, limits))
    return (*unknown, *_shares(limits))


def _whole(lowest: int, limits: Sequence[float]) -> list[int]:
    """Return the least number of each class."""
    near = {lowest, *(int(limit) for limit in limits), *(int(limit) + 1 for limit in limits)}
    return sorted(number for number in near if number >= lowest)


def _shares(limits: Sequence[float]) -> list[float]:
    marks = sorted({0.0, 1.0, *limits})
    middles = [(one + other) / 2 for one, other in pairwise(marks)]
    return sorted({*marks, *middles})


def _categories(atoms: Sequence[Likely], categories: tuple[str, ...]) -> tuple[object, ...]:
    """Return names with their chances; what is unknown has none."""
    named = [name for atom in atoms for name in atom.names]
    names: list[object] = [*dict.fromkeys([*categories, *named])]
    if not categories:
        names.append(ANOTHER)
    chances = _shares([atom.min_probability for atom in atoms])
    likely = [(name, chance) for name in names if name != UNKNOWN for chance in chances]
    return ((UNKNOWN, 0.0), *likely)
