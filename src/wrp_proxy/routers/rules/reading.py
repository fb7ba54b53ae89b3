"""Reads conditions from the configuration; every mistake becomes a problem with its place."""

from collections.abc import Collection, Mapping
from math import inf, isfinite
from typing import get_args

from wrp_proxy.errors import Problem, choose
from wrp_proxy.routers.rules.atoms import (
    NAMED,
    NUMBERS,
    SETS,
    Contains,
    HasSession,
    Likely,
    OneOf,
    Within,
)
from wrp_proxy.routers.rules.conditions import AllOf, AnyOf, Condition, Not
from wrp_proxy.routers.rules.known import Known, Place
from wrp_proxy.signals import UNKNOWN
from wrp_proxy.types import CAPABILITIES, Api, Kind

_COMBINED = ("all", "any", "not")
_WORDS = (*_COMBINED, "category", "min_probability", *NAMED, *NUMBERS, *SETS, "session")
_NEVER = AnyOf(())


class Reader:
    """Collects problems; a condition that has some reads as one that never holds."""

    def __init__(self, known: Known) -> None:
        self.problems: list[Problem] = []
        self._names: Mapping[str, Collection[str] | None] = {
            "api": get_args(Api),
            "category": _or_unknown(known.categories),
            "kind": get_args(Kind),
            "language": _or_unknown(known.languages),
            "needs": CAPABILITIES,
            "risks": known.risks,
            "tenant": known.tenants,
        }

    def wrong(self, place: Place, what: str, remedy: str) -> None:
        self.problems.append(Problem(place.path, what, remedy))

    def condition(self, place: Place) -> Condition:
        said = place.written
        if not isinstance(said, Mapping) or not said:
            self.wrong(place, "is no condition", "write a signal, such as {category: coding}")
            return _NEVER
        chance = place.key("min_probability", said.get("min_probability"))
        if "min_probability" in said and "category" not in said:
            self.wrong(chance, "does nothing without a category", "remove it, or name a category")
        parts: list[Condition] = []
        for word, written in said.items():
            at = place.key(word, written)
            if word == "category":
                parts.append(self._category(at, chance))
            elif word != "min_probability":
                parts.append(self._part(str(word), at))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def names(
        self, place: Place, allowed: Collection[str] | None, fault: str = "is not known"
    ) -> tuple[str, ...]:
        """Read a name or a list of them, of those that are allowed."""
        listed = place.written if isinstance(place.written, list) else [place.written]
        if not listed:
            self.wrong(place, "is empty", "list a name, or remove it")
        for number, name in enumerate(listed):
            at = place.item(number, name) if isinstance(place.written, list) else place
            if not isinstance(name, str) or not name:
                self.wrong(at, f"{name!r} is no name", "write a name, in quotes if it needs them")
            elif allowed is not None and name not in allowed:
                self.wrong(at, f"'{name}' {fault}", choose(name, sorted(allowed)))
            elif name in listed[:number]:
                self.wrong(at, f"'{name}' stands twice", "keep it once")
        return tuple(str(name) for name in listed)

    def number(self, place: Place, lowest: float, highest: float | None) -> float | None:
        """Read a number within limits; None, and a problem, if it is none."""
        value = place.written
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self.wrong(place, f"{value!r} is no number", "write one")
        elif not lowest <= value <= (inf if highest is None else highest):
            to = "" if highest is None else f" to {highest:g}"
            self.wrong(place, f"{value} is out of range", f"write a number from {lowest:g}{to}")
        else:
            return float(value)
        return None

    def _part(self, word: str, place: Place) -> Condition:
        if word in _COMBINED:
            return self._combined(word, place)
        if word in NUMBERS:
            return self._number_within(word, place)
        if word in NAMED or word in SETS:
            return self._named(word, place)
        if word == "session":
            return self._session(place)
        self.wrong(place, "is no signal", choose(word, _WORDS))
        return _NEVER

    def _combined(self, word: str, place: Place) -> Condition:
        if word == "not":
            return Not(self.condition(place))
        if not isinstance(place.written, list) or not place.written:
            self.wrong(place, "is no list of conditions", f"write {word}: [{{...}}, {{...}}]")
            return _NEVER
        parts = tuple(
            self.condition(place.item(number, written))
            for number, written in enumerate(place.written)
        )
        return AllOf(parts) if word == "all" else AnyOf(parts)

    def _category(self, place: Place, chance: Place) -> Condition:
        names = self.names(place, self._names["category"])
        if chance.written is None:
            return Likely(names, 0.0)
        least = self.number(chance, 0.0, 1.0)
        if least == 0:
            self.wrong(chance, "does nothing: every chance is above 0", "remove it")
        if UNKNOWN in names:
            self.wrong(chance, f"'{UNKNOWN}' has no probability", "remove one of them")
        return Likely(names, least or 0.0)

    def _named(self, word: str, place: Place) -> Condition:
        if word == "language":
            place = Place(place.path, _norwegian(place.written))
        names = self.names(place, self._names.get(word))
        if word in NAMED:
            return OneOf(word, names)
        parts = tuple(Contains(word, name) for name in names)
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    def _number_within(self, word: str, place: Place) -> Condition:
        if not isinstance(place.written, Mapping) or not place.written:
            self.wrong(place, "is no range", "write {above: NUMBER}, {below: NUMBER} or both")
            return _NEVER
        limits: dict[str, float | None] = {}
        signal = NUMBERS[word]
        for key, written in place.written.items():
            at = place.key(key, written)
            if key not in ("above", "below"):
                self.wrong(at, "is no limit", choose(key, ("above", "below")))
            elif signal.is_whole and isinstance(written, float):
                self.wrong(at, f"{written} is no whole number", "write one")
            else:
                limits[key] = self.number(at, 0, signal.highest)
        return Within(word, limits.get("above"), limits.get("below"))

    def _session(self, place: Place) -> Condition:
        if not isinstance(place.written, bool):
            self.wrong(place, f"{place.written!r} is no yes or no", "write true or false")
        return HasSession(place.written is True)


def _or_unknown(names: frozenset[str] | None) -> frozenset[str] | None:
    return None if names is None else names | {UNKNOWN}


def _norwegian(written: object) -> object:
    """Return `no` where YAML takes that code of a language for false."""
    if isinstance(written, list):
        return [_norwegian(one) for one in written]
    return "no" if written is False else written
