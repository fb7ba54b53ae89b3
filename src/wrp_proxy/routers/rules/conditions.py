"""Conditions on a workload: atoms combined by all, any and not."""

from collections.abc import Iterator
from dataclasses import dataclass

from wrp_proxy.routers.rules.atoms import COMPUTED, Atom
from wrp_proxy.signals import Signal
from wrp_proxy.types import Workload


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; without parts it always does."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Condition = Atom | AllOf | AnyOf | Not
ALWAYS = AllOf(())


def holds(condition: Condition, workload: Workload) -> bool:
    match condition:
        case AllOf(parts):
            return all(holds(part, workload) for part in parts)
        case AnyOf(parts):
            return any(holds(part, workload) for part in parts)
        case Not(part):
            return not holds(part, workload)
    return condition.test(condition.read(workload))


def what_held(condition: Condition, workload: Workload) -> Iterator[str]:
    """Say in words what made a condition hold that does hold."""
    match condition:
        case AllOf(parts):
            for part in parts:
                yield from what_held(part, workload)
        case AnyOf(parts):
            for part in parts:
                if holds(part, workload):
                    yield from what_held(part, workload)
        case Not(part):
            yield f"not ({in_words(part)})"
        case _:
            yield condition.seen(workload)


def in_words(condition: Condition) -> str:
    match condition:
        case AllOf(parts):
            return " and ".join(_in_brackets(part) for part in parts) or "always"
        case AnyOf(parts):
            return " or ".join(_in_brackets(part) for part in parts)
        case Not(part):
            return f"not ({in_words(part)})"
    return condition.text()


def _in_brackets(condition: Condition) -> str:
    text = in_words(condition)
    return f"({text})" if isinstance(condition, AllOf | AnyOf) else text


def atoms(condition: Condition) -> Iterator[Atom]:
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from atoms(part)
        case Not(part):
            yield from atoms(part)
        case _:
            yield condition


def signals_of(condition: Condition) -> frozenset[Signal]:
    words = {atom.signal for atom in atoms(condition)}
    return frozenset(signal for word, signal in COMPUTED.items() if word in words)
