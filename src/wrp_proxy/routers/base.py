"""WHICH MODEL? The third stage of the pipeline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request that every model was asked, with how good and how dear each answer was."""

    workload: Workload
    scores: Mapping[str, float]
    """Model name -> 0 to 1; models that were not asked are left out."""
    costs_usd: Mapping[str, float]


class Router(Protocol):
    """A strategy of one route; called by the pipeline with the models able to serve.

    Both methods are sync: no I/O, no interleaving, no locks. Candidates may change from call to
    call and are never empty. A seeded router makes the same choices for the same calls.
    Wrappers take other routers as first arguments, and pass on what they are told.
    """

    name: str
    signals: frozenset[Signal]
    """What it looks at of a workload, besides what is always known."""
    statistics: tuple[Statistics, ...]
    """All that it has learnt, to be kept and shared; empty: it learns nothing that lasts."""

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        """Rank all candidates, best first; only `rules` may refuse, with a WrpError."""
        ...

    def learn(self, outcome: Outcome) -> None:
        """Take note of how an attempt went, or of a score of it; never raises."""
        ...


MakeRouter = Callable[[object], Router]
"""Builds a strategy as written in a configuration; such a parameter is filled in, not configured.
"""


class Trainable(Protocol):
    """A router that can learn from many outcomes at once, before it serves."""

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        """Forget what was learnt from examples before, and learn from these."""
        ...
