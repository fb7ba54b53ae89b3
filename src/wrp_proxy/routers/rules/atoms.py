"""What a rule may look at: one signal of a workload, compared with what the rule says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wrp_proxy.signals import Signal
from wrp_proxy.types import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A signal that is compared with limits."""

    read: Callable[[Workload], float | None]
    lowest: int
    highest: int | None = None
    is_whole: bool = True
    may_be_unknown: bool = False


def _share(read: Callable[[Workload], float | None]) -> Number:
    return Number(read=read, lowest=0, highest=1, is_whole=False, may_be_unknown=True)


NUMBERS: Mapping[str, Number] = {
    "complexity": _share(lambda workload: workload.complexity),
    "failed_tools": Number(read=lambda workload: workload.failed_tools, lowest=0),
    "input_tokens": Number(read=lambda workload: workload.input_tokens, lowest=0),
    "turn": Number(read=lambda workload: workload.turn, lowest=1),
    "warmth": _share(lambda workload: workload.warmth),
}
NAMED: Mapping[str, Callable[[Workload], str | None]] = {
    "api": lambda workload: workload.api,
    "fingerprint": lambda workload: workload.fingerprint,
    "kind": lambda workload: workload.kind,
    "language": lambda workload: workload.language,
    "tenant": lambda workload: workload.tenant,
}
SETS: Mapping[str, Callable[[Workload], frozenset[str]]] = {
    "needs": lambda workload: workload.needs,
    "risks": lambda workload: workload.risks,
}
COMPUTED: Mapping[str, Signal] = {
    "category": "category",
    "complexity": "complexity",
    "failed_tools": "conversation",
    "fingerprint": "fingerprint",
    "language": "language",
    "risks": "risks",
    "session": "conversation",
    "turn": "conversation",
    "warmth": "warmth",
}
"""What must be asked for, by the word that stands in a rule; the rest is always known."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The signal is one of these names."""

    signal: str
    names: tuple[str, ...]

    @property
    def variable(self) -> str:
        return self.signal

    def read(self, workload: Workload) -> object:
        return NAMED[self.signal](workload)

    def test(self, value: object) -> bool:
        return value in self.names

    def text(self) -> str:
        return f"{self.signal} {' or '.join(self.names)}"

    def seen(self, workload: Workload) -> str:
        return f"{self.signal} {self.read(workload)}"


@dataclass(frozen=True, slots=True)
class Likely:
    """The most probable category is one of these, and at least so probable."""

    names: tuple[str, ...]
    min_probability: float
    """0: however probable."""
    signal = "category"
    variable = "category"

    def read(self, workload: Workload) -> object:
        return workload.category, workload.probabilities.get(workload.category, 0.0)

    def test(self, value: object) -> bool:
        assert isinstance(value, tuple)  # noqa: S101 - as `read` returns it, for mypy
        name, chance = value
        return name in self.names and chance >= self.min_probability

    def text(self) -> str:
        names = " or ".join(self.names)
        likely = f" with a chance from {self.min_probability:g}" if self.min_probability else ""
        return f"category {names}{likely}"

    def seen(self, workload: Workload) -> str:
        chance = workload.probabilities.get(workload.category)
        return f"category {workload.category}" + ("" if chance is None else f" ({chance:.2f})")


@dataclass(frozen=True, slots=True)
class Within:
    """The number is known, and strictly between the limits that are set."""

    signal: str
    above: float | None
    below: float | None

    @property
    def variable(self) -> str:
        return self.signal

    def read(self, workload: Workload) -> object:
        return NUMBERS[self.signal].read(workload)

    def test(self, value: object) -> bool:
        if not isinstance(value, int | float):
            return False
        is_above = self.above is None or value > self.above
        return is_above and (self.below is None or value < self.below)

    def text(self) -> str:
        above = "" if self.above is None else f" above {self.above:.10g}"
        below = "" if self.below is None else f" below {self.below:.10g}"
        return f"{self.signal}{above}{below}"

    def seen(self, workload: Workload) -> str:
        value = NUMBERS[self.signal].read(workload)
        return f"{self.text()} ({value or 0:.10g})"


@dataclass(frozen=True, slots=True)
class Contains:
    """The signal, a set, has this element."""

    signal: str
    element: str

    @property
    def variable(self) -> str:
        return f"{self.signal} {self.element}"

    def read(self, workload: Workload) -> object:
        return self.element in SETS[self.signal](workload)

    def test(self, value: object) -> bool:
        return value is True

    def text(self) -> str:
        return f"{self.signal} {self.element}"

    def seen(self, workload: Workload) -> str:
        return self.text()


@dataclass(frozen=True, slots=True)
class HasSession:
    """The request is, or is not, part of a conversation that is told apart from others."""

    wanted: bool
    signal = "session"
    variable = "session"

    def read(self, workload: Workload) -> object:
        return workload.session is not None

    def test(self, value: object) -> bool:
        return value is self.wanted

    def text(self) -> str:
        return "in a session" if self.wanted else "in no session"

    def seen(self, workload: Workload) -> str:
        return self.text()


Atom = OneOf | Likely | Within | Contains | HasSession
"""What looks at one signal; `test` is of the value of its `variable`, as `read` returns it."""
